// The shop in a browser, 360 px wide: as admin, customer and staff. SHOTS names a folder for pictures of what was seen.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {after, before, beforeEach, describe, it} from 'node:test';

import {ADMIN_TOKEN, startAll} from './support.js';

describe('the demo shop', () => {
  let all;
  let page;
  let problems;
  before(async () => { all = await startAll(); });
  after(() => all.stop());
  beforeEach(async () => {
    if (page) await page.context().close();
    page = await newPage();
  });

  async function newPage(user = 'alice') {
    const context = await all.browser.newContext({viewport: {width: 360, height: 760}, locale: 'zh-CN', timezoneId: 'Asia/Shanghai'});
    const made = await context.newPage();
    made.setDefaultTimeout(10_000);
    problems = [];
    made.on('console', message => { if (['error', 'warning'].includes(message.type())) problems.push(message.text()); });
    made.on('pageerror', error => problems.push(String(error)));
    await made.goto(`${all.url}/?user=${user}`);
    return made;
  }
  const visible = selector => page.locator(selector).filter({visible: true});
  const button = name => page.getByRole('button', {name, exact: true}).filter({visible: true});
  const sheet = () => page.getByRole('dialog');
  const tab = async name => page.locator('.uni-tabbar__label', {hasText: new RegExp(`^${name}$`)}).click();
  const card = title => visible('.card').filter({hasText: title});
  const shot = async name => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${name} is ${width} px wide`);
    if (process.env.SHOTS) await page.screenshot({path: path.join(process.env.SHOTS, `shop-${name}.png`)});
  };
  /** What axe finds that is serious. */
  const seriousFaults = async () => {
    // Set here and not by a script of the page, whose policy would refuse it.
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const {violations} = await page.evaluate(() => axe.run(document));
    return violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
      .map(({id, nodes}) => `${id}: ${nodes.map(node => node.html.slice(0, 120)).join(' | ')}`);
  };
  const fill = (field, text) => visible(`.field-${field} input`).fill(text);

  async function enter(name = '商家') {
    await tab(name);
    await visible('.token input').fill(ADMIN_TOKEN);
    await button('进入').click();
  }

  /** Makes a coupon on the admin's page. */
  async function makeCoupon(title, changes = {}) {
    await enter();
    for (const field of ['logo', 'cover', 'photo']) {
      const box = visible(`.${field}-field`);
      await box.getByRole('button', {name: '使用示例图片'}).click();
      await box.getByText('已上传').waitFor();
    }
    await page.getByRole('radio', {name: 'Color100'}).click();
    await fill('title', title);
    for (const [field, value] of Object.entries(changes)) await fill(field, value);
    await button('创建优惠券').click();
    await page.getByText('优惠券已创建').waitFor();
  }

  async function claim(title) {
    await tab('领券');
    await button('刷新').click();
    await card(title).getByRole('button', {name: '立即领取'}).click();
    await sheet().getByRole('button', {name: '添加到卡包'}).click();
  }

  it('goes from the admin to the redeemed coupon', async () => {
    await visible('.empty').getByText('暂无可领取的优惠券').waitFor();
    await shot('empty');
    await enter();
    await page.getByRole('radio', {name: 'Color100'}).waitFor();
    await shot('admin-form');
    await button('退出').click();
    await makeCoupon('满百减二十');
    await shot('admin-made');
    assert.match(await visible('.photo-field').textContent(), /media_id \S+/);
    const made = await visible('.made').first().textContent();
    assert.match(made, /满百减二十 · 已通过/);
    assert.match(made, /剩余 500 \/ 500/);

    await tab('领券');
    await card('满百减二十').waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('.card img')].some(image => image.naturalWidth > 0));
    await shot('coupons');
    await card('满百减二十').getByRole('button', {name: '立即领取'}).click();
    await sheet().getByText('满百减二十').waitFor();
    await shot('sheet');
    await sheet().getByRole('button', {name: '添加到卡包'}).click();
    await visible('.notice').getByText('已放入卡包').waitFor();

    await tab('我的券');
    await card('满百减二十').getByText('可使用').waitFor();
    const code = await visible('.code').getAttribute('data-code');
    assert.match(code, /^\d{12}$/);
    const {cards} = await all.shop.get('/_mock/v1/users/alice/wallet');
    assert.deepEqual(cards.map(each => each.code), [code]);
    assert.equal(await readQr(visible('.qr img')), code);
    await shot('mine');
    await button('在卡包中查看').click();
    await sheet().getByText(code).waitFor();
    await shot('wallet');
    await sheet().getByRole('button', {name: '返回'}).click();

    await tab('核销');
    await visible('.field.code input').fill(code.replace(/(\d{4})/g, '$1 '));
    await button('核销').click();
    await visible('.notice').getByText('核销成功').waitFor();
    await page.waitForFunction(() => document.querySelector('.field.code input').value === '');
    await shot('staff');
    await visible('.field.code input').fill(code);
    await button('核销').click();
    await visible('.notice.bad').getByText('已核销过').waitFor();
    await shot('staff-again');

    await tab('我的券');
    await card('满百减二十').getByText('已核销').waitFor();
    await card('满百减二十').getByText('核销时间').waitFor();
    assert.equal(await visible('.qr').count(), 0);
    await shot('redeemed');
    const consumed = await all.shop.wechat('/card/code/get', {code, check_consume: false});
    assert.equal(consumed.user_card_status, 'CONSUMED');
    // The browser itself reports the one answer that was a refusal.
    assert.deepEqual(problems.filter(text => !/status of 409/.test(text)), []);
  });

  it('knows a claim that is cancelled, the limit, and that all is gone', async () => {
    await makeCoupon('限量券', {stock: '1'});
    await tab('领券');
    await card('限量券').getByRole('button', {name: '立即领取'}).click();
    await sheet().getByRole('button', {name: '取消'}).click();
    await visible('.notice').getByText('已取消领取').waitFor();
    await shot('cancelled');
    assert.equal(await visible('.notice.bad').count(), 0);

    await makeCoupon2('限领券');
    await claim('限领券');
    await visible('.notice').getByText('已放入卡包').waitFor();
    await claim('限领券');
    await sheet().getByText('已达领取上限').waitFor();
    await shot('limit');
    await sheet().getByRole('button', {name: '返回'}).click();
    await visible('.notice.bad').getByText('已达领取上限').waitFor();

    await claim('限量券');
    await visible('.notice').getByText('已放入卡包').waitFor();
    const alice = page;
    page = await newPage('bob');
    await claim('限量券');
    await sheet().getByText('已领完').waitFor();
    await shot('gone');
    await sheet().getByRole('button', {name: '返回'}).click();
    await visible('.notice.bad').getByText('已领完').waitFor();
    assert.deepEqual(problems, []);
    await alice.context().close();
  });

  /** A second coupon on a page that has the token and the pictures already. */
  async function makeCoupon2(title) {
    await tab('商家');
    await fill('title', title);
    await fill('stock', '5');
    await button('创建优惠券').click();
    await visible('.made').filter({hasText: title}).waitFor();
  }

  it('shows a coupon that can no longer be claimed by its title', async () => {
    await makeCoupon('下架券');
    await claim('下架券');
    await visible('.notice').getByText('已放入卡包').waitFor();
    const {cards: [{card_id: cardId}]} = await all.shop.get('/_mock/v1/users/alice/wallet?limit=200')
      .then(({cards}) => ({cards: cards.filter(each => each.title === '下架券')}));
    const {coupons} = await all.admin('GET', '/admin/v1/coupons?limit=100');
    await all.admin('DELETE', `/admin/v1/coupons/${coupons.find(each => each.card_id === cardId).id}`);
    await tab('领券');
    await button('刷新').click();
    await card('下架券').waitFor({state: 'detached'});
    await tab('我的券');
    await card('下架券').getByText('可使用').waitFor();
    await card('下架券').locator('.brand').filter({hasText: /\S/}).waitFor();
    assert.equal(await visible('.card').filter({hasText: cardId}).count(), 0);
    await shot('withdrawn');
    assert.deepEqual(problems, []);
  });

  it('shows why a signature is wrong', async () => {
    await makeCoupon('签名券');
    await page.route('**/card-ext', async route => {
      const answer = await route.fetch();
      const item = await answer.json();
      const ext = JSON.parse(item.cardExt);
      ext.nonce_str = `${ext.nonce_str.slice(1)}x`;
      await route.fulfill({response: answer, json: {...item, cardExt: JSON.stringify(ext)}});
    });
    await claim('签名券');
    await sheet().getByText('签名错误').waitFor();
    await sheet().getByText('模拟服务说明').waitFor();
    await shot('signature');
    const href = await sheet().getByRole('link', {name: '查看原因'}).getAttribute('href');
    const id = /#\/requests\/(claim-\d+)$/.exec(href)[1];
    const explained = await all.shop.get(`/_mock/v1/explain/${id}`);
    assert.match(explained.rule, /^WX-SIG-/);
    assert.notEqual(explained.signature.expected, explained.signature.received);
    await sheet().getByRole('button', {name: '返回'}).click();
    await visible('.notice').getByText('已取消领取').waitFor();
    assert.deepEqual(problems, []);
  });

  it('says so when WeChat is away, and when a token is wrong', async () => {
    await tab('核销');
    await visible('.token input').fill('not-the-token');
    await button('进入').click();
    await visible('.field.code input').fill('123456789012');
    await button('核销').click();
    await page.getByText('口令不正确').filter({visible: true}).waitFor();
    await shot('wrong-token');
    await makeCoupon('故障券');
    await claim('故障券');
    await visible('.notice').getByText('已放入卡包').waitFor();
    await tab('我的券');
    const code = await card('故障券').locator('.code').getAttribute('data-code');
    await all.shop.post('/_mock/v1/faults', {path: '/card/code/consume', errcode: 40056, times: 1});
    await tab('核销');
    await visible('.field.code input').fill(code);
    await button('核销').click();
    await visible('.notice.bad').waitFor();
    await shot('fault');
    await button('核销').click();
    await visible('.notice').getByText('核销成功').waitFor();
  });

  it('speaks English at the press of a button, and goes on doing so', async () => {
    await makeCoupon('双语券');
    await tab('领券');
    await button('English').click();
    await tab('Coupons');
    await card('双语券').getByRole('button', {name: 'Claim'}).click();
    await sheet().getByRole('button', {name: 'Add to Cards'}).click();
    await visible('.notice').getByText('Added to your cards').waitFor();
    assert.equal(await page.title(), 'Coupons');
    await shot('english-coupons');
    await page.reload();
    await tab('Mine');
    await card('双语券').getByText('Ready to use').waitFor();
    await shot('english-mine');
    await tab('Redeem');
    await button('Redeem').waitFor();
    await shot('english-staff');
    await tab('Shop');
    await button('Make the coupon').waitFor();
    await shot('english-admin');
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
    await button('中文').click();
    await button('创建优惠券').waitFor();
    assert.deepEqual(problems, []);
  });

  it('is another customer when one is picked', async () => {
    await makeCoupon('换人券');
    await claim('换人券');
    await visible('.notice').getByText('已放入卡包').waitFor();
    await button('用户 alice ▾').click();
    await page.locator('.uni-picker-custom, .uni-picker-container').filter({visible: true}).first().waitFor();
    await shot('picker');
    await page.goto(`${all.url}/?user=carol`);
    await button('用户 carol ▾').waitFor();
    await tab('我的券');
    await visible('.empty').getByText('还没有优惠券').waitFor();
  });

  it('has no serious fault that axe finds', async () => {
    await makeCoupon('无障碍券');
    assert.deepEqual(await seriousFaults(), []);
    await tab('领券');
    await card('无障碍券').getByRole('button', {name: '立即领取'}).click();
    await sheet().getByRole('button', {name: '添加到卡包'}).waitFor();
    assert.deepEqual(await seriousFaults(), []);
    await sheet().getByRole('button', {name: '添加到卡包'}).click();
    await visible('.notice').getByText('已放入卡包').waitFor();
    for (const [name, wanted] of [['我的券', '.qr'], ['核销', '.field.code input']]) {
      await tab(name);
      await visible(wanted).first().waitFor();
      assert.deepEqual(await seriousFaults(), []);
    }
  });

  it('is used with the keyboard', async () => {
    await makeCoupon('键盘券');
    await tab('领券');
    await card('键盘券').getByRole('button', {name: '立即领取'}).focus();
    await page.keyboard.press('Enter');
    await sheet().getByRole('button', {name: '添加到卡包'}).waitFor();
    await page.keyboard.press('Enter');
    await visible('.notice').getByText('已放入卡包').waitFor();
  });

  /** Reads a QR code in the browser, where it can. */
  async function readQr(image) {
    return image.evaluate(async element => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [element.naturalWidth, element.naturalHeight];
      const context = canvas.getContext('2d');
      context.drawImage(element, 0, 0);
      globalThis.qrPixels = context.getImageData(0, 0, canvas.width, canvas.height);
      return {width: canvas.width, data: [...globalThis.qrPixels.data]};
    }).then(async ({width, data}) => {
      const {default: jsQR} = await import('jsqr');
      const found = jsQR(new Uint8ClampedArray(data), width, data.length / 4 / width);
      return found && found.data;
    });
  }
});
