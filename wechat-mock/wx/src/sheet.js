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

