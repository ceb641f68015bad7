// Upstream accounts, token cache, prices.
import assert from 'node:assert/strict';

import { fresh, open, settled, test } from './browser.mjs';

const dialog = (page) => page.getByRole('dialog');
const sure = (page, name) => page.getByRole('alertdialog').getByRole('button', { name, exact: true }).click();
const act = async (page, of, deed) => {
  await page.getByRole('button', { name: `Actions for ${of}`, exact: true }).click();
  await page.getByRole('menuitem', { name: deed, exact: true }).click();
};

test('an account comes in by a dropped key file, is switched off and taken out', async ({ page, api }) => {
  const name = fresh('dropped');
  await open(page, 'accounts');
  await page.getByRole('button', { name: 'Add account' }).first().click();
  const drop = (text, file) => dialog(page).getByRole('group', { name: /key files/ }).locator('input[type=file]')
    .setInputFiles({ name: file, mimeType: 'application/json', buffer: Buffer.from(text) });
  await drop('no json', 'broken.json');
  await dialog(page).getByText('broken.json is not JSON.').waitFor();
  await drop(JSON.stringify({ type: 'gemini_api_key', api_key: 'sk-test-of-the-console-1234' }), `${name}.json`);
  await dialog(page).getByRole('button', { name: 'Add a model' }).click();
  await dialog(page).getByLabel('Model 1').fill('console-test-*');
  await dialog(page).getByRole('button', { name: 'Add the account' }).click();
  await page.getByText(/ was added\./).waitFor();
  const stored = (await api('GET', 'upstream-accounts')).accounts.find((account) => account.name.startsWith(name));
  assert.ok(stored);
  assert.ok(!(await page.content()).includes('sk-test-of-the-console-1234'));
  await settled(page);
  await act(page, stored.name, 'Disable');
  await sure(page, 'Disable');
  await page.getByText(/is disabled/).first().waitFor();
  await act(page, stored.name, 'Delete');
  await sure(page, 'Delete');
  await page.getByText(`Deleted ${stored.name}.`).waitFor();
});

test('the connection of an account is tested from its page', async ({ page }) => {
  await open(page, 'accounts');
  await page.getByRole('link', { name: 'anthropic-main.json' }).click();
  await page.getByRole('heading', { name: 'anthropic-main.json', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('Last test').waitFor();
});

test('a token is dropped after a question', async ({ page, api }) => {
  await open(page, 'tokens');
  const { tokens } = await api('GET', 'tokens');
  assert.ok(tokens.length >= 1);
  assert.ok(tokens[0].hint.length < 16, 'only its last characters');
  await page.getByRole('button', { name: `Drop the token: ${tokens[0].account}` }).click();
  await sure(page, 'Drop the token');
  await page.getByText(`Dropped the token of ${tokens[0].account}.`).waitFor();
});

test('a price is added with its first day, changed and deleted', async ({ page, api }) => {
  const model = fresh('model');
  await open(page, 'prices');
  await page.getByRole('button', { name: 'Add a price' }).first().click();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await dialog(page).getByText('A row needs at least one price.').waitFor();
  await dialog(page).getByLabel('Model').fill(model);
  await dialog(page).getByLabel('Name of the row').fill(model);
  await dialog(page).getByLabel('Input', { exact: true }).fill('1,5');
  await dialog(page).getByText(/such as (3.75|12.50)/).first().waitFor();
  await dialog(page).getByLabel('Input', { exact: true }).fill('1.5');
  await dialog(page).getByLabel('Output', { exact: true }).fill('7.5');
  await dialog(page).getByLabel('First day').fill('2026-12-01');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText(`The price of ${model} is saved.`).waitFor();
  const row = async () => (await api('GET', 'prices')).stored.find((one) => one.id === model);
  assert.equal(Number((await row()).input), 1.5);
  assert.match((await row()).effective_from, /^2026-12-01/);
  await page.getByRole('tab', { name: /Your rows/ }).click();
  await act(page, model, 'Edit');
  await dialog(page).getByLabel('Output', { exact: true }).fill('8');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await dialog(page).waitFor({ state: 'hidden' });
  assert.equal(Number((await row()).output), 8);
  await act(page, model, 'Delete');
  await sure(page, 'Delete');
  await page.getByText(`The row ${model} is gone.`).waitFor();
  assert.equal(await row(), undefined);
});

test('a row of the table gets a successor from a day on', async ({ page, api }) => {
  await open(page, 'prices');
  await page.getByRole('searchbox').fill('claude-sonnet-4-5');
  await page.getByRole('button', { name: 'claude-sonnet-4-5', exact: true }).waitFor();
  await act(page, 'claude-sonnet-4-5', 'New price…');
  const from = await dialog(page).getByLabel('First day').inputValue();
  await dialog(page).getByLabel('Input', { exact: true }).fill('2.75');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('The price of claude-sonnet-4-5 is saved.').waitFor();
  const stored = (await api('GET', 'prices')).stored;
  const row = stored.find((one) => one.id === `claude-sonnet-4-5-from-${from}`);
  assert.equal(row.input, '2.75');
  assert.ok(row.tiers.length > 0, 'what was not changed is kept');
  await api('PUT', 'prices', { rows: stored.filter((one) => one.id !== row.id) });
});

test('requests are priced again, and the number is told', async ({ page }) => {
  await open(page, 'prices');
  await page.getByRole('button', { name: 'Price again…' }).click();
  await dialog(page).getByLabel('From').fill('2020-01-01');
  await dialog(page).getByLabel(/^To/).fill('2019-01-01');
  await dialog(page).getByText('It must end after its first day.').waitFor();
  await dialog(page).getByLabel(/^To/).fill('2020-01-02');
  await dialog(page).getByRole('button', { name: 'Price again', exact: true }).click();
  await dialog(page).getByText('Done: 0 requests').waitFor();
});
