import { createApp } from 'vue'
import App from './App.vue'
import { install } from './lib/elements'
import { router } from './router'
import './styles.css'
import './cards.css'

const app = createApp(App)
install(app)
app.use(router).mount('#app')
