// How long each page takes to be there, against a mock with much in it: node tests/measure.mjs [--url <mock>] [--files]
//
// Without --url it starts a mock of its own: MOCK_BIN, or what cargo built. With --url the world of
// that mock is replaced, and its memory is not known. It prints what it measured and asserts nothing; with --files also
// when each file and answer came, with --only=phone,api these pages alone.
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import { parseArgs } from 'node:util'
import { launch } from './browser.mjs'
import { PROGRAM, reach, startMock } from './mock.mjs'

const ROWS = 10_000
const CODES = 100_000
const RUNS = 3
/** Milliseconds in which an idle console is listened to. */
const IDLE = 10_000
/** Calls at once while the journal is filled. */
const AT_ONCE = 16

/** What stands on a page only when what it fetched is there. */
const PAGES = [
  ['overview', '/', 'main .panels .panel dl'],
  ['requests', '/requests', 'main [data-test=requests] li'],
  ['one request', '/requests/:request', 'main [data-test=request] dl'],
  ['cards', '/cards', 'main [data-test=cards] li'],
  ['one card', '/cards/:card', 'main [data-test=codes] tbody tr'],
  ['phone', '/phone', 'main [data-test=wallet] li'],
  ['two phones', '/phone?u=alice,bob', 'main [data-phone=bob] [data-test=wallet] li'],
  ['signature', '/signature', 'main textarea'],
  ['pushes', '/pushes', 'main [data-test=pushes] li'],
  ['faults', '/faults', 'main [data-test=faults] li'],
  ['clock', '/clock', 'main .ends li'],
  ['switches', '/switches', 'main [data-test=switches] li'],
  ['world', '/world', 'main [data-test=worlds] section'],
  ['api', '/api', 'main [data-test=api] li'],
]

const { values: asked } = parseArgs({ options: { url: { type: 'string' }, files: { type: 'boolean' }, only: { type: 'string' } } })
const mock = asked.url ? reach(asked.url) : await startMock()

/** Resident memory of the mock, in MiB. */
async function resident() {
  const status = mock.pid && (await readFile(`/proc/${mock.pid}/status`, 'utf8').catch(() => ''))
  const found = /^VmRSS:\s+(\d+) kB/m.exec(status || '')
  return found ? `${(Number(found[1]) / 1024).toFixed(0)} MiB` : 'not known'
}

/** A world of one card, whose codes its customers hold; the card's id. */
async function fillWorld() {
  await mock.call('POST', 'reset', { world: 'shop' })
  mock.forget()
  const world = await mock.call('GET', 'world')
  const account = world.accounts.find((one) => one.state.cards.length)
  const { state } = account
  const [card] = state.cards
  const holders = world.users.map((user) => user.name)
  const [pattern] = state.codes
  const first = 200_000_000_000
  const free = CODES - state.codes.length
  state.codes.push(...Array.from({ length: free }, (_, at) => ({ ...pattern, code: String(first + at), card_id: card.card_id, user: holders[at % holders.length], status: 'NORMAL' })))
  card.total_quantity = 2 * CODES
  card.quantity = CODES
  card.node.base_info.sku.quantity = 2 * CODES
  await mock.call('PUT', 'world', world)
  return card.card_id
}

async function fillJournal() {
  let left = ROWS
  const one = async (at) => {
    // One call in thirty redeems, which makes a push.
    if (at % 30 === 0) await mock.wechat('/card/code/consume', { code: String(200_000_000_000 + at) })
    else if (at % 3) await mock.wechat('/card/code/get', { code: String(200_000_000_000 + at) })
    else await mock.wechat('/card/code/get', { code: `none-${at}` })
  }
  await one(1)
  const worker = async () => {
    while (left > 0) await one(left--)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Milliseconds that the processor has worked for the tab; other programs do not count. */
async function cpu(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const { metrics } = await session.send('Performance.getMetrics')
  await session.detach()
  return metrics.find((metric) => metric.name === 'ProcessTime').value * 1_000
}

/** Milliseconds from the address to the page's content, and those of the processor. */
async function open(page, address, content) {
  await page.goto('about:blank')
  const before = await cpu(page)
  const begun = performance.now()
  await page.goto(address, { waitUntil: 'commit' })
  await page.locator(content).first().waitFor({ timeout: 30_000 })
  const time = performance.now() - begun
  return { time, cpu: (await cpu(page)) - before }
}

const version = () => execFileSync(process.env.CHROMIUM ?? '/usr/bin/chromium', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
console.log(`machine: ${os.cpus().length} x ${os.cpus()[0]?.model}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, ${os.type()} ${os.release()}, load ${os.loadavg().map((load) => load.toFixed(1)).join(' ')}`)
console.log(`programs: ${asked.url ?? PROGRAM}, ${version()}, Node ${process.version}`)
try {
  const empty = await resident()
  const cardId = await fillWorld()
  const withCodes = await resident()
  await fillJournal()
  await mock.call('POST', 'faults', { path: '/card/batchget', errcode: -1 })
  const { requests } = await mock.call('GET', 'requests?limit=1')
  console.log(`mock: ${ROWS} rows and ${CODES} codes; resident memory ${empty} at the start, ${withCodes} with the codes, ${await resident()} with the rows`)

  const table = []
  const only = asked.only?.split(',')
  for (const [name, route, content] of PAGES.filter(([name]) => !only || only.includes(name))) {
    const address = `${mock.page}#${route.replace(':card', cardId).replace(':request', requests[0].id)}`
    const cold = []
    const warm = []
    let sent
    for (let run = 0; run < RUNS; run++) {
      // A browser of its own has neither files nor compiled scripts from the last one.
      const browser = await launch()
      try {
        const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 860 } })
        const page = await context.newPage()
        cold.push(await open(page, address, content))
        sent ??= await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => ({ name: new URL(entry.name).pathname, start: entry.startTime, end: entry.responseEnd, bytes: entry.transferSize })))
        warm.push(await open(page, address, content))
      } finally {
        await browser.close()
      }
    }
    const kilobytes = sent.reduce((sum, one) => sum + one.bytes, 0) / 1_000
    const of = (runs, what) => Math.round(median(runs.map((run) => run[what])))
    table.push({ page: name, 'cold, ms': of(cold, 'time'), 'fastest cold': Math.round(Math.min(...cold.map((run) => run.time))), 'warm, ms': of(warm, 'time'), 'cold, CPU ms': of(cold, 'cpu'), 'warm, CPU ms': of(warm, 'cpu'), files: sent.length, kB: Math.round(kilobytes) })
    if (asked.files) {
      console.log(`-- ${name}`)
      for (const { name: path, start, end, bytes } of sent) console.log(`${start.toFixed(0).padStart(6)} ${end.toFixed(0).padStart(6)} ms ${String(bytes).padStart(8)} B  ${path}`)
    }
  }
  console.table(table)

  const browser = await launch()
  try {
    const page = await (await browser.newContext({ locale: 'zh-CN' })).newPage()
    await open(page, mock.page, PAGES[0][2])
    await page.waitForLoadState('load')
    const idle = []
    page.on('request', (request) => idle.push(`${request.method()} ${new URL(request.url()).pathname}`))
    await new Promise((then) => setTimeout(then, IDLE))
    console.log(`an idle console, ${IDLE / 1_000} s: ${idle.length ? idle.join(', ') : 'no request'}`)
  } finally {
    await browser.close()
  }
  console.log(`resident memory at the end: ${await resident()}; load ${os.loadavg().map((load) => load.toFixed(1)).join(' ')}`)
} finally {
  await mock.stop()
}
