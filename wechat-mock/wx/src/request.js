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

