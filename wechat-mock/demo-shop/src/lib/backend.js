// Calls of coupon-backend.

import {getWx} from './phone.js';
import {readSettings} from './settings.js';
import {kept} from './kept.js';

/** What the backend refused, or that it did not answer (`code` is `unreachable`). */
export class BackendError extends Error {
  constructor(status, {code, message, fields, reason}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.reason = reason;
  }
}

const pending = new Map();

/** The Idempotency-Key of a call that acts: the same when it is tried again because its outcome is not known. */
function keyOf(what) {
  if (!pending.has(what)) pending.set(what, Array.from({length: 4}, () => Math.random().toString(36).slice(2, 10)).join(''));
  return pending.get(what);
}

function read({statusCode, data}) {
  let body = data;
  if (typeof body === 'string') {
    try { body = JSON.parse(body); } catch (_) { body = null; }
  }
  if (statusCode >= 200 && statusCode < 300 && body) return body;
  throw new BackendError(statusCode, (body && body.error) || {code: 'unreachable', message: `status ${statusCode}`});
}

async function call(method, path, {token, data, acts} = {}) {
  const {backend} = await readSettings();
  const header = {'content-type': 'application/json', accept: 'application/json'};
  if (token) header.authorization = `Bearer ${token}`;
  const what = `${method} ${path} ${JSON.stringify(data)}`;
  if (acts) header['idempotency-key'] = keyOf(what);
  const answer = await new Promise((resolve, reject) => uni.request({
    url: backend + path, method, header, data, success: resolve,
    fail: ({errMsg}) => reject(new BackendError(0, {code: 'unreachable', message: errMsg}))
  }));
  if (answer.statusCode < 500) pending.delete(what);
  return read(answer);
}

let session;

async function logIn() {
  const wx = await getWx();
  const {code} = await wx.login();
  const {session_token: token} = await call('POST', '/v1/login', {data: {js_code: code}});
  return token;
}

/** A call of the customer's, who is logged in where that is due. */
async function asCustomer(method, path, data) {
  session = session || logIn();
  const used = session;
  try {
    return await call(method, path, {token: await used, data});
  } catch (error) {
    if (session === used) session = undefined;
    if (error.status !== 401) throw error;
    session = session || logIn();
    return call(method, path, {token: await session, data});
  }
}

async function allOf(what, page) {
  const found = [];
  let cursor = '';
  do {
    const answer = await page(`limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    found.push(...answer[what]);
    cursor = answer.next_cursor;
  } while (cursor);
  return found;
}

export const customer = {
  coupons: () => allOf('coupons', query => asCustomer('GET', `/v1/coupons?${query}`)),
  claims: () => allOf('claims', query => asCustomer('GET', `/v1/claims?${query}`)),
  cardExt: id => asCustomer('POST', `/v1/coupons/${encodeURIComponent(id)}/card-ext`),
  claim: ({cardId, code}) => asCustomer('POST', '/v1/claims', {card_id: cardId, encrypt_code: code})
};

function asAdmin(method, path, data, acts) {
  return call(method, path, {token: kept.get('admin-token'), data, acts});
}

async function upload(path, file) {
  const {backend} = await readSettings();
  const answer = await new Promise((resolve, reject) => uni.uploadFile({
    url: backend + path, filePath: file, name: 'file', header: {authorization: `Bearer ${kept.get('admin-token')}`},
    success: resolve, fail: ({errMsg}) => reject(new BackendError(0, {code: 'unreachable', message: errMsg}))
  }));
  return read(answer);
}

export const admin = {
  colors: () => asAdmin('GET', '/admin/v1/colors'),
  logo: file => upload('/admin/v1/logos', file),
  photo: file => upload('/admin/v1/photos', file),
  create: draft => asAdmin('POST', '/admin/v1/coupons', draft, true),
  coupons: () => asAdmin('GET', '/admin/v1/coupons?limit=20').then(answer => answer.coupons),
  redeem: (code, till) => asAdmin('POST', `/admin/v1/codes/${encodeURIComponent(code)}/redeem`, till, true)
};
