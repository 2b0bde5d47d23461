// What the shop says, in Chinese and English.

import {ref} from 'vue';

const TEXTS = {
  zh: {
    shop: '星河小馆', coupons: '领券', mine: '我的券', staff: '核销', admin: '商家', language: 'English', user: '用户',
    claim: '立即领取', claiming: '领取中…', claimed: '已放入卡包', cancelled: '已取消领取', noCoupons: '暂无可领取的优惠券，请商家先创建。',
    noClaims: '还没有优惠券，去领一张吧。', someFailed: '部分卡券未领取成功', refresh: '刷新', loading: '加载中…',
    open: '在卡包中查看', qr: '券码二维码', forever: '长期有效', days: '领取后 {0} 天内有效', retry: '重试',
    claimedAt: '领取时间', redeemedAt: '核销时间', validFor: '有效期',
    status: {claimed: '可使用', redeemed: '已核销', gifted: '已转赠', deleted: '已删除', expired: '已过期', void: '已作废'},
    couponStatus: {in_review: '审核中', approved: '已通过', refused: '未通过', withdrawn: '已下架', unknown: '处理中'},
    token: '管理口令', tokenHint: '即后端的 COUPON_ADMIN_TOKEN，只保存在本次会话中。', enter: '进入', leave: '退出',
    code: '券码', codeHint: '输入或扫描顾客出示的 12 位券码', redeem: '核销', redeeming: '核销中…', scan: '扫码', staffName: '店员',
    redeemed: '核销成功', redeemedHint: '券码 {0} 已核销，不能再次使用。',
    make: '创建优惠券', making: '创建中…', made: '优惠券已创建', logo: '商户 Logo', photo: '门店照片', cover: '封面图', choose: '选择图片',
    sample: '使用示例图片', uploading: '上传中…', uploaded: '已上传', photoHint: 'media_id 仅保留 3 天，不能用在卡券里。',
    color: '卡券颜色', title: '标题（最多 9 个汉字）', brand: '商户名', noticeField: '使用提醒', description: '使用须知', detail: '优惠详情', from: '开始日期', to: '结束日期',
    stock: '库存', limit: '每人限领', existing: '已有优惠券', none: '还没有优惠券', remaining: '剩余 {0} / {1}',
    logoFirst: '请先上传商户 Logo', colorFirst: '请选择卡券颜色', codeFirst: '请输入券码', tokenFirst: '请输入管理口令',
    errors: {
      already_redeemed: '该券已核销过，不能重复使用', not_redeemable: '该券现在不能核销', not_found: '没有找到这张券', unauthorized: '口令不正确，请重新输入',
      forbidden: '没有权限', invalid_request: '填写有误', not_claimable: '这张优惠券现在不能领取', wechat_unavailable: '微信暂时没有响应，请稍后重试',
      wechat_refused: '微信拒绝了这次请求', operation_in_progress: '正在处理，请稍候再试', rate_limited: '操作太频繁，请稍后再试', unreachable: '服务没有响应，请检查后端是否已启动',
      too_large: '图片太大', held: '该券已被另一笔订单占用'
    },
    reasons: {
      void: '已作废', deleted: '顾客已删除', gifted: '已转赠他人', expired: '已过期', not_yet_valid: '还没到使用日期', in_review: '审核中', refused: '审核未通过',
      withdrawn: '已下架', over: '已结束'
    }
  },
  en: {
    shop: 'Xinghe Bistro', coupons: 'Coupons', mine: 'Mine', staff: 'Redeem', admin: 'Shop', language: '中文', user: 'User',
    claim: 'Claim', claiming: 'Claiming…', claimed: 'Added to your cards', cancelled: 'Claim cancelled', noCoupons: 'No coupon can be claimed. The shop has to make one first.',
    noClaims: 'No coupons yet. Go and claim one.', someFailed: 'Some cards could not be claimed', refresh: 'Refresh', loading: 'Loading…',
    open: 'Show in WeChat', qr: 'QR code of the coupon', forever: 'Always valid', days: 'Valid for {0} days after the claim', retry: 'Try again',
    claimedAt: 'Claimed', redeemedAt: 'Redeemed', validFor: 'Valid',
    status: {claimed: 'Ready to use', redeemed: 'Redeemed', gifted: 'Given away', deleted: 'Deleted', expired: 'Expired', void: 'Void'},
    couponStatus: {in_review: 'In review', approved: 'Approved', refused: 'Refused', withdrawn: 'Withdrawn', unknown: 'Being made'},
    token: 'Admin token', tokenHint: 'COUPON_ADMIN_TOKEN of the backend; kept for this session only.', enter: 'Enter', leave: 'Leave',
    code: 'Code', codeHint: 'Type or scan the 12 digits that the customer shows', redeem: 'Redeem', redeeming: 'Redeeming…', scan: 'Scan', staffName: 'Staff',
    redeemed: 'Redeemed', redeemedHint: 'The code {0} is used and cannot be used again.',
    make: 'Make the coupon', making: 'Making…', made: 'The coupon is made', logo: 'Logo', photo: 'Photo of the shop', cover: 'Cover picture', choose: 'Choose a picture',
    sample: 'Use the sample', uploading: 'Uploading…', uploaded: 'Uploaded', photoHint: 'A media_id lives 3 days and cannot be used in a card.',
    color: 'Colour', title: 'Title (27 bytes: 9 Chinese characters)', brand: 'Brand', noticeField: 'Notice', description: 'Terms', detail: 'What it gives', from: 'From', to: 'To',
    stock: 'Stock', limit: 'Limit per customer', existing: 'Coupons', none: 'No coupons yet', remaining: '{0} of {1} left',
    logoFirst: 'Upload the logo first', colorFirst: 'Choose a colour', codeFirst: 'Type the code', tokenFirst: 'Type the admin token',
    errors: {
      already_redeemed: 'This coupon was redeemed before', not_redeemable: 'This coupon cannot be redeemed now', not_found: 'There is no such coupon', unauthorized: 'Wrong token, type it again',
      forbidden: 'Not allowed', invalid_request: 'Something is filled in wrongly', not_claimable: 'This coupon cannot be claimed now', wechat_unavailable: 'WeChat does not answer now, try again later',
      wechat_refused: 'WeChat refused this', operation_in_progress: 'Under way, try again in a moment', rate_limited: 'Too many tries, wait a moment', unreachable: 'No answer: is the backend running?',
      too_large: 'The picture is too large', held: 'This coupon is held for another order'
    },
    reasons: {
      void: 'it is void', deleted: 'the customer deleted it', gifted: 'it was given away', expired: 'it has expired', not_yet_valid: 'it is not valid yet', in_review: 'in review', refused: 'refused in review',
      withdrawn: 'withdrawn', over: 'it is over'
    }
  }
};

