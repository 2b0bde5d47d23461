// The pictures of the README: node tests/readme.mjs
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { launch, openPage } from './browser.mjs'
import { MP, startMock } from './mock.mjs'

const folder = fileURLToPath(new URL('../../../docs/screens', import.meta.url))
await mkdir(folder, { recursive: true })
const mock = await startMock()
const browser = await launch()
try {
  await mock.call('POST', 'reset', { world: 'shop' })
  const [card] = (await mock.call('GET', 'cards')).cards
  const add = (user, cardExt) => mock.call('POST', `users/${user}/add-card`, { appid: MP.appid, cardList: [{ cardId: card.card_id, cardExt }] })
  await add('carol', await mock.sign(card.card_id, 'first'))
  await mock.wechat('/card/code/consume', { code: '123456789012' })
  await mock.wechat('/card/getcolors', {})
  // The mistake of many: the nonce is sent, and is not in the sum.
  const ext = JSON.parse(await mock.sign(card.card_id, ''))
  await add('bob', JSON.stringify({ ...ext, nonce_str: 'k3jq8f2m' }))
  const { claims } = await mock.call('GET', 'claims?limit=1')
  for (const [locale, tail] of [['en-GB', ''], ['zh-CN', '.zh-CN']]) {
    const { page, context, go } = await openPage(browser, mock.page, { locale, width: 1200, height: 740, route: `/requests/${claims[0].id}` })
    await page.locator('[data-test=explanation]').waitFor()
    await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined)
    await page.screenshot({ path: `${folder}/console-requests${tail}.png` })
    await go('/phone?u=alice,bob')
    const alice = page.locator('[data-phone=alice]')
    await alice.locator('[data-test=wallet] button').first().click()
    await alice.locator('.ticket .qr').waitFor()
    await page.locator('[data-phone=bob] .face img').first().evaluate((image) => image.decode())
    await alice.locator('.ticket img').evaluate((image) => image.decode())
    await page.screenshot({ path: `${folder}/console-phone${tail}.png` })
    await context.close()
  }
} finally {
  await browser.close()
  await mock.stop()
}
