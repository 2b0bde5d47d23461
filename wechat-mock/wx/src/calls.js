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

