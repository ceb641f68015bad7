// The page at the control port's address, as a user of the gateway meets it.
import assert from 'node:assert/strict';

import { accessible, fresh, given, test } from './browser.mjs';

async function keyOf(api) {
  const name = fresh('reader');
  await api('POST', 'users', { name, opening: '12.50' });
  const { key } = await api('POST', `users/${name}/token`, { terms: { limits: { requests_per_minute: 60 }, models: ['claude-*'] } });
  return { name, key };
}

for (const theme of ['light', 'dark']) {
  test(`a token is checked, and nobody is shut out (${theme})`, { as: null, theme }, async ({ page, api }) => {
    const { name, key } = await keyOf(api);
    await page.goto('/');
    await page.getByLabel('Your token').fill(key);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('This token is valid.').waitFor();
    const told = await page.locator('#result').innerText();
    for (const part of [name, '$12.50', 'claude-*', 'requests_per_minute', '60']) assert.ok(told.includes(part), `${part} in ${told}`);
    await accessible(page);
    await page.screenshot({ path: `${given.screenshots}/setup page ${theme}.png`, fullPage: true });
  });
}

test('a token that is none is told so, and its text is nowhere', { as: null }, async ({ page }) => {
  await page.goto('/');
  await page.getByLabel('Your token').fill('<img src=x onerror=alert(1)>');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('This token is not valid here.').waitFor();
  assert.ok(!(await page.locator('main').innerHTML()).includes('onerror'));
});

test('a gateway that is away is told', { as: null }, async ({ page, context }) => {
  await page.goto('/');
  await page.getByLabel('Your token').fill('mg-anything');
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('The gateway did not answer.').waitFor();
});

test('every client has instructions with this address', { as: null }, async ({ page }) => {
  await page.goto('/');
  const names = await page.getByLabel('Client', { exact: true }).locator('option').allInnerTexts();
  assert.ok(names.length >= 14);
  const address = new URL(given.http);
  for (const name of names) {
    await page.getByLabel('Client', { exact: true }).selectOption(name);
    assert.ok((await page.locator('#snippet').innerText()).includes(`:${address.port}`), name);
  }
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied.').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.locator('#snippet').textContent());
});

test('both languages, and the choice is kept', { as: null, language: 'zh' }, async ({ page }) => {
  await page.goto('/');
  await page.getByRole('heading', { name: '检查令牌' }).waitFor();
  await accessible(page);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Check a token' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Check a token' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
});
