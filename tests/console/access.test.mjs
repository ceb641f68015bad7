// Clients, keys, users, virtual accounts: made, changed, taken away; wrong input; ten thousand rows.
import assert from 'node:assert/strict';

import { given, fresh, open, settled, test } from './browser.mjs';

const dialog = (page) => page.getByRole('dialog');
const sure = (page, name) => page.getByRole('alertdialog').getByRole('button', { name, exact: true }).click();
const act = async (page, of, deed) => {
  await page.getByRole('button', { name: `Actions for ${of}`, exact: true }).click();
  await page.getByRole('menuitem', { name: deed, exact: true }).click();
};
const secretOf = (page) => page.locator('[data-secret]').innerText();
const find = async (page, name) => {
  await page.getByRole('searchbox').fill(name);
  await page.getByRole('link', { name, exact: true }).waitFor();
  await settled(page);
};

test('a client is made with its key, which works, and taken away with it', async ({ page, context }) => {
  const name = fresh('client');
  await open(page, 'clients');
  await page.getByRole('button', { name: 'Create client' }).first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await dialog(page).getByLabel('Requests per minute').fill('7');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await page.getByText(`Key of ${name}`).waitFor();
  const key = await secretOf(page);
  assert.match(key, /^mg-[\w-]{40}$/);
  const call = () => context.request.post(`${given.http}/v1/messages`, {
    headers: { 'x-api-key': key, Cookie: '' },
    data: { model: 'claude-sonnet-4-5', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] },
  });
  assert.equal((await call()).status(), 200);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await find(page, name);
  await page.getByText('7/min').waitFor();
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await settled(page);
  assert.ok(!(await page.content()).includes(key), 'the key is shown once');
  await act(page, name, 'Delete');
  await sure(page, 'Delete');
  await page.getByText(`Deleted ${name}.`).waitFor();
  assert.equal((await call()).status(), 401);
});

test('a wrong name is told before it is sent, a taken one after', async ({ page }) => {
  await open(page, 'clients');
  await page.getByRole('button', { name: 'Create client' }).first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('has spaces');
  await dialog(page).getByText(/Letters, digits and/).waitFor();
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('client-00007');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await dialog(page).getByRole('alert').waitFor();
  await page.keyboard.press('Escape');
  await sure(page, 'Leave');
  await dialog(page).waitFor({ state: 'hidden' });
});

test('a client is disabled only after a question, and changed on its page', async ({ page, api }) => {
  const name = fresh('switched');
  await api('POST', 'clients', { name });
  await open(page, 'clients');
  await find(page, name);
  await act(page, name, 'Disable');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await api('GET', `clients/${name}`)).enabled, true);
  await act(page, name, 'Disable');
  await sure(page, 'Disable');
  await page.getByText(`${name} is disabled.`).waitFor();
  assert.equal((await api('GET', `clients/${name}`)).enabled, false);
});

test('a key is made for a client, replaced and deleted', async ({ page, api }) => {
  const name = fresh('keyed');
  await api('POST', 'clients', { name });
  await open(page, `clients/${name}`);
  await page.getByRole('button', { name: 'Create key' }).first().click();
  await dialog(page).getByLabel(/What it is for/).fill('the laptop');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await page.locator('[data-secret]').waitFor();
  const first = await secretOf(page);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('button', { name: /^Actions for/ }).last().click();
  await page.getByRole('menuitem', { name: 'New key' }).click();
  await sure(page, 'New key');
  await page.locator('[data-secret]').waitFor();
  assert.notEqual(await secretOf(page), first);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('button', { name: /^Actions for/ }).last().click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await sure(page, 'Delete');
  await page.getByText(/^Deleted/).waitFor();
  assert.deepEqual((await api('GET', `keys?client=${name}`)).keys, []);
});

test('ten thousand clients page and search on the server', async ({ page }) => {
  await open(page, 'clients');
  const foot = page.getByText(/^1–50 of/);
  await foot.waitFor();
  const total = Number((await foot.innerText()).replace(/^.* of /, '').replaceAll(',', ''));
  assert.ok(total >= given.many, `${total}`);
  assert.equal(await page.locator('tbody tr').count(), 50);
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByText(/^51–100 of/).waitFor();
  await page.getByRole('searchbox').fill('client-09999');
  await page.getByRole('link', { name: 'client-09999', exact: true }).waitFor();
  assert.match(page.url(), /search=client-09999/);
  await page.getByRole('searchbox').fill('nothing is called so');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await page.getByText(/^1–50 of/).waitFor();
});

test('a user is made, gets money, and gets a lesser role', async ({ page, api }) => {
  const name = fresh('user');
  await open(page, 'users');
  await page.getByRole('button', { name: 'Create user' }).first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await dialog(page).getByLabel(/E-mail address/).fill('no address');
  await dialog(page).getByText('An e-mail address, such as').waitFor();
  await dialog(page).getByLabel(/E-mail address/).fill(`${name}@example.org`);
  await dialog(page).getByLabel(/^Password/).fill('a long enough password');
  await dialog(page).getByLabel('Role').selectOption('operator');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await page.getByText(`User ${name} was created.`).waitFor();
  await open(page, `users/${name}`);
  await page.getByRole('button', { name: 'Top up' }).click();
  await dialog(page).getByLabel('Amount').fill('12,50');
  await dialog(page).getByText('An amount in dollars').waitFor();
  await dialog(page).getByLabel('Amount').fill('12.50');
  await dialog(page).getByRole('button', { name: 'Top up' }).click();
  await page.getByText(`${name} has $12.50 now.`).waitFor();
  assert.equal(Number((await api('GET', `users/${name}/balance`)).balance), 12.5);
  await page.getByRole('cell', { name: 'Top-up' }).waitFor();
});

test('a user is disabled, never erased', async ({ page, api }) => {
  const name = fresh('leaver');
  await api('POST', 'users', { name });
  await open(page, `users/${name}`);
  await act(page, name, 'Disable');
  await sure(page, 'Disable');
  await page.getByText(`${name} is disabled.`).waitFor();
  assert.equal((await api('GET', `users/${name}`)).enabled, false);
});

test('a virtual service account gives its key file once, again after a rotation, and can be revoked', async ({ page, api }) => {
  const name = fresh('virtual');
  await open(page, 'virtual');
  await page.getByRole('button', { name: 'Create account' }).first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Not Allowed');
  await dialog(page).getByText('Small letters, digits and -').waitFor();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await page.getByText(`Key file of ${name}`).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  assert.equal((await download).suggestedFilename(), `${name}.json`);
  const first = JSON.parse(await secretOf(page));
  assert.equal(first.type, 'service_account');
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await act(page, name, 'New key file');
  await sure(page, 'New key file');
  await page.getByText(`Key file of ${name}`).waitFor();
  assert.notEqual(JSON.parse(await secretOf(page)).private_key_id, first.private_key_id);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await act(page, name, 'Disable');
  await sure(page, 'Disable');
  await page.getByText(`${name} is disabled`).waitFor();
  await act(page, name, 'Delete');
  await sure(page, 'Delete');
  await page.getByText(`Deleted ${name}.`).waitFor();
  assert.ok(!(await api('GET', 'service-accounts/virtual')).accounts.some((account) => account.name === name));
});
