'use strict';
// wx.js in Node, against a running mock.

const assert = require('node:assert/strict');
const {after, before, beforeEach, describe, it} = require('node:test');

const {install} = require('../wx.js');
const {MP, OA, Shop, called} = require('./support.js');

const PAGE = 'http://shop.example/pages/index?a=1';

describe('wx.js', () => {
  let shop;
  let wx;
  before(async () => { shop = await Shop.start(); });
  after(() => shop.stop());
  beforeEach(async () => {
    await shop.post('/_mock/v1/reset');
    wx = install({base: shop.url, user: 'alice', appid: MP.appid});
  });
  const rejected = async promise => {
    const outcome = await promise.then(value => ({value}), reason => ({reason}));
    assert.ok(outcome.reason, `was not rejected: ${JSON.stringify(outcome.value)}`);
    return outcome.reason;
  };
  const claim = async (cardId, of = wx) => (await of.addCard({cardList: [await shop.toAdd(cardId)]})).cardList[0];

  it('logs in with a code that WeChat takes once', async () => {
    const {code, errMsg} = await wx.login();
    assert.equal(errMsg, 'login:ok');
    const session = () => shop.get(`/sns/jscode2session?appid=${MP.appid}&secret=${MP.secret}&js_code=${code}&grant_type=authorization_code`);
    const {openid} = await session();
    const alice = await shop.get('/_mock/v1/users/alice');
    assert.equal(openid, alice.openids[MP.appid]);
    assert.equal((await session()).errcode, 40163);
  });

  it('knows a session only after a login, and only that of its user', async () => {
    assert.match((await rejected(wx.checkSession())).errMsg, /^checkSession:fail /);
    await wx.login();
    assert.deepEqual(await wx.checkSession(), {errMsg: 'checkSession:ok'});
    wx.mock.user = 'bob';
    assert.deepEqual((await called(wx.checkSession)).calls, ['fail', 'complete']);
  });

  it('adds a card: the code is encrypted, cardExt comes back as it was given', async () => {
    const item = await shop.toAdd(await shop.coupon());
    const answer = await wx.addCard({cardList: [item]});
    assert.deepEqual(Object.keys(answer).sort(), ['cardList', 'errMsg']);
    assert.equal(answer.errMsg, 'addCard:ok');
    const [card] = answer.cardList;
    assert.deepEqual({...card, code: ''}, {...item, code: '', isSuccess: true});
    assert.match(await shop.decrypt(card.code), /^\d{12}$/);
    assert.equal(wx.mock.explain.outcome, 'done');
  });

  it('calls back success and complete, in this order, and answers no promise', async () => {
    const options = {cardList: [await shop.toAdd(await shop.coupon())]};
    const {calls, result} = await called(wx.addCard, options);
    assert.deepEqual(calls, ['success', 'complete']);
    assert.equal(result.cardList.length, 1);
  });

  it('adds several cards, each with its own outcome', async () => {
    const [first, second] = [await shop.coupon(), await shop.coupon({sku: {quantity: 1}})];
    await claim(second, install({base: shop.url, user: 'bob'}));
    const cardList = [await shop.toAdd(first), await shop.toAdd(second), await shop.toAdd(first)];
    const answer = await wx.addCard({cardList});
    assert.deepEqual(answer.cardList.map(card => card.isSuccess), [true, false, true]);
    assert.deepEqual(answer.cardList.map(card => card.code === ''), [false, true, false]);
  });

  it('tells each refusal in the phone\'s words', async () => {
    const gone = await shop.coupon({sku: {quantity: 1}});
    await claim(gone, install({base: shop.url, user: 'bob'}));
    const limited = await shop.coupon({get_limit: 1});
    await claim(limited);
    const once = await shop.toAdd(await shop.coupon());
    await wx.addCard({cardList: [once]});
    for (const [item, text] of [
      [await shop.toAdd(gone), '已领完'],
      [await shop.toAdd(limited), '已达领取上限'],
      [once, '已领完'],
      [await shop.toAdd('pNoSuchCard'), '参数错误']
    ]) {
      const {errMsg} = await rejected(wx.addCard({cardList: [item]}));
      assert.equal(errMsg, `addCard:fail (${text})`);
      assert.equal(wx.mock.explain.outcome, 'refused');
    }
  });

  it('tells a wrong signature as cancel, as the phone does once the user goes back', async () => {
    const item = await shop.toAdd(await shop.coupon(), {signature: '0'.repeat(40)});
    const {calls, result} = await called(wx.addCard, {cardList: [item]});
    assert.deepEqual(calls, ['fail', 'complete']);
    assert.deepEqual(result, {errMsg: 'addCard:fail cancel'});
    assert.equal(wx.mock.explain.phone_text, '签名错误');
    assert.match(wx.mock.explanationUrl(wx.mock.explain), /\/_mock\/#\/requests\/claim-\d+$/);
    // The JS-SDK has a callback of its own for it.
    const page = install({base: shop.url, appid: OA.appid});
    const outcome = await called(page.addCard, {cardList: [item]});
    assert.deepEqual(outcome.calls, ['cancel', 'complete']);
    assert.deepEqual(outcome.result, {errMsg: 'addCard:cancel'});
  });

  it('cancels: fail in a mini-program, cancel in the JS-SDK, and nothing is used up', async () => {
    const item = await shop.toAdd(await shop.coupon({sku: {quantity: 1}}));
    wx.mock.auto = 'cancel';
    const inProgram = await called(wx.addCard, {cardList: [item]});
    assert.deepEqual(inProgram, {calls: ['fail', 'complete'], result: {errMsg: 'addCard:fail cancel'}});
    const page = install({base: shop.url, appid: OA.appid, auto: 'cancel'});
    const inPage = await called(page.addCard, {cardList: [item]});
    assert.deepEqual(inPage, {calls: ['cancel', 'complete'], result: {errMsg: 'addCard:cancel'}});
    wx.mock.auto = 'accept';
    assert.equal((await wx.addCard({cardList: [item]})).errMsg, 'addCard:ok');
  });

  it('refuses arguments that are none, before anybody is asked', async () => {
    for (const [options, errMsg] of [
      [undefined, 'addCard:fail parameter error: parameter.cardList should be Array instead of Undefined;'],
      [{cardList: [{cardExt: '{}'}]}, 'addCard:fail parameter error: parameter.cardList[0].cardId should be String instead of Undefined;'],
      [{cardList: [null]}, 'addCard:fail parameter error: parameter.cardList[0] should be Object instead of Null;']
    ]) assert.deepEqual(await rejected(wx.addCard(options)), {errMsg});
    const {errMsg} = await rejected(wx.addCard({cardList: []}));
    assert.match(errMsg, /^addCard:fail parameter error/);
    assert.equal((await shop.get('/_mock/v1/users/alice/wallet')).cards.length, 0);
  });

  it('hands an object for cardExt over, which the phone refuses', async () => {
    const {cardId, cardExt} = await shop.toAdd(await shop.coupon());
    await rejected(wx.addCard({cardList: [{cardId, cardExt: JSON.parse(cardExt)}]}));
    assert.equal(wx.mock.explain.rule, 'WX-SIG-004');
  });

  it('opens cards that are in the wallet, by their code in clear', async () => {
    const cardId = await shop.coupon();
    const {code: encrypted} = await claim(cardId);
    const code = await shop.decrypt(encrypted);
    assert.deepEqual(await wx.openCard({cardList: [{cardId, code}]}), {errMsg: 'openCard:ok'});
    const {calls, result} = await called(wx.openCard, {cardList: [{cardId, code: encrypted}]});
    assert.deepEqual(calls, ['fail', 'complete']);
    assert.equal(result.errMsg, 'openCard:fail (参数错误)');
  });

  it('chooses a card: cardList is a JSON text', async () => {
    const cardId = await shop.coupon();
    const {code: encrypted} = await claim(cardId);
    const page = install({base: shop.url, appid: OA.appid});
    const answer = await page.chooseCard(await shop.choice({cardId}));
    assert.equal(answer.errMsg, 'chooseCard:ok');
    assert.equal(typeof answer.cardList, 'string');
    const [chosen] = JSON.parse(answer.cardList);
    assert.equal(chosen.card_id, cardId);
    assert.equal(await shop.decrypt(chosen.encrypt_code), await shop.decrypt(encrypted));
  });

  it('chooses without signType, which the JS-SDK fills in', async () => {
    const cardId = await shop.coupon();
    await claim(cardId);
    const page = install({base: shop.url, appid: OA.appid});
    const {signType, ...rest} = await shop.choice();
    assert.equal(signType, 'SHA1');
    assert.equal((await page.chooseCard(rest)).errMsg, 'chooseCard:ok');
  });

  it('shows an empty list for a wrong cardSign: cancel', async () => {
    await claim(await shop.coupon());
    const page = install({base: shop.url, appid: OA.appid});
    const choice = {...await shop.choice(), cardSign: '0'.repeat(40)};
    const {calls, result} = await called(page.chooseCard, choice);
    assert.deepEqual(calls, ['cancel', 'complete']);
    assert.deepEqual(result, {errMsg: 'chooseCard:cancel', cardList: '[]'});
    page.mock.auto = 'cancel';
    assert.equal((await rejected(page.chooseCard(await shop.choice()))).errMsg, 'chooseCard:cancel');
  });

  describe('wx.config', () => {
    let page;
    beforeEach(() => { page = install({base: shop.url, appid: OA.appid, url: `${PAGE}#/there`}); });
    const outcome = () => new Promise(resolve => {
      page.ready(() => resolve('ready'));
      page.error(result => resolve(result.errMsg));
    });

    it('is ready with the signature of the page, without what stands behind #', async () => {
      page.config(await shop.config(PAGE));
      assert.equal(await outcome(), 'ready');
      const late = new Promise(resolve => page.ready(resolve));
      await late;
      const answer = await page.addCard({cardList: [await shop.toAdd(await shop.coupon())]});
      assert.equal(answer.errMsg, 'addCard:ok');
    });

    it('is an error with any other, and then every function is denied', async () => {
      for (const settings of [
        await shop.config('http://shop.example/'),
        await shop.config(PAGE, {signature: '0'.repeat(40)}),
        await shop.config(PAGE, {nonceStr: 'another'})
      ]) {
        page.config(settings);
        assert.equal(await outcome(), 'config:invalid signature');
        const item = await shop.toAdd(await shop.coupon());
        assert.equal((await rejected(page.addCard({cardList: [item]}))).errMsg, 'addCard:fail permission denied');
      }
    });

    it('denies what jsApiList does not name', async () => {
      page.config(await shop.config(PAGE, {jsApiList: ['openCard']}));
      assert.equal(await outcome(), 'ready');
      const item = await shop.toAdd(await shop.coupon());
      assert.equal((await rejected(page.addCard({cardList: [item]}))).errMsg, 'addCard:fail permission denied');
      assert.equal((await rejected(page.chooseCard(await shop.choice()))).errMsg, 'chooseCard:fail permission denied');
      const {checkResult} = await page.checkJsApi({jsApiList: ['addCard', 'scanQRCode']});
      assert.deepEqual(checkResult, {addCard: true, scanQRCode: false});
    });
  });

  it('says so when no mock answers, or knows no such user', async () => {
    const nobody = install({base: shop.url, user: 'zhang'});
    assert.match((await rejected(nobody.login())).errMsg, /^login:fail wechat-mock: no user is called zhang; there are alice/);
    const nowhere = install({base: 'http://127.0.0.1:9'});
    assert.match((await rejected(nowhere.login())).errMsg, /^login:fail wechat-mock does not answer at http:\/\/127.0.0.1:9/);
  });

  it('has a request of its own where there is none', async () => {
    const asked = options => { assert.equal(typeof wx.request(options).abort, 'function'); };
    const {calls, result} = await called(asked, {url: `${shop.url}/_mock/v1/clock`});
    assert.deepEqual(calls, ['success', 'complete']);
    assert.equal(result.statusCode, 200);
    assert.equal(result.data.frozen, false);
    const moved = await called(asked, {url: `${shop.url}/_mock/v1/clock`, method: 'POST', data: {freeze: true}});
    assert.equal(moved.result.data.frozen, true);
    const failed = await called(asked, {url: 'http://127.0.0.1:9/'});
    assert.deepEqual(failed.calls, ['fail', 'complete']);
  });

  it('goes on when a callback throws, and throws it outside', async () => {
    const thrown = new Promise(resolve => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', error => {
        others.forEach(listener => process.on('uncaughtException', listener));
        resolve(error.message);
      });
    });
    const completed = new Promise(resolve => wx.login({
      success() { throw new Error('of the program'); }, complete: resolve
    }));
    assert.equal((await completed).errMsg, 'login:ok');
    assert.equal(await thrown, 'of the program');
  });
});

describe('a mock with a control token', () => {
  let shop;
  before(async () => {
    shop = await Shop.start([], {WECHAT_MOCK_CONTROL_TOKEN: 'a-token-for-this-test'});
  });
  after(() => shop.stop());

  it('is spoken to with it, and not without', async () => {
    const without = install({base: shop.url});
    await assert.rejects(without.login(), ({errMsg}) => /^login:fail wechat-mock: this mock asks for its control token/.test(errMsg));
    const wx = install({base: shop.url, token: 'a-token-for-this-test'});
    assert.equal((await wx.login()).errMsg, 'login:ok');
    assert.equal(wx.mock.explanationUrl({id: 'claim-1'}), `${shop.url}/_mock/#/requests/claim-1?token=a-token-for-this-test`);
  });
});
