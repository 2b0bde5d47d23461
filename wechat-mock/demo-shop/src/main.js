import {createSSRApp} from 'vue';

import App from './App.vue';
// #ifdef H5
import {labelFields} from './lib/labels.js';

labelFields();
// #endif

export function createApp() {
  return {app: createSSRApp(App)};
}
