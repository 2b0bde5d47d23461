// A mock of its own for a test, and the console in front of it.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
// Without inline styles: stricter than the mock, so that the console does not begin to need them.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

/** The program under test: MOCK_BIN, or what cargo built. */
export const PROGRAM = process.env.MOCK_BIN ?? fileURLToPath(new URL('../../../target/debug/wechat-mock', import.meta.url))

export const OA = { appid: 'wx00000000000000a0', secret: '000000000000000000000000000000a0' }
export const MP = { appid: 'wx00000000000000b0' }

/** Starts a mock; `{url, call, wechat, stop}`. */
export async function startMock({ token, args = [] } = {}) {
  const env = { ...process.env }
  if (token) env.WECHAT_MOCK_CONTROL_TOKEN = token
  const child = spawn(PROGRAM, ['serve', '--listen', '127.0.0.1:0', '--seed', '7', '--quiet', ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise((found, fail) => {
    let text = ''
    child.stdout.on('data', (bytes) => {
      text += bytes
      const ready = /wechat-mock ready (\S+)/.exec(text)
      if (ready) found(ready[1])
    })
    child.once('error', fail)
    child.once('exit', (status) => fail(new Error(`the mock ended with ${status}: ${text}`)))
  })
  const calls = reach(url, token)
  const front = await serveConsole(url)
  const stop = () =>
    new Promise((done) => {
      front.close()
      child.removeAllListeners('exit')
      child.once('exit', done)
      child.kill()
    })
  return { ...calls, page: front.url, isOwn: front.isOwn, pid: child.pid, stop }
}

/** The calls of a mock that runs already. */
export function reach(url, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const send = async (method, where, body) => {
    const answer = await fetch(url + where, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
    return answer.json()
  }
  const call = (method, where, body) => send(method, `/_mock/v1/${where}`, body)
  let access
  const wechat = async (where, body, query = '') => {
    access ??= (await send('POST', '/cgi-bin/stable_token', { grant_type: 'client_credential', ...OA })).access_token
    return send(body === undefined ? 'GET' : 'POST', `${where}?access_token=${access}${query}`, body)
  }
  /** After a reset all tokens are gone. */
  const forget = () => (access = undefined)
  return { url, page: `${url}/_mock/`, call, wechat, forget, sign: (cardId, more) => sign(call, wechat, cardId, more), stop: async () => undefined }
}

/** cardExt of a claim, signed as a backend does. */
async function sign(call, wechat, cardId, nonce_str) {
  const { ticket } = await wechat('/cgi-bin/ticket/getticket', undefined, '&type=wx_card')
  const timestamp = String((await call('GET', 'clock')).now)
  const joined = [ticket, timestamp, cardId, nonce_str].sort().join('')
  return JSON.stringify({ timestamp, nonce_str, signature: createHash('sha1').update(joined).digest('hex') })
}

/** Whether the program has the very files of dist in it. */
async function isEmbedded(url) {
  const assets = (await readFile(path.join(DIST, 'index.html'), 'utf8')).match(/(?<=")\.\/assets\/[^"]+/g)
  for (const file of ['index.html', ...assets]) {
    const answer = await fetch(`${url}/_mock/${file === 'index.html' ? '' : file}`)
    if (!answer.ok || (await answer.text()) !== (await readFile(path.join(DIST, file), 'utf8'))) return false
  }
  return true
}

/** The mock's own console where it is that of dist, else dist with all other paths led to the mock. */
async function serveConsole(url) {
  if (await isEmbedded(url).catch(() => false)) return { url: `${url}/_mock/`, isOwn: true, close() {} }
  const target = new URL(url)
  const server = http.createServer(async (request, response) => {
    const at = new URL(request.url, url)
    const isFile = at.pathname.startsWith('/_mock/') && !/^\/_mock\/(v1|openapi\.json)/.test(at.pathname)
    if (isFile) {
      const name = at.pathname.slice('/_mock/'.length) || 'index.html'
      try {
        const bytes = await readFile(path.join(DIST, path.normalize(`/${name}`)))
        response.writeHead(200, { 'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY })
        response.end(bytes)
      } catch {
        response.writeHead(404).end()
      }
      return
    }
    const { origin: _, ...headers } = request.headers
    const onward = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers: { ...headers, host: target.host } }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${server.address().port}/_mock/`, isOwn: false, close }
}
