// A build for QA: login and cards are played by the mock. wx.js refuses to run once it is released.

import wxMock from '#wx.js';

/* global wx */
export function makeWx({mock, mp_appid: appid, user, mock_token: token}, lang) {
  return wxMock.install({base: mock, appid, user, token, lang});
}
