// The console and the shop side by side in one browser: what a tester sets in the one is seen in the other.

import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';

import {ADMIN_TOKEN, startAll} from './support.js';

describe('the console beside the shop', () => {
  let all;
  let context;
  let shop;
  let testers;
  before(async () => {
    all = await startAll();
    context = await all.browser.newContext({viewport: {width: 1280, height: 860}, locale: 'zh-CN', timezoneId: 'Asia/Shanghai'});
    context.setDefaultTimeout(10_000);
    shop = await context.newPage();
    await shop.goto(`${all.url}/?user=alice`);
    testers = await context.newPage();
  });
  after(() => all.stop());

  const visible = selector => shop.locator(selector).filter({visible: true});
  const button = name => shop.getByRole('button', {name, exact: true}).filter({visible: true});
  const tab = name => shop.locator('.uni-tabbar__label', {hasText: new RegExp(`^${name}$`)}).click();
  const openConsole = route => testers.goto(`${all.shop.url}/_mock/#${route}`);

  async function makeCoupon(title) {
    await shop.bringToFront();
    await tab('商家');
    await visible('.token input, .field-title input').first().waitFor();
    if (await visible('.token input').count()) {
      await visible('.token input').fill(ADMIN_TOKEN);
      await button('进入').click();
    }
    for (const field of ['logo', 'cover', 'photo']) {
      const box = visible(`.${field}-field`);
      await box.waitFor();
      if (await box.getByText('已上传').count()) continue;
      await box.getByRole('button', {name: '使用示例图片'}).click();
      await box.getByText('已上传').waitFor();
    }
    await visible('.field-title input').fill(title);
    await button('创建优惠券').click();
    await visible('.made').filter({hasText: title}).waitFor();
  }

  async function begin(title) {
    await shop.bringToFront();
    await tab('领券');
    await button('刷新').click();
    await visible('.card').filter({hasText: title}).getByRole('button', {name: '立即领取'}).click();
  }

  async function claim(title, user) {
    await begin(title);
    await shop.getByRole('dialog').getByRole('button', {name: '添加到卡包'}).click();
    await visible('.notice').getByText('已放入卡包').waitFor();
    const {cards} = await all.shop.get(`/_mock/v1/users/${user}/wallet?limit=200`);
    assert.equal(cards.filter(card => card.title === title).length, 1);
  }

  it('shows the shop a fault that the console sets, until the console takes it back', async () => {
    await makeCoupon('故障时领取');
    await testers.bringToFront();
    await openConsole('/faults');
    await testers.getByRole('combobox', {name: '哪个接口'}).fill('/sns/jscode2session');
    await testers.getByRole('option', {name: '/sns/jscode2session'}).first().click();
    await testers.getByLabel('次数').fill('');
    await testers.locator('[data-test=fault-set]').click();
    await testers.locator('[data-test=hits]', {hasText: '已触发 0 次'}).waitFor();

    // A customer who has no session yet: the shop logs them in before it shows what they can claim.
    await shop.bringToFront();
    await shop.goto(`${all.url}/?user=bob`);
    await shop.getByText('微信暂时没有响应，请稍后重试').filter({visible: true}).first().waitFor();
    assert.equal(await button('立即领取').count(), 0);

    await testers.bringToFront();
    await testers.locator('[data-test=hits]', {hasText: /已触发 [1-9]\d* 次/}).waitFor();
    await testers.getByRole('button', {name: '全部清除'}).click();
    await testers.getByText('没有设置故障').waitFor();
    await claim('故障时领取', 'bob');
  });

  it('says why a claim fails when the console has moved the clock past the end of the ticket, and claims when it is back', async () => {
    await makeCoupon('票据过期时领取');
    await begin('票据过期时领取');
    await shop.getByRole('dialog').getByRole('button', {name: '取消'}).click();
    const {tickets} = await all.shop.get('/_mock/v1/accounts/wx00000000000000a0/credentials');
    const end = tickets.find(each => each.type === 'wx_card').expires_at;

    await testers.bringToFront();
    await openConsole('/clock');
    await testers.locator('.ends li', {hasText: 'wx_card ticket'}).getByRole('button').click();
    await testers.waitForFunction(() => !document.querySelector('.ends')?.textContent.includes('wx_card ticket'));
    assert.ok((await all.shop.get('/_mock/v1/clock')).now >= end);

    // The backend keeps real time, by which its ticket still lives.
    await begin('票据过期时领取');
    await shop.getByRole('dialog').getByRole('button', {name: '添加到卡包'}).click();
    await shop.getByRole('dialog').getByText('签名错误').waitFor();
    await shop.getByRole('dialog').getByText('使用了已过期的 ticket').waitFor();
    await shop.getByRole('dialog').getByRole('button', {name: '返回'}).click();

    await testers.bringToFront();
    const before = new Date((end - 3_600) * 1_000).toLocaleString('sv-SE', {timeZone: 'Asia/Shanghai'}).replace(' ', 'T');
    await testers.locator('#clock-set').fill(before);
    await testers.locator('form', {has: testers.locator('#clock-set')}).getByRole('button').click();
    await testers.locator('.ends li', {hasText: 'wx_card ticket'}).waitFor();
    await claim('票据过期时领取', 'bob');
  });
});
