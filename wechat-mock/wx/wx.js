/*!
 * wx.js of wechat-mock: a `wx` whose login and cards are played by a running mock.
 *
 *   page          <script src="http://127.0.0.1:7420/_mock/wx.js" data-user="alice"></script>
 *   mini-program  const wx2 = require('./wx.js').install({base: 'http://127.0.0.1:7420', user: 'alice'})
 *   Node          the same require; it speaks through fetch
 *
 * Types and options: wx-mock.d.ts. License: MIT OR Apache-2.0.
 */
(function (root, library) {
  'use strict';
  if (typeof module === 'object' && module && module.exports) {
    module.exports = library;
    return;
  }
  root.wxMock = library;
  const script = root.document && root.document.currentScript;
  if (script) {
    const options = Object.assign({base: new URL(script.src || '/', root.document.baseURI).origin}, script.dataset);
    root.wx = library.install(options);
  }
})(typeof globalThis === 'object' ? globalThis : typeof self === 'object' ? self : {}, (function () {
  'use strict';

  const TEXTS = {
    zh: {
      offer: '添加到卡包', cancel: '取消', back: '返回', done: '完成', choose: '选择卡券', wallet: '卡包',
      none: '没有可用的卡券', added: '已添加', user: '用户', why: '查看原因', code: '券码', days: '领取后 {0} 天内有效',
      forever: '长期有效', explained: '模拟服务说明', copy: '复制链接', confirm: '添加', more: '更多……'
    },
    en: {
      offer: 'Add to Cards', cancel: 'Cancel', back: 'Back', done: 'Done', choose: 'Choose a card', wallet: 'Cards',
      none: 'No card can be used here', added: 'Added', user: 'User', why: 'See why', code: 'Code',
      days: 'Valid for {0} days after the claim', forever: 'Always valid', explained: 'Explained by the mock',
      copy: 'Copy link', confirm: 'Add', more: 'More …'
    }
  };
  /** What the phone says, in English; WeChat itself says it in Chinese alone. */
  const PHONE_TEXTS = {
    '签名错误': 'Signature error', '参数错误': 'Wrong parameters', '已领完': 'All gone', '已达领取上限': 'Limit reached',
    '卡券已过期': 'The card has expired', '审核中': 'Under review'
  };
  /** The page with this text calls nobody back until the user leaves it, which then is a cancel. */
  const SIGNATURE_ERROR = '签名错误';
  /** Lines that an action sheet of a mini-program has at most. */
  const MOST_LINES = 6;
  const CALLBACKS = ['success', 'fail', 'complete', 'cancel'];
  /** Used in pages alone, inside a shadow root. */
  const STYLE = `
    :host { all: initial }
    * { box-sizing: border-box }
    .shade { position: fixed; inset: 0; z-index: 2147483000; background: rgba(0,0,0,.5); display: flex; align-items: flex-end;
      justify-content: center; font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; color: #1f1f1f }
    .sheet { width: 100%; max-width: 480px; max-height: 92vh; overflow: auto; background: #f2f2f2; border-radius: 14px 14px 0 0;
      padding: 16px 16px calc(16px + env(safe-area-inset-bottom, 0px)) }
    h2 { margin: 0 0 12px; font-size: 17px; text-align: center; overflow-wrap: anywhere }
    .who { text-align: center; font-size: 13px; color: #595959; margin: -8px 0 12px }
    .card { border-radius: 10px; overflow: hidden; background: #fff; margin: 0 0 12px; display: block; width: 100%; border: 0; padding: 0;
      text-align: left; font: inherit; color: inherit }
    .face { display: flex; gap: 12px; align-items: center; padding: 14px; color: #fff; background: #3a5a40 }
    .logo { flex: none; width: 48px; height: 48px; border-radius: 50%; border: 2px solid #fff; background: #fff; color: #595959; object-fit: cover; display: flex;
      align-items: center; justify-content: center; font-size: 20px }
    .brand { font-size: 13px; text-shadow: 0 1px 2px rgba(0,0,0,.55) }
    .title { font-size: 19px; font-weight: 600; overflow-wrap: anywhere; text-shadow: 0 1px 2px rgba(0,0,0,.55) }
    .rest { padding: 10px 14px; font-size: 13px; color: #595959; overflow-wrap: anywhere }
    .rest div + div { margin-top: 2px }
    .code { font-size: 20px; color: #1f1f1f; letter-spacing: 1px; font-variant-numeric: tabular-nums }
    .refusal { background: #fff; border-radius: 10px; padding: 20px 16px; text-align: center; margin: 0 0 12px; overflow-wrap: anywhere }
    .refusal .said { font-size: 20px; font-weight: 600; color: #b3261e }
    .refusal .note { text-align: left; font-size: 14px; margin-top: 12px; border-top: 1px solid #e5e5e5; padding-top: 12px }
    .refusal .note b { display: block; font-weight: 600; font-size: 13px; color: #595959 }
    a { color: #2b5797; display: inline-block; padding: 8px 0 }
    .foot { position: sticky; bottom: calc(-16px - env(safe-area-inset-bottom, 0px)); background: #f2f2f2; margin: 0 -16px -16px; padding: 8px 16px 16px }
    .foot button + button { margin-top: 10px }
    .ok { color: #067a3d } .no { color: #b3261e }
    button.plain, button.main { display: block; width: 100%; min-height: 46px; border: 0; border-radius: 8px; font: inherit; font-size: 17px;
      cursor: pointer }
    button.main { background: #067a3d; color: #fff; font-weight: 600 } button.plain { background: #fff; color: #1f1f1f }
    button.card { cursor: pointer }
    :focus-visible { outline: 3px solid #2b5797; outline-offset: 2px }`;

  /** What one installation knows. */
  class Mock {
    constructor(options, native) {
      this.base = String(options.base || 'http://127.0.0.1:7420').replace(/\/+$/, '');
      this.user = options.user || 'alice';
      this.appid = options.appid || 'wx00000000000000b0';
      this.token = options.token || '';
      this.auto = options.auto || undefined;
      this.lang = options.lang === 'en' ? 'en' : 'zh';
      this.url = options.url || '';
      this.native = native;
      /** The record behind the last answer, as `/_mock/v1/explain/{id}` has it. */
      this.explain = null;
      this.onexplain = typeof options.onexplain === 'function' ? options.onexplain : null;
    }

    /** Where the console explains a record. */
    explanationUrl(record) {
      const token = this.token ? `?token=${encodeURIComponent(this.token)}` : '';
      return `${this.base}/_mock/#/requests/${encodeURIComponent(record.id)}${token}`;
    }
  }

  /** A call of the control API: its JSON, or an error with the mock's own words. */
  function control(mock, method, path, body) {
    const url = `${mock.base}/_mock/v1/${path}`;
    const header = {'content-type': 'application/json'};
    if (mock.token) header.authorization = `Bearer ${mock.token}`;
    const data = body === undefined ? undefined : JSON.stringify(body);
    const told = (status, answer) => {
      if (status >= 200 && status < 300 && answer && typeof answer === 'object') return answer;
      const error = answer && answer.error;
      throw new Error(error ? `wechat-mock: ${error.message}` : `wechat-mock: status ${status} of ${url}`);
    };
    if (mock.native && typeof mock.native.request === 'function') {
      return new Promise((resolve, reject) => {
        mock.native.request({
          url, method, data, header,
          success: answer => resolve(answer),
          fail: failure => reject(new Error(`wechat-mock does not answer at ${mock.base}: ${failure && failure.errMsg}`))
        });
      }).then(answer => told(answer.statusCode, answer.data));
    }
    return fetch(url, {method, body: data, headers: header}).then(
      answer => answer.json().catch(() => null).then(json => told(answer.status, json)),
      failure => { throw new Error(`wechat-mock does not answer at ${mock.base}: ${failure.message}`); }
    );
  }

  /** The path of a user's call. */
  const ofUser = (mock, call) => `users/${encodeURIComponent(mock.user)}/${call}`;

  /** Runs a callback; what it throws is thrown outside, as in WeChat, and stops nothing here. */
  function invoke(callback, result) {
    if (typeof callback !== 'function') return;
    try {
      callback(result);
    } catch (thrown) {
      setTimeout(() => { throw thrown; }, 0);
    }
  }

  const isOk = result => /:ok$/.test(result.errMsg);

  function settle(given, result) {
    const isCancel = /:cancel$/.test(result.errMsg);
    invoke(isOk(result) ? given.success : isCancel ? given.cancel : given.fail, result);
    invoke(given.complete, result);
  }

  /** A function of `wx`: callbacks when the caller gives one, else a promise. */
  function wxFunction(name, run) {
    return function (options) {
      const given = options || {};
      const failed = error => ({errMsg: `${name}:fail ${error.message}`});
      const outcome = Promise.resolve().then(() => run(given)).catch(failed);
      if (CALLBACKS.some(key => typeof given[key] === 'function')) {
        outcome.then(result => settle(given, result));
        return undefined;
      }
      return outcome.then(result => isOk(result) ? result : Promise.reject(result));
    };
  }

  const typeName = value => value === null ? 'Null' : Object.prototype.toString.call(value).slice(8, -1);

  /** What is wrong with the arguments of a call with a cardList, in the words of the mini-program's library. */
  function listFault(list, keys) {
    const wrong = (place, wanted, value) =>
      `parameter error: parameter.${place} should be ${wanted} instead of ${typeName(value)};`;
    if (!Array.isArray(list)) return wrong('cardList', 'Array', list);
    for (let at = 0; at < list.length; at += 1) {
      const item = list[at];
      if (!item || typeof item !== 'object') return wrong(`cardList[${at}]`, 'Object', item);
      const key = keys.find(name => typeof item[name] !== 'string');
      if (key) return wrong(`cardList[${at}].${key}`, 'String', item[key]);
    }
    return list.length ? '' : 'parameter error: parameter.cardList should not be empty;';
  }

  /** Keeps the record behind an answer; the answer without it, as WeChat gives it. */
  function keep(mock, answer) {
    mock.explain = answer.explain || null;
    if (mock.onexplain) mock.onexplain(mock.explain);
    const result = Object.assign({}, answer);
    delete result.explain;
    return result;
  }

  /** What is known of cards, by card_id; an older mock, or an unknown card, tells nothing. */
  function facesOf(mock, ids) {
    const one = id => control(mock, 'GET', `cards/${encodeURIComponent(id)}`).catch(() => ({}));
    return Promise.all(ids.map(one)).then(found => ids.map((id, at) => Object.assign({card_id: id}, found[at])));
  }

  const day = seconds => {
    // Card dates are those of China, wherever the tester is.
    const date = new Date((Number(seconds) + 8 * 3600) * 1000);
    return `${date.getUTCFullYear()}.${date.getUTCMonth() + 1}.${date.getUTCDate()}`;
  };

  function validity(face, texts) {
    const info = face.date_info || {};
    if (info.begin_timestamp && info.end_timestamp) return `${day(info.begin_timestamp)} - ${day(info.end_timestamp)}`;
    if (info.fixed_term) return texts.days.replace('{0}', info.fixed_term);
    return /PERMANENT/.test(info.type || '') ? texts.forever : '';
  }

  const said = (mock, text) => mock.lang === 'en' && PHONE_TEXTS[text] ? `${PHONE_TEXTS[text]} (${text})` : text || '';
  const inLanguage = (mock, text) => text && (text[mock.lang] || text.en) || '';

  /** A sheet like the phone's, in a page. Texts are set as text, never as markup. */
  function sheetOf(mock, document) {
    const texts = () => TEXTS[mock.lang];
    const element = (tag, name, content) => {
      const made = document.createElement(tag);
      if (name) made.className = name;
      [].concat(content === undefined ? [] : content).forEach(part => made.append(part));
      return made;
    };
    const logo = face => {
      const letter = element('span', 'logo', String(face.brand_name || '券').slice(0, 1));
      letter.setAttribute('aria-hidden', 'true');
      const shown = /^https?:\/\/[^/]+(\/mmbiz[^?#]*)/.exec(face.logo_url || '');
      if (!shown) return letter;
      const picture = element('img', 'logo');
      picture.alt = '';
      picture.onerror = () => picture.replaceWith(letter);
      // WeChat's picture host is the mock, too.
      picture.src = mock.base + shown[1];
      return picture;
    };
    const card = (face, extra, tag) => {
      const front = element('div', 'face', [logo(face), element('div', '', [
        element('div', 'brand', face.brand_name || ''), element('div', 'title', face.title || face.card_id)
      ])]);
      if (/^#[0-9a-f]{6}$/i.test(face.color_value || '')) front.style.background = face.color_value;
      const lines = [validity(face, texts()), face.notice].filter(Boolean).map(line => element('div', '', line));
      const made = element(tag || 'div', 'card', [front, element('div', 'rest', lines.concat(extra || []))]);
      if (tag === 'button') made.type = 'button';
      return made;
    };
    const button = (name, text, close, value) => {
      const made = element('button', name, text);
      made.type = 'button';
      made.onclick = () => close(value);
      return made;
    };
    const foot = (...buttons) => element('div', 'foot', buttons);
    const explanation = record => {
      const link = element('a', '', texts().why);
      link.href = mock.explanationUrl(record);
      link.target = '_blank';
      link.rel = 'noopener';
      return link;
    };
    /** Shows what `fill` makes until something in it is chosen, or Esc, which is `dismissed`. */
    const open = (title, dismissed, fill) => new Promise(resolve => {
      const before = document.activeElement;
      const host = document.createElement('wechat-mock-sheet');
      const shadow = host.attachShadow({mode: 'open'});
      try {
        const style = new CSSStyleSheet();
        style.replaceSync(STYLE);
        shadow.adoptedStyleSheets = [style];
      } catch (_) {
        shadow.append(element('style', '', STYLE));
      }
      const close = value => {
        document.removeEventListener('keydown', onKey, true);
        host.remove();
        if (before && typeof before.focus === 'function') before.focus();
        resolve(value);
      };
      const heading = element('h2', '', title);
      heading.id = 'title';
      const sheet = element('div', 'sheet', [heading, element('p', 'who', `${texts().user} ${mock.user}`)]);
      sheet.setAttribute('role', 'dialog');
      sheet.setAttribute('aria-modal', 'true');
      sheet.setAttribute('aria-labelledby', 'title');
      sheet.lang = mock.lang === 'en' ? 'en' : 'zh-CN';
      fill(sheet, close);
      const onKey = event => {
        if (event.key === 'Escape') {
          event.preventDefault();
          event.stopPropagation();
          close(dismissed);
        } else if (event.key === 'Tab') {
          const stops = Array.from(sheet.querySelectorAll('button, a'));
          const next = stops.indexOf(shadow.activeElement) + (event.shiftKey ? -1 : 1);
          event.preventDefault();
          stops[(next + stops.length) % stops.length].focus();
        }
      };
      document.addEventListener('keydown', onKey, true);
      shadow.append(element('div', 'shade', sheet));
      document.body.append(host);
      (sheet.querySelector('button.main') || sheet.querySelector('button')).focus({preventScroll: true});
    });
    return {
      offer: faces => open(texts().offer, false, (sheet, close) => sheet.append(
        ...faces.map(face => card(face)),
        foot(button('main', texts().offer, close, true), button('plain', texts().cancel, close, false))
      )),
      refused: record => open(record.call === 'wx.addCard' ? texts().offer : texts().wallet, undefined, (sheet, close) => {
        const note = element('div', 'note', [element('b', '', texts().explained), inLanguage(mock, record.mistake)]);
        const box = element('div', 'refusal', [
          element('div', 'said', said(mock, record.phone_text) || texts().none), note, explanation(record)
        ]);
        box.setAttribute('role', 'alert');
        sheet.append(box, foot(button('main', texts().back, close)));
      }),
      partial: (record, faces) => open(texts().added, undefined, (sheet, close) => {
        const lines = record.cards.map((each, at) => card(faces[at], each.isSuccess
          ? element('div', 'ok', texts().added)
          : [element('div', 'no', said(mock, each.phone_text)), element('div', '', inLanguage(mock, each.mistake))]));
        sheet.append(...lines, explanation(record), foot(button('main', texts().done, close)));
      }),
      choose: held => open(texts().choose, null, (sheet, close) => {
        const lines = held.map(each => {
          const line = card(each.face, element('div', 'code', each.code), 'button');
          line.onclick = () => close(each.code);
          return line;
        });
        sheet.append(...lines, foot(button('plain', texts().cancel, close, null)));
      }),
      show: held => open(texts().wallet, undefined, (sheet, close) => {
        const code = each => [element('div', '', texts().code), element('div', 'code', each.code)];
        sheet.append(...held.map(each => card(each.face, code(each))), foot(button('main', texts().back, close)));
      })
    };
  }

  /** The same by the dialogs of a real mini-program. */
  function modalOf(mock) {
    const modal = options => new Promise(resolve => mock.native.showModal(Object.assign({}, options, {
      success: answer => resolve(Boolean(answer.confirm)), fail: () => resolve(false)
    })));
    const texts = () => TEXTS[mock.lang];
    const name = face => [face.brand_name, face.title || face.card_id].filter(Boolean).join(' ');
    const tell = (title, content) => modal({title, content, showCancel: false, confirmText: texts().back});
    const sheet = itemList => new Promise(resolve => mock.native.showActionSheet({
      alertText: texts().choose, itemList, success: answer => resolve(answer.tapIndex), fail: () => resolve(-1)
    }));
    /** The code that the user picks of those from `first` on; the last line of a full sheet leads to the rest. */
    const pick = (held, first) => {
      const rest = held.length - first;
      const shown = held.slice(first, first + (rest > MOST_LINES ? MOST_LINES - 1 : rest));
      const lines = shown.map(each => `${name(each.face)} ${each.code}`);
      return sheet(shown.length < rest ? lines.concat(texts().more) : lines).then(at => {
        if (at < 0) return null;
        return at < shown.length ? shown[at].code : pick(held, first + shown.length);
      });
    };
    return {
      offer: faces => modal({
        title: texts().offer, content: faces.map(name).join('\n'), confirmText: texts().confirm, cancelText: texts().cancel
      }),
      refused: record => tell(said(mock, record.phone_text) || texts().none,
        `${inLanguage(mock, record.mistake)}\n${mock.explanationUrl(record)}`),
      partial: (record, faces) => tell(texts().added, record.cards.map((each, at) =>
        `${name(faces[at])}: ${each.isSuccess ? texts().added : said(mock, each.phone_text)}`).join('\n')),
      choose: held => pick(held, 0),
      show: held => tell(texts().wallet, held.map(each => `${name(each.face)} ${each.code}`).join('\n'))
    };
  }

  /** Who asks the user: nobody when `auto` says what they do. */
  function userInterface(mock) {
    if (mock.auto) return null;
    if (typeof document === 'object' && document.body && document.body.attachShadow) return sheetOf(mock, document);
    return mock.native && typeof mock.native.showModal === 'function' ? modalOf(mock) : null;
  }

  /** `wx.request` for a `wx` that has none, on fetch. */
  function request(options) {
    const aborter = typeof AbortController === 'function' ? new AbortController() : null;
    const method = (options.method || 'GET').toUpperCase();
    const headers = Object.assign({'content-type': 'application/json'}, options.header);
    let url = options.url;
    let body;
    if (method === 'GET' && options.data && typeof options.data === 'object') {
      const query = new URLSearchParams(options.data).toString();
      url += (url.indexOf('?') < 0 ? '?' : '&') + query;
    } else if (options.data !== undefined && method !== 'GET') {
      const isPlain = typeof options.data === 'string' || options.data instanceof ArrayBuffer;
      const isForm = /urlencoded/.test(headers['content-type'] || headers['Content-Type'] || '');
      body = isPlain ? options.data : isForm ? new URLSearchParams(options.data).toString() : JSON.stringify(options.data);
    }
    const timer = options.timeout && aborter ? setTimeout(() => aborter.abort(), options.timeout) : null;
    fetch(url, {method, headers, body, signal: aborter ? aborter.signal : undefined}).then(answer => {
      const read = options.responseType === 'arraybuffer' ? answer.arrayBuffer() : answer.text();
      return read.then(data => {
        if (typeof data === 'string' && (options.dataType || 'json') === 'json') {
          try { data = JSON.parse(data); } catch (_) { /* no JSON: WeChat hands the text over */ }
        }
        const header = {};
        answer.headers.forEach((value, key) => { header[key] = value; });
        return {data, statusCode: answer.status, header, cookies: [], errMsg: 'request:ok'};
      });
    }).catch(failure => ({errMsg: `request:fail ${aborter && aborter.signal.aborted ? 'abort' : failure.message}`})).then(result => {
      clearTimeout(timer);
      settle(options, result);
    });
    return {abort: () => aborter && aborter.abort()};
  }

  /** The functions that the mock plays, over one installation. */
  function functionsOf(mock) {
    /** The page's `wx.config`, once it was called: null, or its appid, its functions and whether it held. */
    let sdk = null;
    let loggedInAs = '';
    const waiting = [];
    let onError = null;
    /** One sheet at a time. */
    let queue = Promise.resolve();
    const inTurn = run => {
      const turn = queue.then(run);
      queue = turn.catch(() => {});
      return turn;
    };
    const appid = () => sdk ? sdk.appId : mock.appid;
    const denied = name => {
      if (sdk && !(sdk.isOk && sdk.list.indexOf(name) >= 0)) throw new Error('permission denied');
    };
    const configured = () => sdk ? sdk.settled : Promise.resolve();
    const isOfficial = () => sdk ? Promise.resolve(true)
      : control(mock, 'GET', `accounts/${encodeURIComponent(appid())}`).then(account => account.kind === 'official_account');
    const cards = (name, keys, run) => wxFunction(name, given => configured().then(() => {
      const fault = listFault(given.cardList, keys);
      if (fault) throw new Error(fault);
      denied(name);
      return inTurn(() => run(given.cardList));
    }));

    function addCard(list) {
      const ui = userInterface(mock);
      const faces = ui ? facesOf(mock, list.map(item => item.cardId)) : Promise.resolve([]);
      return faces.then(known => Promise.resolve(ui ? ui.offer(known) : mock.auto !== 'cancel').then(isWanted => {
        const body = {appid: appid(), cardList: list, cancel: !isWanted};
        return control(mock, 'POST', ofUser(mock, 'add-card'), body).then(answer => {
          const result = keep(mock, answer);
          const record = answer.explain;
          const isRefused = record.outcome === 'refused';
          const seen = !ui || !isRefused ? Promise.resolve()
            : isOk(result) ? ui.partial(record, known) : ui.refused(record);
          return seen.then(() => {
            if (isOk(result) || record.phone_text !== SIGNATURE_ERROR) return result;
            return isOfficial().then(is => ({errMsg: is ? 'addCard:cancel' : 'addCard:fail cancel'}));
          });
        });
      }));
    }

    function openCard(list) {
      const body = {appid: appid(), cardList: list.map(item => ({cardId: item.cardId, code: item.code}))};
      return control(mock, 'POST', ofUser(mock, 'open-card'), body).then(answer => {
        const result = keep(mock, answer);
        const ui = userInterface(mock);
        if (!ui) return result;
        if (!isOk(result)) return ui.refused(answer.explain).then(() => result);
        return facesOf(mock, list.map(item => item.cardId))
          .then(faces => ui.show(list.map((item, at) => ({code: item.code, face: faces[at]}))))
          .then(() => result);
      });
    }

    function chooseCard(given) {
      const filters = {appid: appid(), signType: 'SHA1'};
      ['shopId', 'cardType', 'cardId', 'timestamp', 'nonceStr', 'signType', 'cardSign'].forEach(key => {
        if (given[key]) filters[key] = String(given[key]);
      });
      const ask = more => control(mock, 'POST', ofUser(mock, 'choose-card'), Object.assign({}, filters, more));
      const ui = userInterface(mock);
      if (!ui) return ask({cancel: mock.auto === 'cancel'}).then(answer => keep(mock, answer));
      // The list is what a customer who leaves it has seen.
      return ask({cancel: true}).then(seen => {
        if (seen.explain.outcome === 'refused') return ui.refused(seen.explain).then(() => keep(mock, seen));
        return control(mock, 'GET', ofUser(mock, 'wallet')).then(wallet => {
          const held = wallet.cards.filter(card => seen.explain.listed.indexOf(card.code) >= 0);
          return facesOf(mock, held.map(card => card.card_id)).then(faces => ui.choose(
            held.map((card, at) => ({code: card.code, face: Object.assign({title: card.title}, faces[at])}))
          ));
        }).then(code => code === null ? keep(mock, seen) : ask({codes: [code]}).then(answer => keep(mock, answer)));
      });
    }

    function config(given) {
      const settings = given || {};
      const page = mock.url || (typeof location === 'object' ? location.href : '');
      const body = {
        kind: 'page', appid: settings.appId, url: page.split('#')[0], noncestr: String(settings.nonceStr || ''),
        timestamp: String(settings.timestamp || ''), signature: String(settings.signature || '')
      };
      const made = {appId: settings.appId, list: settings.jsApiList || [], isOk: false, result: null};
      made.settled = control(mock, 'POST', 'sign', body).then(verdict => {
        mock.explain = verdict;
        made.isOk = verdict.ok === true;
        return made.isOk ? {errMsg: 'config:ok'} : {errMsg: 'config:invalid signature'};
      }, failure => ({errMsg: `config:fail ${failure.message}`})).then(result => {
        if (sdk !== made) return;
        made.result = result;
        if (!made.isOk) invoke(onError, result);
        else waiting.splice(0).forEach(callback => invoke(callback, result));
      });
      sdk = made;
    }

    return {
      login: wxFunction('login', () => control(mock, 'POST', ofUser(mock, 'login'), {appid: mock.appid}).then(answer => {
        loggedInAs = mock.user;
        return {errMsg: 'login:ok', code: answer.code};
      })),
      checkSession: wxFunction('checkSession', () => ({
        errMsg: loggedInAs === mock.user ? 'checkSession:ok' : 'checkSession:fail session time out, need relogin'
      })),
      addCard: cards('addCard', ['cardId'], addCard),
      openCard: cards('openCard', ['cardId', 'code'], openCard),
      chooseCard: wxFunction('chooseCard', given => configured().then(() => {
        denied('chooseCard');
        return inTurn(() => chooseCard(given));
      })),
      config,
      ready(callback) {
        if (sdk && sdk.isOk) invoke(callback, sdk.result);
        else waiting.push(callback);
      },
      error(callback) {
        onError = callback;
        if (sdk && sdk.result && !sdk.isOk) invoke(callback, sdk.result);
      },
      checkJsApi: wxFunction('checkJsApi', given => {
        const checkResult = {};
        (given.jsApiList || []).forEach(name => {
          checkResult[name] = ['addCard', 'openCard', 'chooseCard', 'checkJsApi'].indexOf(name) >= 0;
        });
        return {errMsg: 'checkJsApi:ok', checkResult};
      })
    };
  }

  /** A `wx` that has what `options.wx` (or the program's own) has, and what the mock plays. */
  function install(options) {
    const given = options || {};
    const found = given.wx !== undefined ? given.wx : typeof wx === 'object' ? wx : null;
    const native = found && found.mock instanceof Mock ? found.mock.native : found;
    if (typeof document === 'undefined' && native && typeof native.getAccountInfoSync === 'function') {
      const {miniProgram} = native.getAccountInfoSync();
      if (miniProgram && miniProgram.envVersion === 'release') {
        throw new Error('wx.js of wechat-mock refuses to run in a released mini-program');
      }
    }
    const mock = new Mock(given, native);
    const played = functionsOf(mock);
    if (!native || typeof native.request !== 'function') played.request = request;
    const define = target => {
      Object.keys(played).concat('mock').forEach(name => Object.defineProperty(target, name, {
        configurable: true, enumerable: true, writable: true, value: name === 'mock' ? mock : played[name]
      }));
      return target;
    };
    if (!given.replace || !native) return define(Object.create(native));
    // What the program's own `wx` did before is still there for the mock's own calls.
    mock.native = Object.assign(Object.create(native), {request: native.request, showModal: native.showModal});
    return define(native);
  }

  return {install};
})());
