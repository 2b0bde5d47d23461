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

