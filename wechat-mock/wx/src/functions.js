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

