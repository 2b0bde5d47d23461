'use strict';
// wx.js in a mini-program: a component under miniprogram-simulate, whose own `wx.request` carries the calls.

const assert = require('node:assert/strict');
const path = require('node:path');
const {after, before, beforeEach, describe, it} = require('node:test');

const {JSDOM} = require('jsdom');

const {MP, OA, Shop} = require('./support.js');

// miniprogram-simulate renders into a DOM.
const {window: dom} = new JSDOM('<body></body>', {url: 'http://localhost/'});
for (const name of ['document', 'window', 'HTMLElement', 'Event', 'CustomEvent', 'Node', 'MutationObserver']) {
  global[name] = name === 'window' ? dom : dom[name];
}
const simulate = require('miniprogram-simulate');
const {install} = require('../wx.js');
const {setOptions} = require('./component/wx.js');

/** Waits until a component shows a text, five seconds at most. */
async function shows(component, wanted) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (wanted.test(component.data.state)) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  assert.match(component.data.state, wanted);
}

describe('a component of a mini-program', () => {
  let shop;
  let requests;
  let own;
  before(async () => { shop = await Shop.start(); });
  after(() => shop.stop());
  beforeEach(async () => {
    await shop.post('/_mock/v1/reset');
    requests = [];
    own = {
      getSystemInfoSync: () => ({platform: 'devtools'}),
      login() { throw new Error('WeChat itself was asked'); },
      addCard() { throw new Error('WeChat itself was asked'); },
      // What the app's library does: the URL, the text, and the answer as JSON.
      request({url, method, data, header, success, fail}) {
        requests.push(url);
        fetch(url, {method, body: data, headers: header}).then(async answer => {
          success({statusCode: answer.status, data: await answer.json(), header: {}, errMsg: 'request:ok'});
        }).catch(error => fail({errMsg: `request:fail ${error.message}`}));
      }
    };
    setOptions({base: shop.url, user: 'bob', appid: MP.appid, auto: 'accept', wx: own});
  });

  /** A real mini-program has no document. */
  const withoutDocument = async run => {
    const {document} = global;
    delete global.document;
    try {
      await run();
    } finally {
      global.document = document;
    }
  };
  const rendered = items => {
    const component = simulate.render(simulate.load(path.join(__dirname, 'component/claim'), 'claim-card'));
    component.attach(document.body);
    component.setData({items});
    return component;
  };

  it('logs in and claims a card', async () => {
    const component = rendered([await shop.toAdd(await shop.coupon())]);
    component.instance.claim();
    await shows(component, /^claimed$/);
    assert.match(await shop.decrypt(component.data.code), /^\d{12}$/);
    const {cards} = await shop.get('/_mock/v1/users/bob/wallet');
    assert.equal(cards.length, 1);
    assert.deepEqual(requests.map(url => url.slice(url.lastIndexOf('/'))), ['/login', '/add-card']);
  });

  it('shows what the phone says', async () => {
    const component = rendered([await shop.toAdd('pNoSuchCard')]);
    component.instance.claim();
    await shows(component, /^addCard:fail \(参数错误\)$/);
  });

  it('keeps what the mock does not play, and changes the program\'s own wx only when asked', async () => {
    const wx2 = install({base: shop.url, wx: own, auto: 'accept'});
    assert.deepEqual(wx2.getSystemInfoSync(), {platform: 'devtools'});
    assert.equal(wx2.request, own.request);
    assert.throws(() => own.login(), /WeChat itself/);

    install({base: shop.url, wx: own, auto: 'accept', replace: true});
    assert.equal((await own.login()).errMsg, 'login:ok');
    assert.equal(typeof own.mock.explanationUrl, 'function');
  });

  it('asks by the program\'s own dialog, whose refusal is a cancel', async () => {
    const shown = [];
    own.showModal = ({title, content, success}) => {
      shown.push(`${title}: ${content}`);
      success({confirm: false});
    };
    await withoutDocument(async () => {
      const cardId = await shop.coupon();
      const wx2 = install({base: shop.url, appid: MP.appid, wx: own});
      const item = await shop.toAdd(cardId);
      await assert.rejects(wx2.addCard({cardList: [item]}), {errMsg: 'addCard:fail cancel'});
      assert.equal(shown.length, 1);
      assert.match(shown[0], /^添加到卡包: /);
    });
  });

  it('offers every card that fits by the program\'s own action sheet, six lines at a time', async () => {
    const cardId = await shop.coupon({get_limit: 9});
    const add = install({base: shop.url, user: 'bob', appid: MP.appid, wx: null, auto: 'accept'});
    for (let count = 0; count < 8; count += 1) await add.addCard({cardList: [await shop.toAdd(cardId)]});
    const {cards} = await shop.get('/_mock/v1/users/bob/wallet');
    const codes = cards.map(({code}) => code);
    const shown = [];
    let taps = [];
    own.showModal = () => { throw new Error('no dialog is due'); };
    own.showActionSheet = ({itemList, success, fail}) => {
      shown.push(itemList);
      const tapIndex = taps.shift();
      if (tapIndex === undefined) fail({errMsg: 'showActionSheet:fail cancel'});
      else success({tapIndex, errMsg: 'showActionSheet:ok'});
    };
    await withoutDocument(async () => {
      const page = install({base: shop.url, user: 'bob', appid: OA.appid, wx: own});
      const chosen = async () => {
        const answer = await page.chooseCard(await shop.choice({cardId}));
        return Promise.all(JSON.parse(answer.cardList).map(card => shop.decrypt(card.encrypt_code)));
      };
      taps = [2];
      assert.deepEqual(await chosen(), [codes[2]]);
      taps = [5, 2];
      assert.deepEqual(await chosen(), [codes[7]]);
      assert.deepEqual(shown.map(lines => lines.length), [6, 6, 3]);
      const listed = [...shown[1].slice(0, 5), ...shown[2]];
      listed.forEach((line, at) => assert.ok(line.endsWith(` ${codes[at]}`), line));
      assert.equal(shown[1][5], '更多……');
      taps = [];
      await assert.rejects(page.chooseCard(await shop.choice({cardId})), {errMsg: 'chooseCard:cancel'});
    });
  });

  it('refuses to run in a mini-program that is released, and there alone', async () => {
    await withoutDocument(async () => {
      for (const [envVersion, isRefused] of [['develop', false], ['trial', false], ['release', true]]) {
        own.getAccountInfoSync = () => ({miniProgram: {appId: MP.appid, envVersion}});
        const run = () => install({base: shop.url, wx: own});
        if (isRefused) assert.throws(run, /refuses to run in a released mini-program/);
        else assert.equal(typeof run().login, 'function');
      }
    });
  });
});
