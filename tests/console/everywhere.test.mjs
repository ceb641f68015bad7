// What holds on every page: viewers change nothing, Chinese is complete, a telephone's width is enough.
import assert from 'node:assert/strict';

import { given, open, settled, test } from './browser.mjs';
import { places } from './places.mjs';

const pages = places.filter(({ path }) => path !== 'playground');
const kDeeds = /^(create\b|add\b|save|delete|remove|activate|restore|drop|top up|send|start capture|stop now|test the connection|run the tests|price again|new |mark as read|set a password|generate|discard)/i;

test('a viewer sees no button that changes anything', { as: 'vera', seconds: 90 }, async ({ page }) => {
  for (const { path, ready } of pages) {
    await open(page, path);
    if (ready) await page.locator(ready).first().waitFor();
    await settled(page);
    const buttons = await page.locator('main').getByRole('button').evaluateAll((all) =>
      all.filter((one) => one.checkVisibility() && !one.disabled && !one.closest('fieldset:disabled'))
        .map((one) => (one.getAttribute('aria-label') ?? one.innerText).trim()));
    assert.deepEqual(buttons.filter((name) => kDeeds.test(name)), [], `/admin/${path}`);
  }
  await open(page, 'playground');
  assert.equal(await page.getByRole('button', { name: 'Send' }).count(), 0);
});

test('an operator changes the rules, and neither people nor money', { as: 'otto' }, async ({ page }) => {
  await open(page, 'routes');
  await page.getByRole('button', { name: 'Add a client' }).waitFor();
  await open(page, 'users');
  assert.equal(await page.getByRole('button', { name: 'Create user' }).count(), 0);
  await open(page, 'prices');
  assert.equal(await page.getByRole('button', { name: 'Add a price' }).count(), 0);
});

test('every page speaks Chinese', { language: 'zh', seconds: 90 }, async ({ page }) => {
  for (const { path, zh, en, ready } of places.filter((place) => place.en)) {
    await open(page, path, zh && new RegExp(`^${zh}$`));
    if (ready) await page.locator(ready).first().waitFor();
    await settled(page);
    assert.match(await page.locator('main h1').innerText(), /\p{Script=Han}/u, path);
    const shown = await page.locator('main').innerText();
    assert.ok(!new RegExp(`^${en}$`, 'm').test(shown), `${path} has "${en}"`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  }
});

test('every page fits a telephone', { viewport: { width: 390, height: 844 }, seconds: 90 }, async ({ page }) => {
  for (const { name, path, ready } of places) {
    await open(page, path);
    if (ready) await page.locator(ready).first().waitFor();
    await settled(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) await page.screenshot({ path: `${given.screenshots}/failed telephone ${name}.png` });
    assert.ok(wide <= 0, `${path}: ${wide} pixels too wide`);
  }
});
