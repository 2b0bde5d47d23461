// A mock that others can reach: nothing is shown without its token.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, openPage } from './browser.mjs'
import { startMock } from './mock.mjs'

const TOKEN = 'a-token-of-the-test'
let mock, browser
before(async () => {
  mock = await startMock({ token: TOKEN })
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await mock?.stop()
})

test('a mock that begins anew with another token asks for it', async () => {
  const { page, context } = await openPage(browser, mock.page, { route: `token=${TOKEN}` })
  await page.locator('[data-state=live]').waitFor()
  // As if the token were out of date: the next connection is refused.
  await page.route('**/_mock/v1/**', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"error":{"code":"unauthorized","message":"no"}}' }))
  await page.getByRole('link', { name: '开关' }).click()
  await page.getByRole('heading', { name: '需要控制令牌' }).waitFor()
  assert.equal(await page.getByRole('navigation').count(), 0)
  await page.unroute('**/_mock/v1/**')
  await page.getByLabel('控制令牌').fill(TOKEN)
  await page.getByRole('button', { name: '进入' }).click()
  await page.locator('[data-test=switches]').waitFor()
  await page.locator('[data-state=live]').waitFor()
  await context.close()
})

test('the form lets nobody in but who has the token, and keeps it for the tab alone', async () => {
  const { page, context, asked } = await openPage(browser, mock.page)
  await page.getByRole('heading', { name: '需要控制令牌' }).waitFor()
  assert.equal(await page.getByText('wx00000000000000a0').count(), 0)
  assert.equal(await page.getByRole('navigation').count(), 0)
  assert.ok(!asked.some((one) => one.endsWith('/v1/stream')), 'no connection before the token')
  await page.getByLabel('控制令牌').fill('another-token')
  await page.getByRole('button', { name: '进入' }).click()
  await page.getByText('令牌不正确').waitFor()
  await page.getByLabel('控制令牌').fill(TOKEN)
  await page.getByRole('button', { name: '进入' }).click()
  await page.getByText('wx00000000000000a0').first().waitFor()
  await page.locator('[data-state=live]').waitFor()
  await page.reload()
  await page.getByText('wx00000000000000a0').first().waitFor()
  const kept = await page.evaluate(() => [JSON.stringify(sessionStorage), JSON.stringify(localStorage), location.href])
  assert.ok(kept[0].includes(TOKEN))
  assert.ok(!kept[1].includes(TOKEN) && !kept[2].includes(TOKEN))
  assert.ok(!asked.join(' ').includes(TOKEN))
  const other = await context.newPage()
  await other.goto(mock.page)
  await other.getByRole('heading', { name: '需要控制令牌' }).waitFor()
  await context.close()
})

for (const hash of [`token=${TOKEN}`, `/phone?u=bob&token=${TOKEN}`]) {
  test(`a link hands the token over: #${hash.replace(TOKEN, '…')}`, async () => {
    const { page, context, asked } = await openPage(browser, mock.page, { route: hash })
    if (hash.startsWith('/phone')) await page.locator('[data-phone=bob]').waitFor()
    else await page.getByText('wx00000000000000a0').first().waitFor()
    assert.ok(!page.url().includes(TOKEN))
    assert.ok(!asked.join(' ').includes(TOKEN))
    await context.close()
  })
}
