// Pictures of every page, for people to look at: node tests/shots.mjs [folder]
import { mkdir } from 'node:fs/promises'
import { ROUTES, launch, openPage } from './browser.mjs'
import { MP, startMock } from './mock.mjs'

const folder = process.argv[2] ?? new URL('./screens', import.meta.url).pathname
await mkdir(folder, { recursive: true })
const mock = await startMock()
const browser = await launch()
try {
  await mock.call('POST', 'reset', { world: 'shop' })
  const { cards } = await mock.call('GET', 'cards')
  for (const name of ['first', 'second']) {
    const cardExt = await mock.sign(cards[0].card_id, name)
    await mock.call('POST', 'users/carol/add-card', { appid: MP.appid, cardList: [{ cardId: cards[0].card_id, cardExt: name === 'first' ? cardExt : cardExt.replace(/.{5}"}$/, '00000"}') }] })
  }
  await mock.wechat('/card/code/consume', { code: '123456789012' })
  await mock.call('POST', 'faults', { path: '/card/code/decrypt', errcode: -1, times: 2 })
  const views = [
    ['', { locale: 'zh-CN', width: 1280 }],
    ['-en', { locale: 'en-GB', width: 1280 }],
    ['-360', { locale: 'zh-CN', width: 360, height: 780 }],
    ['-dark', { locale: 'zh-CN', width: 1280, dark: true }],
  ]
  const wanted = process.env.ONLY?.split(',')
  for (const [tail, view] of views) {
    const { page, context, go } = await openPage(browser, mock.page, view)
    const more = [...ROUTES, '/requests/claim-2', `/cards/${cards[0].card_id}`, '/phone?u=alice,carol']
    for (const route of more) {
      const name = `${route.replaceAll(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '').slice(0, 20) || 'overview'}${tail}`
      if (wanted && !wanted.some((one) => name.startsWith(one))) continue
      await go(route)
      await page.locator('main h1:visible, main h2:visible').first().waitFor()
      await page.waitForLoadState('load')
      await page.waitForTimeout(500)
      await page.screenshot({ path: `${folder}/${name}.png`, fullPage: tail === '-360' })
    }
    await context.close()
  }
} finally {
  await browser.close()
  await mock.stop()
}
