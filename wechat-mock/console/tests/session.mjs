// What the tests of the console share: one mock and one browser a file, begun anew for every test.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach } from 'node:test'
import jsQr from 'jsqr'
import { launch, openPage } from './browser.mjs'
import { MP, startMock } from './mock.mjs'

export let mock, browser, tab
before(async () => {
  mock = await startMock()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await mock?.stop()
})
beforeEach(async () => {
  await mock.call('POST', 'reset', {})
  mock.forget()
})
afterEach(async () => {
  const faults = tab?.faults ?? []
  await tab?.context.close()
  tab = undefined
  assert.deepEqual(faults, [])
})

export async function open(route, view = {}) {
  tab = await openPage(browser, mock.page, { route, ...view })
  return tab.page
}

/** A card made by WeChat's own call; its id. */
export async function makeCard(title = '满百减二十', more = {}, type = 'GENERAL_COUPON', inner = { default_detail: '详情' }) {
  const base_info = {
    logo_url: 'http://mmbiz.qpic.cn/mmbiz/0', brand_name: '星河小馆', code_type: 'CODE_TYPE_QRCODE', title, color: 'Color040',
    notice: '出示券码', description: '每桌限用一张', date_info: { type: 'DATE_TYPE_FIX_TERM', fixed_term: 30, fixed_begin_term: 0 },
    sku: { quantity: 100 }, get_limit: 3, can_give_friend: true, can_share: true, ...more,
  }
  const made = await mock.wechat('/card/create', { card: { card_type: type, [type.toLowerCase()]: { base_info, ...inner } } })
  assert.equal(made.errcode, 0, JSON.stringify(made))
  return made.card_id
}
export async function claim(user, cardId) {
  const cardExt = await mock.sign(cardId, `${user}-${Math.random()}`.slice(0, 30))
  const answer = await mock.call('POST', `users/${user}/add-card`, { appid: MP.appid, cardList: [{ cardId, cardExt }] })
  assert.equal(answer.errMsg, 'addCard:ok')
  return (await mock.call('GET', `users/${user}/wallet`)).cards.at(-1).code
}
export const phone = (page, name) => page.locator(`[data-phone=${name}]`)

/** What a QR code in a picture says; the browser takes the PNG apart. */
export async function scanned(page, png) {
  const { data, width, height } = await page.evaluate(async (bytes) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(image.width, image.height)
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    return { data: [...context.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height }
  }, [...png])
  return jsQr(Uint8ClampedArray.from(data), width, height)?.data
}
