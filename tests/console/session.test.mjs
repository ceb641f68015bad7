// Signing in and out, sessions that end, a server that goes away, who may see what.
import assert from 'node:assert/strict';

import { given, fresh, open, settled, test } from './browser.mjs';

const token = (page) => page.getByLabel('Admin token').and(page.locator('input[type=password]'));

test('a wrong token is refused and the right one opens the overview', { as: null }, async ({ page }) => {
  await page.goto('/admin/');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await token(page).fill('not-the-token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await token(page).fill(given.admin_token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
});

test('a person signs in by name and password, and out again', { as: null }, async ({ page }) => {
  await page.goto('/admin/');
  await page.getByText('Name and password').click();
  await page.getByLabel('Name or e-mail address').fill('otto');
  const password = page.locator('input[autocomplete=current-password]');
  await password.fill('wrong password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await password.fill(given.people.otto);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await page.getByRole('button', { name: /otto/ }).first().click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto('/admin/clients');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('who was not signed in comes to the page that was asked for', { as: null }, async ({ page }) => {
  await page.goto('/admin/prices?tab=stored');
  await token(page).fill(given.admin_token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Prices', level: 1 }).waitFor();
  assert.equal(await page.getByRole('tab', { name: /Your rows/ }).getAttribute('aria-selected'), 'true');
});

test('a session that has ended asks for a sign-in and loses nothing', { as: 'ada' }, async ({ page, context, api }) => {
  const name = fresh('typed');
  await open(page, 'clients');
  await page.getByRole('button', { name: 'Create client' }).first().click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(name);
  await context.clearCookies();
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByText('Your session has expired').waitFor();
  await page.getByText('Name and password').click();
  await page.getByLabel('Name or e-mail address').fill('ada');
  await page.locator('input[autocomplete=current-password]').fill(given.people.ada);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText(`Key of ${name}`).waitFor();
  assert.equal((await api('GET', `clients/${name}`)).name, name);
});

test('a lost connection is told, and what was typed waits for it', async ({ page, context }) => {
  const name = fresh('offline');
  await open(page, 'users');
  await page.getByRole('button', { name: 'Create user' }).first().click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(name);
  await context.setOffline(true);
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByText('The gateway does not answer.').waitFor();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  assert.equal(await page.getByRole('dialog').getByLabel('Name', { exact: true }).inputValue(), name);
  await context.setOffline(false);
  await page.getByText('The gateway does not answer.').waitFor({ state: 'hidden', timeout: 20_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByText(`User ${name} was created.`).waitFor();
});

test('who is no more than a user is told that the console is not for them', { as: 'ulla' }, async ({ page }) => {
  await page.goto('/admin/clients');
  await page.getByRole('heading', { name: 'This console is for operators' }).waitFor();
});

test('an unknown page says so and leads back', async ({ page }) => {
  await page.goto('/admin/no-such-page');
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  await page.getByRole('link', { name: 'To the overview' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
});

test('theme and language are chosen and kept', async ({ page }) => {
  await open(page, 'audit');
  await page.getByRole('button', { name: /Account, theme and language/ }).first().click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await page.getByRole('menuitemradio', { name: '简体中文' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: '审计日志', level: 1 }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: '审计日志', level: 1 }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
});

test('pages are reached by the keyboard alone', async ({ page }) => {
  await open(page, '');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await page.getByRole('heading', { name: 'Clients and API keys', level: 1 }).waitFor();
  await settled(page);
  await page.keyboard.press('/');
  await page.keyboard.type('client-00042');
  await page.getByRole('link', { name: 'client-00042' }).waitFor();
});

test('the first load is less than 300 kB compressed', { as: null }, async ({ page }) => {
  const sizes = [];
  page.on('requestfinished', (request) => sizes.push(request.sizes().then((size) => size.responseBodySize + size.responseHeadersSize)));
  await page.goto('/admin/');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await token(page).fill(given.admin_token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await settled(page);
  const whole = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  assert.ok(whole < 300_000, `${whole} bytes`);
});
