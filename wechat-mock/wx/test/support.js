'use strict';
// What the tests share: a mock of their own, a shop's calls of WeChat's API, signatures.

const {spawn} = require('node:child_process');
const {createHash, randomBytes} = require('node:crypto');
const {existsSync, readFileSync} = require('node:fs');
const path = require('node:path');
const {createInterface} = require('node:readline');

const ROOT = path.resolve(__dirname, '../../..');
const OA = {appid: 'wx00000000000000a0', secret: '000000000000000000000000000000a0'};
const MP = {appid: 'wx00000000000000b0', secret: '000000000000000000000000000000b0'};

/** The built mock: MOCK_BIN, else the workspace's own. */
function mockBinary() {
  const binary = process.env.MOCK_BIN || path.join(ROOT, 'target/debug/wechat-mock');
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: build wechat-mock, or name it in MOCK_BIN`);
  return binary;
}

/** Starts a program and waits for its ready line: its address and a way to end it. */
async function start(binary, args, env) {
  const child = spawn(binary, args, {env: {...process.env, ...env}, stdio: ['ignore', 'pipe', 'inherit']});
  const ended = new Promise(resolve => child.once('exit', resolve));
  const stop = async () => { child.kill('SIGTERM'); await ended; };
  const ready = (async () => {
    for await (const line of createInterface({input: child.stdout})) {
      const found = / ready (http:\S+)/.exec(line);
      if (found) return found[1];
    }
    throw new Error(`${path.basename(binary)} ended before it was ready`);
  })();
  return {url: await ready, stop};
}

const sha1 = text => createHash('sha1').update(text).digest('hex');
const seconds = () => Math.floor(Date.now() / 1000);
const nonce = () => randomBytes(12).toString('hex');

/** A mock with one shop's calls. */
class Shop {
  static async start(args = [], env = {}) {
    const running = await start(mockBinary(), ['serve', '--listen', '127.0.0.1:0', '--quiet', ...args], env);
    return new Shop(running);
  }

  constructor({url, stop}) {
    this.url = url;
    this.stop = stop;
  }

  async get(place, token) {
    const headers = token ? {authorization: `Bearer ${token}`} : {};
    return (await fetch(this.url + place, {headers})).json();
  }

  async post(place, body, token) {
    const headers = {'content-type': 'application/json', ...(token ? {authorization: `Bearer ${token}`} : {})};
    return (await fetch(this.url + place, {method: 'POST', headers, body: JSON.stringify(body)})).json();
  }

  async wechat(place, body) {
    const {access_token: token} = await this.post('/cgi-bin/stable_token', {grant_type: 'client_credential', ...OA});
    const answer = await this.post(`${place}?access_token=${token}`, body);
    if (answer.errcode) throw new Error(`${place}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async ticket(type) {
    const {access_token: token} = await this.post('/cgi-bin/stable_token', {grant_type: 'client_credential', ...OA});
    return (await this.get(`/cgi-bin/ticket/getticket?access_token=${token}&type=${type}`)).ticket;
  }

  async logo() {
    const {access_token: token} = await this.post('/cgi-bin/stable_token', {grant_type: 'client_credential', ...OA});
    const form = new FormData();
    form.append('buffer', new Blob([readFileSync(path.join(ROOT, 'fixtures/data/images/logo.jpg'))]), 'logo.jpg');
    const answer = await fetch(`${this.url}/cgi-bin/media/uploadimg?access_token=${token}`, {method: 'POST', body: form});
    return (await answer.json()).url;
  }

  /** Makes a coupon; its card_id. */
  async coupon(base = {}) {
    const now = seconds();
    const {card_id: cardId} = await this.wechat('/card/create', {card: {card_type: 'GENERAL_COUPON', general_coupon: {
      base_info: {
        logo_url: await this.logo(), brand_name: '星河小馆', title: '满百减二十', color: 'Color010',
        code_type: 'CODE_TYPE_QRCODE', notice: '结账前请出示券码', description: '每桌限用一张',
        sku: {quantity: 100}, get_limit: 50,
        date_info: {type: 'DATE_TYPE_FIX_TIME_RANGE', begin_timestamp: String(now), end_timestamp: String(now + 864000)},
        ...base
      },
      default_detail: '买单立减二十元'
    }}});
    return cardId;
  }

  /** One entry of cardList, signed. */
  async toAdd(cardId, changes = {}) {
    const ext = {timestamp: String(seconds()), nonce_str: nonce()};
    const values = [await this.ticket('wx_card'), ext.timestamp, cardId, ext.nonce_str];
    ext.signature = sha1(values.sort().join(''));
    return {cardId, cardExt: JSON.stringify({...ext, ...changes})};
  }

  async decrypt(code) {
    return (await this.wechat('/card/code/decrypt', {encrypt_code: code})).code;
  }

  /** Arguments of wx.chooseCard, signed. */
  async choice(filters = {}) {
    const given = {timestamp: seconds(), nonceStr: nonce(), signType: 'SHA1', ...filters};
    const values = [await this.ticket('wx_card'), OA.appid, String(given.timestamp), given.nonceStr,
      given.shopId, given.cardId, given.cardType].filter(Boolean);
    return {...given, cardSign: sha1(values.sort().join(''))};
  }

  /** Arguments of wx.config, signed for a page. */
  async config(url, changes = {}) {
    const given = {appId: OA.appid, timestamp: seconds(), nonceStr: nonce(), jsApiList: ['addCard', 'openCard', 'chooseCard']};
    const joined = `jsapi_ticket=${await this.ticket('jsapi')}&noncestr=${given.nonceStr}&timestamp=${given.timestamp}&url=${url}`;
    return {...given, signature: sha1(joined), ...changes};
  }
}

/** Calls a function of wx with all callbacks: which were called, in order, and with what. */
function called(run, options = {}) {
  return new Promise(resolve => {
    const calls = [];
    const note = name => result => {
      calls.push(name);
      if (name === 'complete') resolve({calls, result});
    };
    const answer = run({
      ...options, success: note('success'), fail: note('fail'), cancel: note('cancel'), complete: note('complete')
    });
    if (answer !== undefined) throw new Error('with callbacks there is no promise');
  });
}

module.exports = {ROOT, OA, MP, Shop, called, start, mockBinary};
