  const TEXTS = {
    zh: {
      offer: '添加到卡包', cancel: '取消', back: '返回', done: '完成', choose: '选择卡券', wallet: '卡包',
      none: '没有可用的卡券', added: '已添加', user: '用户', why: '查看原因', code: '券码', days: '领取后 {0} 天内有效',
      forever: '长期有效', explained: '模拟服务说明', copy: '复制链接', confirm: '添加', more: '更多……'
    },
    en: {
      offer: 'Add to Cards', cancel: 'Cancel', back: 'Back', done: 'Done', choose: 'Choose a card', wallet: 'Cards',
      none: 'No card can be used here', added: 'Added', user: 'User', why: 'See why', code: 'Code',
      days: 'Valid for {0} days after the claim', forever: 'Always valid', explained: 'Explained by the mock',
      copy: 'Copy link', confirm: 'Add', more: 'More …'
    }
  };
  /** What the phone says, in English; WeChat itself says it in Chinese alone. */
  const PHONE_TEXTS = {
    '签名错误': 'Signature error', '参数错误': 'Wrong parameters', '已领完': 'All gone', '已达领取上限': 'Limit reached',
    '卡券已过期': 'The card has expired', '审核中': 'Under review'
  };
  /** The page with this text calls nobody back until the user leaves it, which then is a cancel. */
  const SIGNATURE_ERROR = '签名错误';
  /** Lines that an action sheet of a mini-program has at most. */
  const MOST_LINES = 6;
  const CALLBACKS = ['success', 'fail', 'complete', 'cancel'];
  /** Used in pages alone, inside a shadow root. */
  const STYLE = `
    :host { all: initial }
    * { box-sizing: border-box }
    .shade { position: fixed; inset: 0; z-index: 2147483000; background: rgba(0,0,0,.5); display: flex; align-items: flex-end;
      justify-content: center; font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; color: #1f1f1f }
    .sheet { width: 100%; max-width: 480px; max-height: 92vh; overflow: auto; background: #f2f2f2; border-radius: 14px 14px 0 0;
      padding: 16px 16px calc(16px + env(safe-area-inset-bottom, 0px)) }
    h2 { margin: 0 0 12px; font-size: 17px; text-align: center; overflow-wrap: anywhere }
    .who { text-align: center; font-size: 13px; color: #595959; margin: -8px 0 12px }
    .card { border-radius: 10px; overflow: hidden; background: #fff; margin: 0 0 12px; display: block; width: 100%; border: 0; padding: 0;
      text-align: left; font: inherit; color: inherit }
    .face { display: flex; gap: 12px; align-items: center; padding: 14px; color: #fff; background: #3a5a40 }
    .logo { flex: none; width: 48px; height: 48px; border-radius: 50%; border: 2px solid #fff; background: #fff; color: #595959; object-fit: cover; display: flex;
      align-items: center; justify-content: center; font-size: 20px }
    .brand { font-size: 13px; text-shadow: 0 1px 2px rgba(0,0,0,.55) }
    .title { font-size: 19px; font-weight: 600; overflow-wrap: anywhere; text-shadow: 0 1px 2px rgba(0,0,0,.55) }
    .rest { padding: 10px 14px; font-size: 13px; color: #595959; overflow-wrap: anywhere }
    .rest div + div { margin-top: 2px }
    .code { font-size: 20px; color: #1f1f1f; letter-spacing: 1px; font-variant-numeric: tabular-nums }
    .refusal { background: #fff; border-radius: 10px; padding: 20px 16px; text-align: center; margin: 0 0 12px; overflow-wrap: anywhere }
    .refusal .said { font-size: 20px; font-weight: 600; color: #b3261e }
    .refusal .note { text-align: left; font-size: 14px; margin-top: 12px; border-top: 1px solid #e5e5e5; padding-top: 12px }
    .refusal .note b { display: block; font-weight: 600; font-size: 13px; color: #595959 }
    a { color: #2b5797; display: inline-block; padding: 8px 0 }
    .foot { position: sticky; bottom: calc(-16px - env(safe-area-inset-bottom, 0px)); background: #f2f2f2; margin: 0 -16px -16px; padding: 8px 16px 16px }
    .foot button + button { margin-top: 10px }
    .ok { color: #067a3d } .no { color: #b3261e }
    button.plain, button.main { display: block; width: 100%; min-height: 46px; border: 0; border-radius: 8px; font: inherit; font-size: 17px;
      cursor: pointer }
    button.main { background: #067a3d; color: #fff; font-weight: 600 } button.plain { background: #fff; color: #1f1f1f }
    button.card { cursor: pointer }
    :focus-visible { outline: 3px solid #2b5797; outline-offset: 2px }`;

