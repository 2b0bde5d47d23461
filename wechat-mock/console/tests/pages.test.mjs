// Every page opens in both languages, on a desk and on a phone, without errors, and can be used by all.
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ROUTES, launch, openPage } from './browser.mjs'
import { MP, startMock } from './mock.mjs'

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const DIST = fileURLToPath(new URL('../dist', import.meta.url))
let mock, browser, card, routes

before(async () => {
  mock = await startMock()
  browser = await launch()
  await mock.call('POST', 'reset', { world: 'shop' })
  ;[card] = (await mock.call('GET', 'cards')).cards
  const cardExt = await mock.sign(card.card_id, 'one')
  const cardList = [{ cardId: card.card_id, cardExt: cardExt.replace(/"signature":"./, '"signature":"x') }]
  await mock.call('POST', 'users/carol/add-card', { appid: MP.appid, cardList })
  await mock.wechat('/card/code/consume', { code: '123456789012' })
  await mock.call('POST', 'faults', { path: '/card/code/decrypt', errcode: -1, times: 2 })
  await mock.call('PATCH', 'switches', { nonce: 'required' })
  const { requests } = await mock.call('GET', 'requests?refused=true&limit=1')
  routes = [...ROUTES, `/requests/${requests[0].id}`, '/requests/claim-1', `/cards/${card.card_id}`, '/phone?u=alice,bob']
})
after(async () => {
  await browser?.close()
  await mock?.stop()
})

const HEADS = {
  'zh-CN': ['总览', '请求', '卡券', '手机', '签名', '推送', '故障', '时钟', '开关', '环境数据', '控制接口'],
  'en-GB': ['Overview', 'Requests', 'Cards', 'Phone', 'Signature', 'Pushes', 'Faults', 'Clock', 'Switches', 'World', 'Control API'],
}

for (const [locale, width, dark] of [['zh-CN', 1280, false], ['zh-CN', 360, false], ['en-GB', 1280, true], ['en-GB', 360, false]]) {
  test(`pages in ${locale} at ${width} px${dark ? ', dark' : ''}`, async () => {
    const { page, context, faults, go } = await openPage(browser, mock.page, { locale, width, height: 800, dark })
    // By way of the debugger: the page's policy would not let it in by a tag.
    await page.evaluate(AXE)
    for (const [at, route] of routes.entries()) {
      await go(route)
      if (at < ROUTES.length) await page.getByRole('heading', { level: 1, name: HEADS[locale][at] }).waitFor()
      else await page.locator('main h2:visible, main [data-phone]').first().waitFor()
      await page.waitForFunction(() => document.querySelector('main') && !document.querySelector('.el-loading-mask'))
      await settled(page)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${route} is ${wide} px too wide`)
      assert.deepEqual(await squeezed(page), [], route)
      const found = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] })
        return violations
          .filter((one) => ['serious', 'critical'].includes(one.impact))
          .flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))
      })
      assert.deepEqual(found, [], route)
    }
    assert.deepEqual(faults, [])
    await context.close()
  })
}

/** Texts of which each line holds a sign or two, since something beside them takes the room. */
function squeezed(page) {
  return page.evaluate(() => {
    const found = []
    const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const text = texts.currentNode
      if (text.data.trim().length < 6 || text.parentElement.closest('svg, option, .off-screen')) continue
      const range = document.createRange()
      range.selectNodeContents(text)
      const tops = [...range.getClientRects()].filter((line) => line.width > 1).map((line) => Math.round(line.top))
      const lines = new Set(tops).size
      if (lines > 2 && text.data.trim().length / lines < 3) found.push(`${lines} lines: ${text.data.trim()}`)
    }
    return found
  })
}

/** Waits until nothing has been asked for, for a moment. */
async function settled(page) {
  await page.evaluate(
    () =>
      new Promise((done) => {
        let count = performance.getEntriesByType('resource').length
        const look = () => {
          const now = performance.getEntriesByType('resource').length
          if (now === count) return done()
          count = now
          setTimeout(look, 250)
        }
        setTimeout(look, 250)
      }),
  )
}

test('the language is the browser’s, can be changed, and is remembered', async () => {
  const { page, context } = await openPage(browser, mock.page, { locale: 'en-US' })
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { level: 1, name: '总览' }).waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN')
  await page.reload()
  await page.getByRole('heading', { level: 1, name: '总览' }).waitFor()
  await context.close()
})

test('on a phone the menu opens and leads on', async () => {
  const { page, context } = await openPage(browser, mock.page, { width: 360, height: 700 })
  await page.getByRole('button', { name: '菜单' }).click()
  await page.getByRole('link', { name: '开关' }).click()
  await page.getByRole('heading', { level: 1, name: '开关' }).waitFor()
  await context.close()
})

test('a keyboard alone leads from the menu to a request', async () => {
  const { page, context } = await openPage(browser, mock.page, { route: '/requests' })
  const row = page.locator('[data-test=requests] a').first()
  await row.waitFor()
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    if (await row.evaluate((element) => element === document.activeElement)) break
  }
  await page.keyboard.press('Enter')
  await page.locator('[data-test=request]').waitFor()
  await context.close()
})

test('an idle console has one open connection and asks for nothing', async () => {
  const { page, context, asked } = await openPage(browser, mock.page, { route: '/requests' })
  await page.locator('[data-state=live]').waitFor()
  await settled(page)
  const before = asked.length
  assert.equal(asked.filter((one) => one === 'GET /_mock/v1/stream').length, 1)
  // What happens at the mock comes by the stream; only that it arrives shows that time has passed.
  await mock.wechat('/card/getcolors', {})
  await page.locator('[data-test=requests] .row', { hasText: '/card/getcolors' }).waitFor()
  assert.deepEqual(asked.slice(before), [])
  await context.close()
})

test('every file is the same in each coding, and is sent coded to a browser', async () => {
  const files = (await readdir(DIST, { recursive: true })).filter((name) => /\.(html|js|css|svg)$/.test(name))
  assert.ok(files.length > 10)
  const get = async (name, coding) => {
    const answer = await fetch(`${mock.url}/_mock/${name === 'index.html' ? '' : name}`, { headers: { 'accept-encoding': coding } })
    assert.equal(answer.status, 200, name)
    // What is coded, fetch decodes.
    return { text: await answer.text(), coding: answer.headers.get('content-encoding'), caching: answer.headers.get('cache-control') }
  }
  for (const name of files) {
    const plain = await get(name, 'identity')
    assert.equal(plain.coding, null)
    assert.equal(plain.text, await readFile(path.join(DIST, name), 'utf8'), `${name}: the program has other files than dist`)
    assert.equal(plain.caching, name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache', name)
    for (const coding of ['br', 'gzip']) {
      const coded = await get(name, coding)
      assert.equal(coded.text, plain.text, `${name} ${coding}`)
      if (plain.text.length > 1_000) assert.equal(coded.coding, coding, name)
    }
  }
})

test('of a console that was seen before only what may have changed is asked for', async () => {
  const { page, context } = await openPage(browser, `${mock.url}/_mock/`)
  await page.locator('[data-state=live]').waitFor()
  await page.reload()
  await page.locator('[data-state=live]').waitFor()
  const sizes = await page.evaluate(() => performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/')).map((one) => [one.name, one.transferSize]))
  assert.ok(sizes.length >= 4, JSON.stringify(sizes))
  assert.deepEqual(sizes.filter(([, size]) => size > 0), [])
  await context.close()
})

test('nothing on the page is a script of the page’s own text', async () => {
  const html = await (await fetch(mock.page)).text()
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/)
  assert.doesNotMatch(html, /\bon[a-z]+=|javascript:/i)
})
