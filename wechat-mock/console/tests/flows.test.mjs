// What testers do with the console, in a real browser against a real mock.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import jsQr from 'jsqr'
import { choose, launch, openPage } from './browser.mjs'
import { MP, OA, startMock } from './mock.mjs'

let mock, browser, tab
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

async function open(route, view = {}) {
  tab = await openPage(browser, mock.page, { route, ...view })
  return tab.page
}

/** A card made by WeChat's own call; its id. */
async function makeCard(title = '满百减二十', more = {}, type = 'GENERAL_COUPON', inner = { default_detail: '详情' }) {
  const base_info = {
    logo_url: 'http://mmbiz.qpic.cn/mmbiz/0', brand_name: '星河小馆', code_type: 'CODE_TYPE_QRCODE', title, color: 'Color040',
    notice: '出示券码', description: '每桌限用一张', date_info: { type: 'DATE_TYPE_FIX_TERM', fixed_term: 30, fixed_begin_term: 0 },
    sku: { quantity: 100 }, get_limit: 3, can_give_friend: true, can_share: true, ...more,
  }
  const made = await mock.wechat('/card/create', { card: { card_type: type, [type.toLowerCase()]: { base_info, ...inner } } })
  assert.equal(made.errcode, 0, JSON.stringify(made))
  return made.card_id
}
async function claim(user, cardId) {
  const cardExt = await mock.sign(cardId, `${user}-${Math.random()}`.slice(0, 30))
  const answer = await mock.call('POST', `users/${user}/add-card`, { appid: MP.appid, cardList: [{ cardId, cardExt }] })
  assert.equal(answer.errMsg, 'addCard:ok')
  return (await mock.call('GET', `users/${user}/wallet`)).cards.at(-1).code
}
const phone = (page, name) => page.locator(`[data-phone=${name}]`)

test('from nothing to a redeemed coupon by the pages alone', async () => {
  const page = await open('/cards')
  await page.getByRole('button', { name: '创建卡券' }).first().click()
  await page.getByLabel('标题').fill('十元立减')
  await page.locator('[data-test=create-send]').click()
  await page.locator('[data-test=card]').getByRole('heading', { name: '十元立减' }).waitFor()
  await tab.go('/phone?u=alice')
  await phone(page, 'alice').locator('[data-tab=add]').click()
  await phone(page, 'alice').locator('.offer', { hasText: '十元立减' }).getByRole('button', { name: '领取' }).click()
  await phone(page, 'alice').getByText('已添加到卡包').waitFor()
  await phone(page, 'alice').locator('[data-test=wallet] button').first().click()
  const code = await phone(page, 'alice').locator('[data-test=code]').innerText()

  // The picture of the code can be scanned.
  const picture = await page.locator('.ticket .qr').screenshot()
  assert.equal(await scanned(page, picture), code)

  const { cards } = await mock.call('GET', 'cards')
  await tab.go(`/cards/${cards[0].card_id}`)
  await page.locator('[data-test=codes] tr', { hasText: code }).getByRole('button', { name: '核销' }).click()
  await page.locator('[data-test=codes] tr', { hasText: code }).getByText('已核销').waitFor()
  const { cards: held } = await mock.call('GET', 'users/alice/wallet')
  assert.deepEqual(held.map((one) => one.status), ['CONSUMED'])
  assert.equal((await mock.call('GET', `cards/${cards[0].card_id}`)).consumed, 1)
})

/** What a QR code in a picture says; the browser takes the PNG apart. */
async function scanned(page, png) {
  const { data, width, height } = await page.evaluate(async (bytes) => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
    const canvas = new OffscreenCanvas(image.width, image.height)
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    return { data: [...context.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height }
  }, [...png])
  return jsQr(Uint8ClampedArray.from(data), width, height)?.data
}

