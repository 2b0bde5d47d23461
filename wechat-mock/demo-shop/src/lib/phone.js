// `wx`: WeChat's own in a mini-program, the mock's in a page, which loads it from the mock.

// #ifdef MP-WEIXIN
import {makeWx} from '#wechat';
// #endif

import {readSettings} from './settings.js';
import {language} from './texts.js';

let phone;

// #ifdef H5
function load({mock, mp_appid: appid, user, mock_token: token}) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${mock}/_mock/wx.js`;
    Object.assign(script.dataset, {appid, user, lang: language.value});
    if (token) script.dataset.token = token;
    script.onload = () => resolve(globalThis.wx);
    script.onerror = () => reject(new Error(`wechat-mock does not answer at ${mock}`));
    document.head.append(script);
  });
}
// #endif

export function getWx() {
  if (!phone) {
    phone = readSettings().then(settings => {
      // #ifdef H5
      return load(settings);
      // #endif
      // #ifdef MP-WEIXIN
      return makeWx(settings, language.value);
      // #endif
    });
    // Another try is another script.
    phone.catch(() => { phone = undefined; });
  }
  return phone.then(wx => {
    if (wx.mock) wx.mock.lang = language.value;
    return wx;
  });
}
