import {
  Bell, Clock, Connection, Document, HomeFilled, Iphone, Key, Operation, Postcard, Tickets, WarningFilled,
} from '@element-plus/icons-vue'
import type { Component } from 'vue'
import { createRouter, createWebHashHistory } from 'vue-router'
import type { Key as TextKey } from './lib/i18n'
import { loaders } from './lib/loaders'
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

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', component: OverviewPage },
    { path: '/requests/:id?', component: loaders.requests },
    { path: '/cards/:id?', component: loaders.cards },
    { path: '/phone', component: loaders.phone },
    { path: '/signature', component: loaders.signature },
    { path: '/pushes/:id?', component: loaders.pushes },
    { path: '/faults', component: loaders.faults },
    { path: '/clock', component: loaders.clock },
    { path: '/switches', component: loaders.switches },
    { path: '/world', component: loaders.world },
    { path: '/api', component: loaders.api },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})