test('texts of requests are shown as text', async () => {
  const bad = '<script>1'
  const page = await open('/requests')
  await page.evaluate(() => (globalThis.harm = 0))
  const cardId = await makeCard(bad, { notice: '<img src=x>', description: '<img src=x onerror=harm=1>' })
  await mock.wechat('/card/code/consume', { code: '"><img src=x onerror=harm=1>' })
  await page.locator('[data-test=requests] .refused').first().click()
  await page.locator('[data-test=request] pre').getByText('onerror').first().waitFor()
  await page.locator('[data-test=explanation]').getByText('<img src=x onerror=harm=1>', { exact: false }).first().waitFor()
  await claim('alice', cardId)
  await tab.go(`/cards/${cardId}`)
  await page.locator('.ticket .title', { hasText: bad }).waitFor()
  await tab.go('/phone?u=alice')
  await phone(page, 'alice').locator('.face .title', { hasText: bad }).click()
  await phone(page, 'alice').locator('.ticket .title', { hasText: bad }).waitFor()
  assert.equal(await page.evaluate(() => globalThis.harm), 0)
  assert.equal(await page.locator('main script, main img[src=x]').count(), 0)
})

test('a refusal on the phone is told in WeChat’s words with the reason, and its link opens elsewhere', async () => {
  const cardId = await makeCard()
  const page = await open('/phone?u=bob')
  const bob = phone(page, 'bob')
  await bob.locator('[data-tab=add]').click()
  const right = JSON.parse(await mock.sign(cardId, 'n1'))
  await bob.getByLabel('cardId').fill(cardId)
  await bob.getByLabel('cardExt').fill(JSON.stringify({ ...right, signature: '0'.repeat(40) }))
  await bob.getByRole('button', { name: '添加到卡包' }).click()
  await bob.locator('[data-test=result]').getByText('签名错误', { exact: true }).waitFor()
  await bob.locator('[data-test=result]').getByText(right.signature).waitFor()
  await bob.getByRole('link', { name: '查看完整说明' }).click()
  await page.locator('[data-test=request] [data-test=explanation]').waitFor()
  const address = page.url()
  assert.match(address, /#\/requests\/claim-\d+$/)
  const other = await openPage(browser, address.split('#')[0], { route: address.split('#')[1], locale: 'en-GB' })
  await other.page.locator('[data-test=request]').getByText('Sorted values', { exact: true }).first().waitFor()
  await other.context.close()
})

test('requests come live, can be narrowed, and older ones are loaded', async () => {
  const page = await open('/requests')
  await page.getByText('还没有请求').waitFor()
  for (let count = 0; count < 60; count++) await mock.wechat('/card/getcolors', {})
  await mock.wechat('/card/code/get', { code: 'x' })
  await page.locator('.row.refused', { hasText: '/card/code/get' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: '加载更早的' }).click()
  await page.locator('.row', { hasText: '/cgi-bin/stable_token' }).waitFor()
  assert.equal(await page.locator('[data-test=requests] li').count(), 62)
  await page.getByText('只看被拒绝的').click()
  await page.waitForFunction(() => document.querySelectorAll('[data-test=requests] li').length === 1)
  await mock.wechat('/card/getcolors', {})
  await mock.wechat('/card/code/get', { code: 'y' })
  await page.waitForFunction(() => document.querySelectorAll('[data-test=requests] li').length === 2)
})

test('a call is copied as curl', async () => {
  await makeCard("it's")
  const page = await open('/requests')
  await tab.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.locator('.row', { hasText: '/card/create' }).click()
  await page.getByRole('button', { name: '复制为 curl' }).click()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  assert.match(text, /^curl -s -X POST ".*\/card\/create\?access_token=\$ACCESS_TOKEN"/)
  assert.ok(text.includes(`it'\\''s`), text)
})

test('a fault is set, hits, and is spent', async () => {
  const page = await open('/faults')
  await page.getByRole('combobox', { name: '哪个接口' }).fill('/card/getcolors')
  await page.getByRole('option', { name: '/card/getcolors' }).first().click()
  await page.locator('[data-test=fault-set]').click()
  await page.locator('[data-test=hits]', { hasText: '已触发 0 次' }).waitFor()
  assert.equal((await mock.wechat('/card/getcolors', {})).errcode, -1)
  await page.locator('[data-test=hits]', { hasText: '已触发 1 次' }).waitFor()
  await page.getByText('已用完').waitFor()
  assert.equal((await mock.wechat('/card/getcolors', {})).errcode ?? 0, 0)
  await page.getByRole('combobox', { name: '哪个接口' }).fill('/card/get')
  await page.getByRole('option', { name: '/card/get', exact: false }).first().click()
  await page.locator('[data-test=fault-set]').click()
  await page.locator('[data-test=faults] li').nth(1).waitFor()
  await page.locator('[data-test=faults] li', { hasText: '已用完' }).locator('[data-test=fault-remove]').click()
  await page.locator('[data-test=faults] li').nth(1).waitFor({ state: 'detached' })
  assert.equal((await mock.call('GET', 'faults')).faults.length, 1)
  await page.getByRole('button', { name: '全部清除' }).click()
  await page.getByText('没有设置故障').waitFor()
  assert.deepEqual((await mock.call('GET', 'faults')).faults, [])
})

test('the clock is moved, frozen, and carried past the end of a ticket', async () => {
  const cardId = await makeCard()
  const old = await mock.sign(cardId, 'old')
  const page = await open('/clock')
  const first = (await mock.call('GET', 'clock')).now
  await page.locator('[data-advance="3600"]').click()
  await page.getByText('时钟已调整').first().waitFor()
  const second = (await mock.call('GET', 'clock')).now
  assert.ok(second >= first + 3600 && second < first + 3700)
  await page.getByRole('button', { name: '冻结' }).click()
  await page.locator('main').getByText('已冻结').waitFor()
  assert.equal((await mock.call('GET', 'clock')).frozen, true)
  await page.locator('.ends li', { hasText: 'wx_card ticket' }).getByRole('button').click()
  await page.waitForFunction(() => !document.querySelector('.ends')?.textContent.includes('wx_card ticket'))
  const late = await mock.call('POST', 'users/alice/add-card', { appid: MP.appid, cardList: [{ cardId, cardExt: old }] })
  assert.match(late.errMsg, /^addCard:fail/)

  // The console signs anew, and the flow goes on.
  await tab.go('/phone?u=alice')
  await phone(page, 'alice').locator('[data-tab=add]').click()
  await phone(page, 'alice').locator('.offer').getByRole('button', { name: '领取' }).click()
  await phone(page, 'alice').getByText('已添加到卡包').waitFor()
})

test('a gift goes from alice to bob on two phones', async () => {
  const cardId = await makeCard('送给朋友')
  const code = await claim('alice', cardId)
  const page = await open('/phone?u=alice,bob')
  const [alice, bob] = [phone(page, 'alice'), phone(page, 'bob')]
  await alice.locator(`[data-code="${code}"]`).click()
  await alice.locator('[data-test=give]').click()
  await bob.getByText('alice 送给你一张“送给朋友”').waitFor()
  await bob.getByRole('button', { name: '接收' }).click()
  await bob.locator('[data-test=wallet] .face', { hasText: '送给朋友' }).waitFor()
  const { cards } = await mock.call('GET', 'users/bob/wallet')
  assert.equal(cards.length, 1)
  assert.notEqual(cards[0].code, code)
})

test('a gift is shown to its receiver in another browser, until it is taken or comes back', async () => {
  const cardId = await makeCard('送给朋友')
  const codes = [await claim('alice', cardId), await claim('alice', cardId)]
  const page = await open('/phone?u=bob')
  const other = await openPage(browser, mock.page, { route: '/phone?u=alice' })
  await phone(other.page, 'alice').locator(`[data-code="${codes[0]}"]`).click()
  await phone(other.page, 'alice').locator('[data-test=give]').click()
  await phone(page, 'bob').locator(`[data-gift="${codes[0]}"]`).getByText('alice 送给你一张“送给朋友”').waitFor()
  // One that a test offered, past the pages.
  await mock.call('POST', `users/alice/cards/${codes[1]}/gift`, { to: 'bob' })
  await phone(page, 'bob').locator(`[data-gift="${codes[1]}"]`).waitFor()
  assert.equal(await phone(other.page, 'alice').locator('[data-gift]').count(), 0)
  await phone(page, 'bob').locator(`[data-gift="${codes[0]}"]`).getByRole('button', { name: '接收' }).click()
  await phone(page, 'bob').locator(`[data-gift="${codes[0]}"]`).waitFor({ state: 'detached' })
  await mock.call('POST', 'clock', { advance: 86_401 })
  await phone(page, 'bob').locator(`[data-gift="${codes[1]}"]`).waitFor({ state: 'detached' })
  assert.deepEqual(other.faults, [])
  await other.context.close()
})

test('a QR code of a card is scanned by a phone', async () => {
  const cardId = await makeCard()
  const page = await open(`/cards/${cardId}`)
  await page.getByRole('button', { name: '生成二维码' }).click()
  const qr = page.locator('[data-test=qr]')
  await qr.waitFor()
  const url = await qr.locator('code').innerText()
  assert.equal(await scanned(page, await qr.locator('.qr').screenshot()), url)
  await choose(qr, '用户', 'bob')
  await qr.getByRole('button', { name: '用这部手机扫码' }).click()
  await phone(page, 'bob').getByText('已添加到卡包').waitFor()
  assert.equal((await mock.call('GET', 'users/bob/wallet')).cards.length, 1)
})

test('a card is reviewed, its stock changed, itself changed and deleted', async () => {
  await mock.call('PATCH', `accounts/${OA.appid}`, { review: 'manual' })
  const cardId = await makeCard()
  const page = await open(`/cards/${cardId}`)
  const card = page.locator('[data-test=card]')
  await card.locator('[data-test=state]', { hasText: '审核中' }).waitFor()
  await card.getByRole('button', { name: '通过', exact: true }).click()
  await card.locator('[data-test=state]', { hasText: '可投放' }).waitFor()
  await card.getByRole('button', { name: '增加', exact: true }).click()
  await card.locator('[data-test=stock]', { hasText: '200 / 200' }).waitFor()
  await card.getByRole('button', { name: '修改' }).click()
  await page.getByLabel('/card/update').fill(JSON.stringify({ card_id: cardId, general_coupon: { base_info: { color: 'Color010' } } }))
  await page.getByRole('button', { name: '提交' }).click()
  await card.getByText('Color010').waitFor()
  await card.getByRole('button', { name: '删除' }).click()
  await page.locator('.el-message-box').getByRole('button', { name: '删除' }).click()
  await card.locator('[data-test=state]', { hasText: '已删除' }).waitFor()
})

test('what WeChat refuses in the console is explained there', async () => {
  const page = await open('/cards')
  await page.getByRole('button', { name: '创建卡券' }).first().click()
  await page.getByLabel('标题').fill('这个标题实在太长了超过九个汉字')
  await page.locator('[data-test=create-send]').click()
  const refusal = page.locator('[data-test=refusal]')
  await refusal.getByText('45021').first().waitFor()
  await refusal.locator('[data-test=explanation]').waitFor()
})

test('export, reset, import', async () => {
  const cardId = await makeCard('要保存的')
  const page = await open('/world')
  // One word for it on the whole page, in each language.
  const { worlds } = await mock.call('GET', 'worlds')
  const titles = page.locator('[data-test=worlds] h3')
  await titles.first().waitFor()
  assert.deepEqual(await titles.allInnerTexts(), worlds.map((world) => world.title.zh))
  assert.equal(await page.locator('main', { hasText: '世界' }).count(), 0)
  await page.getByRole('button', { name: 'English' }).click()
  assert.deepEqual(await titles.allInnerTexts(), worlds.map((world) => world.title.en))
  await page.getByRole('button', { name: '中文' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-test=export]').click()])
  const file = await download.path()
  assert.ok(JSON.parse(await readFile(file, 'utf8')).accounts)
  await page.locator('[data-test=reset]').click()
  await page.locator('.el-message-box').getByRole('button', { name: '重置' }).click()
  await page.getByText('已重新开始').waitFor()
  assert.deepEqual((await mock.call('GET', 'cards')).cards, [])
  await page.locator('#world-file').setInputFiles({ name: 'world.json', mimeType: 'application/json', buffer: await readFile(file) })
  await page.locator('.el-message-box').getByRole('button', { name: '导入' }).click()
  await page.getByText('已导入').waitFor()
  assert.deepEqual((await mock.call('GET', 'cards')).cards.map((card) => card.card_id), [cardId])
  await page.locator('[data-world=shop]').click()
  await page.locator('.el-message-box').getByRole('button', { name: '重置' }).click()
  await page.waitForFunction(() => !document.querySelector('.el-message-box'))
  await tab.go('/cards')
  await page.locator('[data-test=cards] .face').first().waitFor()
})

test('a push is shown with its tries, and sent again', async () => {
  const got = []
  let status = 500
  const receiver = http.createServer((request, response) => {
    request.resume().on('end', () => {
      got.push(request.url)
      response.writeHead(status).end('success')
    })
  })
  await new Promise((ready) => receiver.listen(0, '127.0.0.1', ready))
  try {
    const url = `http://127.0.0.1:${receiver.address().port}/wechat`
    await mock.call('PATCH', `accounts/${OA.appid}`, { callback: { url, token: 'token123', mode: 'plain' } })
    const page = await open('/pushes')
    await makeCard()
    const row = page.locator('[data-test=pushes] li', { hasText: 'card_pass_check' })
    await row.getByText('失败').waitFor()
    assert.equal(got.length, 3)
    await row.locator('.row').click()
    assert.equal(await row.locator('[data-test=tries] tbody tr').count(), 3)
    status = 200
    await row.locator('[data-test=resend]').click()
    await row.getByText('已送达').waitFor()
    assert.equal(got.length, 4)
    await row.locator('pre', { hasText: 'card_pass_check' }).waitFor()

    await page.getByRole('button', { name: '触发事件' }).click()
    await page.getByLabel('事件内容').fill('{"CardId":"pX"}')
    await page.getByRole('button', { name: '触发', exact: true }).click()
    await page.locator('[data-test=pushes] li', { hasText: 'user_get_card' }).getByText('已送达').waitFor()
    assert.equal(got.length, 5)
  } finally {
    receiver.closeAllConnections()
    receiver.close()
  }
})

test('pushes are loaded page by page, and a link leads to one further down', async () => {
  for (let count = 0; count < 120; count++) {
    await mock.call('POST', 'events/trigger', { appid: OA.appid, event: count % 2 ? 'user_del_card' : 'user_view_card', user: 'alice' })
  }
  const page = await open('/pushes')
  const rows = page.locator('[data-test=pushes] li')
  await rows.first().waitFor()
  const asked = []
  page.on('request', (request) => asked.push(new URL(request.url()).search))
  assert.equal(await rows.count(), 50)
  await page.getByRole('button', { name: '加载更早的' }).click()
  await page.waitForFunction(() => document.querySelectorAll('[data-test=pushes] li').length === 100)
  await page.getByRole('button', { name: '加载更早的' }).click()
  await page.waitForFunction(() => document.querySelectorAll('[data-test=pushes] li').length === 120)
  assert.equal(await page.getByRole('button', { name: '加载更早的' }).count(), 0)
  assert.deepEqual(asked, ['?limit=50&before=event-71', '?limit=50&before=event-21'])
  const ids = await rows.evaluateAll((all) => all.map((one) => Number(one.dataset.push.split('-')[1])))
  assert.deepEqual(ids, Array.from({ length: 120 }, (_, at) => 120 - at))
  await choose(page, '事件', 'user_del_card')
  await page.waitForFunction(() => document.querySelectorAll('[data-test=pushes] li').length === 50)
  assert.equal(await rows.filter({ hasText: 'user_view_card' }).count(), 0)
  await tab.context.close()
  const linked = await open('/pushes/event-11')
  await linked.locator('[data-push=event-11] [data-test=resend]').waitFor()
})

test('a member card is claimed and activated by its form', async () => {
  const page = await open('/cards')
  await page.getByRole('button', { name: '创建卡券' }).first().click()
  await choose(page.locator('[data-test=create]'), '卡券类型', '会员卡')
  await page.locator('[data-test=create-send]').click()
  await page.locator('[data-test=card]').getByText('MEMBER_CARD').first().waitFor()
  await tab.go('/phone?u=carol')
  const carol = phone(page, 'carol')
  await carol.locator('[data-tab=add]').click()
  await carol.locator('.offer').getByRole('button', { name: '领取' }).click()
  await carol.locator('[data-test=wallet] button').first().click()
  // Twelve digits in Code 128 are a start, six pairs, a check and a stop of 13 modules, between quiet zones of 10.
  assert.equal(await carol.locator('.bar').getAttribute('viewBox'), `-10 0 ${8 * 11 + 13 + 20} 1`)
  await carol.locator('[data-test=membership]', { hasText: '未激活' }).waitFor()
  await carol.getByRole('button', { name: '激活会员卡' }).click()
  // The template's form asks for these, and for nothing else that WeChat has ready.
  const fields = () => carol.locator('[data-test=activation] [data-field]').evaluateAll((all) => all.map((one) => one.dataset.field.replace('USER_FORM_INFO_FLAG_', '')))
  assert.deepEqual(await fields(), ['MOBILE', 'NAME', 'BIRTHDAY'])
  await carol.getByLabel('手机号').fill('13800000000')
  await carol.getByLabel('姓名').fill('李雷')
  await carol.getByRole('button', { name: '提交' }).click()
  await carol.getByText('会员卡已激活').first().waitFor()
  const [{ code, card_id }] = (await mock.call('GET', 'users/carol/wallet')).cards
  const info = await mock.wechat('/card/membercard/userinfo/get', { card_id, code })
  assert.equal(info.has_active, true)
  assert.equal(info.bonus, 100)
  await carol.locator('[data-test=membership]', { hasText: '已激活' }).waitFor()
  await carol.getByRole('button', { name: '卡包' }).first().click()
  await carol.locator('.face', { hasText: '已激活' }).waitFor()
})

test('the activation form is the one that the account set, with its own fields and choices', async () => {
  const inner = { prerogative: '会员价', supply_bonus: true, supply_balance: false, wx_activate: true, bonus_rule: { init_increase_bonus: 10 } }
  const dates = { date_info: { type: 'DATE_TYPE_PERMANENT' }, can_give_friend: false, can_share: false }
  const cardId = await makeCard('会员卡', dates, 'MEMBER_CARD', inner)
  const plain = await makeCard('无表单会员卡', dates, 'MEMBER_CARD', { ...inner, wx_activate: false, activate_url: 'https://shop.example/join' })
  const set = await mock.wechat('/card/membercard/activateuserform/set', {
    card_id: cardId,
    required_form: { can_modify: false, common_field_id_list: ['USER_FORM_INFO_FLAG_SEX', 'USER_FORM_INFO_FLAG_MOBILE'], custom_field_list: ['喜欢的菜'] },
    optional_form: {
      can_modify: false, common_field_id_list: ['USER_FORM_INFO_FLAG_EMAIL'],
      rich_field_list: [{ type: 'FORM_FIELD_RADIO', name: '口味', values: ['辣', '不辣'] }, { type: 'FORM_FIELD_CHECK_BOX', name: '忌口', values: ['香菜', '葱', '蒜'] }],
    },
  })
  assert.equal(set.errcode, 0, JSON.stringify(set))
  const code = await claim('alice', cardId)
  const other = await claim('alice', plain)
  const page = await open('/phone?u=alice')
  const alice = phone(page, 'alice')
  await alice.locator(`[data-code="${code}"]`).click()
  await alice.getByRole('button', { name: '激活会员卡' }).click()
  const labels = await alice.locator('[data-test=activation] label').allInnerTexts()
  assert.deepEqual(labels.map((text) => text.trim().replace(/\s+/g, ' ')), ['手机号 必填', '性别 必填', '喜欢的菜 必填', '邮箱', '口味', '忌口'])
  await alice.getByLabel('性别').fill('MALE')
  await alice.getByLabel('喜欢的菜').fill('鱼')
  await alice.getByRole('button', { name: '提交' }).click()
  await alice.getByText('还没有填写： 手机号').waitFor()
  await alice.getByLabel('手机号').fill('13800000000')
  await choose(alice, '口味', '辣')
  await choose(alice, '忌口', '葱')
  await page.keyboard.press('Escape')
  await alice.getByRole('button', { name: '提交' }).click()
  await alice.getByText('会员卡已激活').first().waitFor()
  const { user_info } = await mock.wechat('/card/membercard/userinfo/get', { card_id: cardId, code })
  assert.deepEqual(
    user_info.custom_field_list.map(({ name, value, value_list }) => [name, value, value_list]).sort(),
    [['口味', '辣', []], ['喜欢的菜', '鱼', []], ['忌口', '', ['葱']]].sort(),
  )
  // A card without WeChat's form is activated by the shop alone.
  await alice.getByRole('button', { name: '卡包' }).first().click()
  await alice.locator(`[data-code="${other}"]`).click()
  await alice.getByText('由商户通过接口激活').waitFor()
  assert.equal(await alice.getByRole('button', { name: '激活会员卡' }).count(), 0)
  await mock.wechat('/card/membercard/activate', { membership_number: '1', code: other, card_id: plain })
  await page.reload()
  await alice.locator(`[data-code="${other}"]`, { hasText: '已激活' }).waitFor()
})

test('a customer redeems by the card’s own cell, throws a card away, and takes one from a message', async () => {
  const cardId = await makeCard()
  const codes = [await claim('alice', cardId), await claim('alice', cardId)]
  const page = await open(`/cards/${cardId}`)
  await page.getByRole('button', { name: '开启自助核销' }).click()
  await page.getByText('已开启自助核销').waitFor()
  await choose(page.locator('[data-test=card]'), '发给谁', 'alice')
  await page.getByRole('button', { name: '发客服消息' }).click()
  await page.getByText('已发给 alice').waitFor()
  await tab.go('/phone?u=alice')
  const alice = phone(page, 'alice')
  await alice.locator(`[data-code="${codes[0]}"]`).click()
  await alice.getByRole('button', { name: '自助核销' }).click()
  await alice.locator('form').getByRole('button', { name: '自助核销' }).click()
  await page.getByText('已核销').first().waitFor()
  assert.equal((await mock.call('GET', `cards/${cardId}`)).consumed, 1)
  await tab.go('/phone?u=bob')
  await tab.go('/phone?u=alice')
  await alice.locator(`[data-code="${codes[1]}"]`).click()
  await alice.getByRole('button', { name: '删除' }).click()
  await page.locator('.el-message-box').getByRole('button', { name: '删除' }).click()
  await alice.locator(`[data-code="${codes[1]}"]`).waitFor({ state: 'detached' })
  await alice.locator('[data-tab=messages]').click()
  await alice.locator('.messages').getByRole('button', { name: '领取' }).click()
  await alice.getByText('已添加到卡包').waitFor()
})

test('a signature is judged', async () => {
  const cardId = await makeCard()
  const page = await open('/signature')
  await page.getByRole('button', { name: '填入正确示例' }).click()
  await page.getByRole('heading', { name: '签名正确' }).waitFor()
  const ext = JSON.parse(await page.getByLabel('cardExt').inputValue())
  await page.getByLabel('cardExt').fill(JSON.stringify({ ...ext, nonce_str: 'another' }))
  await page.getByRole('button', { name: '检查' }).click()
  await page.getByRole('heading', { name: '签名错误' }).waitFor()
  assert.ok((await page.locator('[data-test=joined]').innerText()).includes(cardId))
  await page.getByText('wx.config').click()
  await page.getByLabel('url', { exact: true }).fill('http://shop.example/')
  await page.getByLabel('noncestr').fill('n')
  await page.getByLabel('timestamp').fill('1700000000')
  await page.getByLabel('signature').fill('0'.repeat(40))
  await page.getByRole('button', { name: '检查' }).click()
  await page.getByRole('heading', { name: '签名错误' }).waitFor()
})

test('a switch is set, and all go back', async () => {
  const page = await open('/switches')
  await page.locator('[data-test=switches] li').first().waitFor()
  const about = page.locator('[data-test=switches] .about')
  const given = (await mock.call('GET', 'switches')).switches
  const plain = (texts) => texts.map((text) => text.replaceAll('`', '').trim())
  assert.deepEqual(plain(await about.allInnerTexts()), plain(given.map((one) => one.meaning_zh)))
  for (const text of await about.allInnerTexts()) assert.match(text, /\p{Script=Han}/u)
  await page.getByRole('button', { name: 'English' }).click()
  assert.deepEqual(plain(await about.allInnerTexts()), plain(given.map((one) => one.meaning)))
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('combobox', { name: 'nonce', exact: true }).selectOption({ label: 'required (严格)' })
  await page.locator('li.changed', { hasText: 'nonce' }).waitFor()
  const value = async () => (await mock.call('GET', 'switches')).switches.find((one) => one.name === 'nonce').value
  assert.equal(await value(), 'required')
  await page.getByRole('button', { name: '全部默认' }).click()
  await page.waitForFunction(() => !document.querySelector('li.changed'))
  assert.equal(await value(), 'optional')
})

test('an account and a user are made, and a callback is set and checked', async () => {
  const page = await open('/')
  await page.getByRole('button', { name: '新建账号' }).click()
  await page.getByLabel('名称').fill('分店')
  await page.getByLabel('开放平台账号').fill('open-1')
  await page.getByRole('button', { name: '添加' }).click()
  const panel = page.locator('[data-account=分店]')
  await panel.waitFor()
  assert.equal(await panel.getByText((await mock.call('GET', 'accounts')).accounts.at(-1).secret).count(), 0)
  await panel.getByRole('button', { name: '显示 secret' }).click()
  await panel.getByText((await mock.call('GET', 'accounts')).accounts.at(-1).secret).waitFor()
  await panel.getByRole('button', { name: '设置' }).click()
  await page.getByRole('textbox', { name: 'URL' }).fill('http://127.0.0.1:9/')
  await page.getByRole('button', { name: '保存' }).click()
  await panel.getByRole('button', { name: '验证 URL' }).click()
  await panel.locator('.error').waitFor()
  await tab.go('/phone')
  await page.getByRole('button', { name: '新建用户' }).click()
  await page.getByLabel('名称').fill('dave')
  await page.getByRole('button', { name: '添加', exact: true }).click()
  await phone(page, 'dave').waitFor()
})
