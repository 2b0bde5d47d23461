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

