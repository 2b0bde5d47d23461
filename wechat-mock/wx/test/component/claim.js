// A component as a mini-program's QA build has it: it asks the mock in place of WeChat.
const {getWx} = require('./wx.js');

Component({
  data: {state: 'idle', code: ''},
  methods: {
    async claim() {
      const wx2 = getWx();
      const {code: jsCode} = await wx2.login();
      this.setData({state: jsCode ? 'logged-in' : 'no-code'});
      wx2.addCard({
        cardList: this.data.items || [],
        success: ({cardList}) => this.setData({state: 'claimed', code: cardList[0].code}),
        fail: ({errMsg}) => this.setData({state: errMsg})
      });
    }
  }
});
