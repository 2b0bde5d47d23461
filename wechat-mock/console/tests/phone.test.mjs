// What testers do on the phones of the console, in a real browser against a real mock.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choose, openPage } from './browser.mjs'
import { browser, claim, makeCard, mock, open, phone, scanned, tab } from './session.mjs'

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
