// The browser of the tests.
import { chromium } from 'playwright-core'

export const ROUTES = ['/', '/requests', '/cards', '/phone', '/signature', '/pushes', '/faults', '/clock', '/switches', '/world', '/api']

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

/** A tab that remembers what went wrong in it, and what it asked for. */
export async function openPage(browser, address, { locale = 'zh-CN', width = 1280, height = 860, route = '/', dark = false } = {}) {
  const context = await browser.newContext({ locale, viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', acceptDownloads: true, timezoneId: 'Asia/Shanghai' })
  const page = await context.newPage()
  const faults = []
  const asked = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
  page.setDefaultTimeout(10_000)
  await page.goto(`${address}#${route}`)
  return { page, context, faults, asked, go: (to) => page.evaluate((hash) => (location.hash = hash), `#${to}`) }
}

/** Chooses from one of Element Plus's lists, which a keyboard opens. */
export async function choose(scope, label, option) {
  const page = scope.page ? scope.page() : scope
  await scope.getByRole('combobox', { name: label, exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('option', { name: option, exact: true }).click()
}
