// What the shop's tests share: mock, backend, a server for the built pages, a browser.

import {createServer, request as forward} from 'node:http';
import {createRequire} from 'node:module';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

import {chromium} from 'playwright-core';

const require = createRequire(import.meta.url);
const {MP, OA, ROOT, Shop, start} = require('../../wx/test/support.js');

export {MP, OA, Shop};
export const ADMIN_TOKEN = 'admin-token-of-this-test-0123456789';
const HERE = path.dirname(fileURLToPath(import.meta.url));
const PAGES = path.join(HERE, '../dist/h5');
const TYPES = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.jpg': 'image/jpeg', '.png': 'image/png'};
// The pages run no inline script and load wx.js from the mock; uni-app sets styles on elements.
const policy = mock => `default-src 'none'; script-src 'self' ${mock}; style-src 'self' 'unsafe-inline'; font-src 'self' data:; `
  + `img-src 'self' data: blob: ${mock}; connect-src 'self' blob: ${mock}`;

/** Serves the built pages, and the backend under `/api/`. */
function servePages(settings) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://shop');
    if (url.pathname.startsWith('/api/')) {
      const target = new URL(settings().backend);
      const passed = forward({
        host: target.hostname, port: target.port, method: request.method, path: request.url.slice('/api'.length),
        headers: {...request.headers, host: target.host}
      }, answer => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      passed.on('error', () => response.writeHead(502).end());
      request.pipe(passed);
      return;
    }
    const {mock} = settings();
    if (url.pathname === '/config.json') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({backend: '/api', mock, mp_appid: MP.appid, oa_appid: OA.appid, user: 'alice'}));
      return;
    }
    const file = path.join(PAGES, path.normalize(url.pathname === '/' ? '/index.html' : url.pathname));
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', TYPES[path.extname(file)] || 'application/octet-stream');
    response.setHeader('content-security-policy', policy(mock));
    response.end(readFileSync(file));
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** The whole of it, started. */
export async function startAll() {
  let addresses;
  const server = await servePages(() => addresses);
  const url = `http://127.0.0.1:${server.address().port}`;
  const shop = await Shop.start(['--allow-origin', url]);
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-shop-'));
  const binary = process.env.BACKEND_BIN || path.join(ROOT, 'target/debug/coupon-backend');
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: build coupon-backend, or name it in BACKEND_BIN`);
  const backend = await start(binary, [], {
    COUPON_LISTEN: '127.0.0.1:0', COUPON_DATABASE_URL: `sqlite://${folder}/coupons.db?mode=rwc`, COUPON_ADMIN_TOKEN: ADMIN_TOKEN,
    WECHAT_API_BASE: shop.url, WECHAT_OA_APPID: OA.appid, WECHAT_OA_SECRET: OA.secret, WECHAT_MP_APPID: MP.appid, WECHAT_MP_SECRET: MP.secret,
    WECHAT_CALLBACK_TOKEN: 'callbacktoken', RUST_LOG: 'warn'
  });
  addresses = {backend: backend.url, mock: shop.url};
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  });
  const stop = async () => {
    await browser.close();
    server.close();
    await backend.stop();
    await shop.stop();
    rmSync(folder, {recursive: true});
  };
  /** A call of the admin's, past the pages. */
  const admin = async (method, where) => {
    const answer = await fetch(backend.url + where, {method, headers: {authorization: `Bearer ${ADMIN_TOKEN}`}});
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  return {browser, shop, url, admin, stop};
}
