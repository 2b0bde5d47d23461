'use strict';
// The sheet that wx.js shows in a page: Debian's chromium, a page of another origin, and a strict content security policy.
// SHOTS names a folder for pictures of what was seen.

const assert = require('node:assert/strict');
const {createServer} = require('node:http');
const {readFileSync} = require('node:fs');
const path = require('node:path');
const {after, before, beforeEach, describe, it} = require('node:test');

const {chromium} = require('playwright-core');

const {MP, OA, Shop} = require('./support.js');

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const PAGE = '<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
  + '<title>shop</title><link rel="icon" href="data:,"><button id="first">领取</button>'
  + '<script src="/wx.js" data-base="MOCK" data-appid="APPID" data-lang="LANG"></script></html>';

describe('the sheet', () => {
  let browser;
  let page;
  let server;
  let shop;
  let origin;
  let problems;
  before(async () => {
    server = createServer((request, response) => {
      const url = new URL(request.url, 'http://page');
      if (url.pathname === '/wx.js') {
        response.setHeader('content-type', 'text/javascript');
        response.end(readFileSync(path.join(__dirname, '../wx.js')));
        return;
      }
      response.setHeader('content-type', 'text/html');
      response.setHeader('content-security-policy',
        `default-src 'none'; script-src 'self'; style-src 'none'; connect-src ${shop.url}; img-src data: ${shop.url}`);
      response.end(PAGE.replace('MOCK', shop.url).replace('APPID', url.searchParams.get('appid') || MP.appid)
        .replace('LANG', url.searchParams.get('lang') || 'zh'));
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${server.address().port}`;
    shop = await Shop.start(['--allow-origin', origin]);
    const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
    browser = await chromium.launch({executablePath, args: ARGUMENTS});
  });
  after(async () => {
    await browser.close();
    server.close();
    await shop.stop();
  });
  beforeEach(async () => {
    await shop.post('/_mock/v1/reset');
    if (page) await page.context().close();
    page = await (await browser.newContext({viewport: {width: 360, height: 640}, locale: 'zh-CN'})).newPage();
    problems = [];
    page.on('console', message => { if (['error', 'warning'].includes(message.type())) problems.push(message.text()); });
    page.on('pageerror', error => problems.push(String(error)));
    await page.goto(origin);
  });

  const sheet = () => page.getByRole('dialog');
  const button = name => sheet().getByRole('button', {name, exact: true});
  /** Calls a function of the page's wx with all callbacks; `outcome` waits for what they were told. */
  const call = async (name, options) => {
    await page.locator('#first').focus();
    await page.evaluate(([name, options]) => {
      globalThis.calls = [];
      const note = each => result => globalThis.calls.push([each, result]);
      wx[name]({...options, success: note('success'), fail: note('fail'), cancel: note('cancel'), complete: note('complete')});
    }, [name, options]);
  };
  const outcome = async () => {
    await page.waitForFunction(() => globalThis.calls.length === 2);
    const [[name, result]] = await page.evaluate(() => globalThis.calls);
    return {name, result};
  };
  const shot = async name => {
    if (process.env.SHOTS) await page.screenshot({path: path.join(process.env.SHOTS, `sheet-${name}.png`)});
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${name} is ${width} wide`);
  };

  it('shows the card, and adds it only when the user does', async () => {
    await call('addCard', {cardList: [await shop.toAdd(await shop.coupon())]});
    await sheet().getByText('满百减二十').waitFor();
    await sheet().getByText('星河小馆').waitFor();
    await sheet().getByText(/^\d{4}\.\d+\.\d+ - \d{4}\.\d+\.\d+$/).waitFor();
    const logo = sheet().locator('img.logo');
    await page.waitForFunction(image => image.complete && image.naturalWidth > 0, await logo.elementHandle());
    assert.equal(await sheet().locator('.face').evaluate(face => getComputedStyle(face).backgroundColor), 'rgb(99, 179, 89)');
    await shot('offer');
    assert.equal((await shop.get('/_mock/v1/users/alice/wallet')).cards.length, 0);
    await button('添加到卡包').click();
    const {name, result} = await outcome();
    assert.equal(name, 'success');
    assert.match(await shop.decrypt(result.cardList[0].code), /^\d{12}$/);
    assert.equal(await sheet().count(), 0);
    assert.deepEqual(problems, []);
  });

  it('is left by its button and by Esc, which are cancels, and gives the focus back', async () => {
    const item = await shop.toAdd(await shop.coupon());
    for (const leave of [() => button('取消').click(), () => page.keyboard.press('Escape')]) {
      await call('addCard', {cardList: [item]});
      await button('取消').waitFor();
      await leave();
      assert.deepEqual(await outcome(), {name: 'fail', result: {errMsg: 'addCard:fail cancel'}});
      assert.equal(await page.evaluate(() => document.activeElement.id), 'first');
    }
    await page.goto(`${origin}/?appid=${OA.appid}`);
    await call('addCard', {cardList: [item]});
    await button('取消').click();
    assert.deepEqual(await outcome(), {name: 'cancel', result: {errMsg: 'addCard:cancel'}});
    assert.deepEqual(problems, []);
  });

  it('keeps the focus inside', async () => {
    await call('addCard', {cardList: [await shop.toAdd(await shop.coupon())]});
    await button('添加到卡包').waitFor();
    const focused = () => page.evaluate(() => {
      const {activeElement} = document;
      return activeElement.shadowRoot ? activeElement.shadowRoot.activeElement.textContent : 'outside';
    });
    const seen = [await focused()];
    for (const key of ['Tab', 'Tab', 'Shift+Tab']) {
      await page.keyboard.press(key);
      seen.push(await focused());
    }
    assert.deepEqual(seen, ['添加到卡包', '取消', '添加到卡包', '取消']);
    await page.keyboard.press('Enter');
    assert.equal((await outcome()).name, 'fail');
  });

  it('says 签名错误 with a link to the explanation, and calls nobody back until the user goes back', async () => {
    const item = await shop.toAdd(await shop.coupon(), {signature: '0'.repeat(40)});
    await call('addCard', {cardList: [item]});
    await button('添加到卡包').click();
    await sheet().getByRole('alert').getByText('签名错误').waitFor();
    const link = sheet().getByRole('link', {name: '查看原因'});
    assert.match(await link.getAttribute('href'), new RegExp(`^${shop.url}/_mock/#/requests/claim-\\d+$`));
    await shot('signature');
    assert.deepEqual(await page.evaluate(() => globalThis.calls), []);
    await button('返回').click();
    assert.deepEqual(await outcome(), {name: 'fail', result: {errMsg: 'addCard:fail cancel'}});
    assert.deepEqual(problems, []);
  });

  it('says 已领完, and then fails with it', async () => {
    const item = await shop.toAdd(await shop.coupon());
    await page.evaluate(() => { wx.mock.auto = 'accept'; });
    await call('addCard', {cardList: [item]});
    assert.equal((await outcome()).name, 'success');
    await page.evaluate(() => { wx.mock.auto = undefined; });
    await call('addCard', {cardList: [item]});
    await button('添加到卡包').click();
    await sheet().getByRole('alert').getByText('已领完').waitFor();
    await shot('gone');
    await page.keyboard.press('Escape');
    assert.deepEqual(await outcome(), {name: 'fail', result: {errMsg: 'addCard:fail (已领完)'}});
  });

  it('tells of several cards one by one', async () => {
    const cardId = await shop.coupon();
    const limited = await shop.coupon({get_limit: 1, title: '老客专享', color: 'Color100'});
    const cardList = [await shop.toAdd(cardId), await shop.toAdd(limited), await shop.toAdd(limited)];
    await call('addCard', {cardList});
    await button('添加到卡包').waitFor();
    await shot('several');
    await button('添加到卡包').click();
    await sheet().getByText('已达领取上限').waitFor();
    await shot('partial');
    await button('完成').click();
    const {name, result} = await outcome();
    assert.equal(name, 'success');
    assert.deepEqual(result.cardList.map(card => card.isSuccess), [true, true, false]);
  });

  it('opens a card with its code, and lets one be chosen', async () => {
    const cardId = await shop.coupon();
    await page.goto(`${origin}/?appid=${OA.appid}`);
    await page.evaluate(() => { wx.mock.auto = 'accept'; });
    await call('addCard', {cardList: [await shop.toAdd(cardId), await shop.toAdd(cardId)]});
    const codes = [];
    for (const card of (await outcome()).result.cardList) codes.push(await shop.decrypt(card.code));
    await page.evaluate(() => { wx.mock.auto = undefined; });

    await call('openCard', {cardList: [{cardId, code: codes[0]}]});
    await sheet().getByText(codes[0]).waitFor();
    await shot('open');
    await button('返回').click();
    assert.deepEqual(await outcome(), {name: 'success', result: {errMsg: 'openCard:ok'}});

    await call('chooseCard', await shop.choice());
    await sheet().getByRole('button', {name: new RegExp(codes[1])}).waitFor();
    await shot('choose');
    await sheet().getByRole('button', {name: new RegExp(codes[1])}).click();
    const chosen = JSON.parse((await outcome()).result.cardList);
    assert.equal(await shop.decrypt(chosen[0].encrypt_code), codes[1]);

    await call('chooseCard', await shop.choice());
    await button('取消').click();
    assert.equal((await outcome()).result.errMsg, 'chooseCard:cancel');
    assert.deepEqual(problems, []);
  });

  it('speaks English when told to, with the phone\'s own words beside', async () => {
    await page.goto(`${origin}/?lang=en`);
    await call('addCard', {cardList: [await shop.toAdd(await shop.coupon(), {signature: '0'.repeat(40)})]});
    await button('Add to Cards').click();
    await sheet().getByRole('alert').getByText('Signature error (签名错误)').waitFor();
    await sheet().getByRole('link', {name: 'See why'}).waitFor();
    await shot('english');
    await button('Back').click();
    assert.equal((await outcome()).name, 'fail');
  });

  it('shows names as text, whatever they hold', async () => {
    const cardId = await shop.coupon({brand_name: '<b>店</b>', title: '<i>x</i>'});
    await call('addCard', {cardList: [await shop.toAdd(cardId)]});
    await sheet().getByText('<b>店</b>').waitFor();
    await sheet().getByText('<i>x</i>').waitFor();
    assert.equal(await sheet().locator('b, i').count(), 0);
  });

  it('checks the signature of the page itself', async () => {
    await page.goto(`${origin}/?appid=${OA.appid}`);
    const outcomeOf = settings => page.evaluate(settings => new Promise(resolve => {
      wx.config(settings);
      wx.ready(() => resolve('ready'));
      wx.error(({errMsg}) => resolve(errMsg));
    }), settings);
    assert.equal(await outcomeOf(await shop.config(origin)), 'config:invalid signature');
    assert.equal(await outcomeOf(await shop.config(`${origin}/?appid=${OA.appid}`)), 'ready');
  });
});
