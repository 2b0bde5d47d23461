/** The scripts of the pages, by the first part of their address; the overview comes with the console itself. */
export const loaders = {
  requests: () => import('../pages/RequestsPage.vue'),
  cards: () => import('../pages/CardsPage.vue'),
  phone: () => import('../pages/PhonePage.vue'),
  signature: () => import('../pages/SignaturePage.vue'),
  pushes: () => import('../pages/PushesPage.vue'),
  faults: () => import('../pages/FaultsPage.vue'),
  clock: () => import('../pages/ClockPage.vue'),
  switches: () => import('../pages/SwitchesPage.vue'),
  world: () => import('../pages/WorldPage.vue'),
  api: () => import('../pages/ApiPage.vue'),
}

/** What loads the page of an address such as `/cards/p1?u=alice`. */
export function loaderOf(route: string): (() => Promise<unknown>) | undefined {
  const name = /^\/([a-z]+)/.exec(route)?.[1] ?? ''
  return Object.hasOwn(loaders, name) ? loaders[name as keyof typeof loaders] : undefined
}
