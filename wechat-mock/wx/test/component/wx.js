// The three lines of a QA build; the test says which mock.
const {install} = require('../../wx.js');

let options = {};
module.exports = {
  setOptions(given) { options = given; },
  getWx: () => install(options)
};
