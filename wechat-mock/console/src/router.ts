import {
  Bell, Clock, Connection, Document, HomeFilled, Iphone, Key, Operation, Postcard, Tickets, WarningFilled,
} from '@element-plus/icons-vue'
import type { Component } from 'vue'
import { createRouter, createWebHashHistory } from 'vue-router'
import { keepToken } from './lib/api'
import type { Key as TextKey } from './lib/i18n'
import OverviewPage from './pages/OverviewPage.vue'

/** The pages, in the order of the menu. */
export const pages: { path: string; text: TextKey; icon: Component }[] = [
  { path: '/', text: 'nav.overview', icon: HomeFilled },
  { path: '/requests', text: 'nav.requests', icon: Tickets },
  { path: '/cards', text: 'nav.cards', icon: Postcard },
  { path: '/phone', text: 'nav.phone', icon: Iphone },
  { path: '/signature', text: 'nav.signature', icon: Key },
  { path: '/pushes', text: 'nav.pushes', icon: Bell },
  { path: '/faults', text: 'nav.faults', icon: WarningFilled },
  { path: '/clock', text: 'nav.clock', icon: Clock },
  { path: '/switches', text: 'nav.switches', icon: Operation },
  { path: '/world', text: 'nav.world', icon: Connection },
  { path: '/api', text: 'nav.api', icon: Document },
]

// A link may hand the control token over: `#token=…`, or `?token=…` after a route.
const handed = /[#?&]token=([^&]+)/.exec(location.hash)
if (handed) {
  keepToken(decodeURIComponent(handed[1]!))
  const rest = location.hash.replace(/^#token=[^&]+&?/, '#').replace(/([?&])token=[^&]+&?/, '$1').replace(/[?&]$/, '')
  history.replaceState(null, '', `${location.pathname}${location.search}${rest}`)
}

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', component: OverviewPage },
    { path: '/requests/:id?', component: () => import('./pages/RequestsPage.vue') },
    { path: '/cards/:id?', component: () => import('./pages/CardsPage.vue') },
    { path: '/phone', component: () => import('./pages/PhonePage.vue') },
    { path: '/signature', component: () => import('./pages/SignaturePage.vue') },
    { path: '/pushes/:id?', component: () => import('./pages/PushesPage.vue') },
    { path: '/faults', component: () => import('./pages/FaultsPage.vue') },
    { path: '/clock', component: () => import('./pages/ClockPage.vue') },
    { path: '/switches', component: () => import('./pages/SwitchesPage.vue') },
    { path: '/world', component: () => import('./pages/WorldPage.vue') },
    { path: '/api', component: () => import('./pages/ApiPage.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})