const KEY = 'language';
export const language = ref(uni.getStorageSync(KEY) === 'en' ? 'en' : 'zh');

/** A text by its path, such as `errors.not_found`; `{0}` and on are filled in. Empty when there is none. */
export function t(path, ...values) {
  const text = path.split('.').reduce((found, name) => found && found[name], TEXTS[language.value]);
  return values.reduce((filled, value, at) => filled.replace(`{${at}}`, value), typeof text === 'string' ? text : '');
}

const TABS = ['coupons', 'mine', 'staff', 'admin'];

/** Puts the language into what is not part of a page: the tabs, and the document's language. */
export function applyLanguage() {
  TABS.forEach((tab, index) => uni.setTabBarItem({index, text: t(tab), fail() {}}));
  // #ifdef H5
  document.documentElement.lang = language.value === 'en' ? 'en' : 'zh-CN';
  // #endif
}

export function switchLanguage() {
  language.value = language.value === 'en' ? 'zh' : 'en';
  uni.setStorageSync(KEY, language.value);
  applyLanguage();
}

/** What to say of an error: of the backend's, of `wx`'s, or any other. */
export function explainError(error) {
  if (error.errMsg) {
    const detail = /^\w+:fail \(?(.*?)\)?$/.exec(error.errMsg);
    return detail ? detail[1] : error.errMsg;
  }
  const text = t(`errors.${error.code}`);
  if (!text) return error.message || String(error);
  const fields = (error.fields || []).map(({field, message}) => `${field}: ${message}`);
  const reason = error.reason && (t(`reasons.${error.reason}`) || error.reason);
  return [text, ...(reason ? [reason] : []), ...fields].join(language.value === 'en' ? '; ' : '；');
}
