// A build for QA: login and cards are played by the mock. It refuses to run once it is released.

import wxMock from '#wx.js';

/* global wx */
export function makeWx({mock, mp_appid: appid, user, mock_token: token}, lang) {
  if (wx.getAccountInfoSync().miniProgram.envVersion === 'release') {
    throw new Error('this build talks to wechat-mock and must not be released');
  }
  return wxMock.install({base: mock, appid, user, token, lang});
}
