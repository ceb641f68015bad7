// What is seen: overview, requests live and found again, usage, audit, system.
import assert from 'node:assert/strict';

import { given, fresh, open, settled, test } from './browser.mjs';

const ask = (context, text, token = given.client_token) => context.request.post(`${given.http}/v1/messages`, {
  headers: { 'x-api-key': token, Cookie: '' },
  data: { model: 'claude-sonnet-4-5', max_tokens: 50, messages: [{ role: 'user', content: text }] },
});

test('the overview shows what happens now and how the accounts are', async ({ page }) => {
  await open(page, '', /Overview/);
  await page.getByText('Requests per minute').waitFor();
  await page.getByText('anthropic-main.json').first().waitFor();
});

test('a request appears in the live tail, and leads to its decisions', async ({ page, context }) => {
  await open(page, 'requests');
  await page.getByText('Live', { exact: true }).last().waitFor();
  const row = page.locator('tbody tr', { hasText: 'web-team' }).first();
  await ask(context, 'hello');
  await row.waitFor();
  await row.getByText('200').waitFor();
  await row.getByRole('link').click();
  await page.getByRole('heading', { name: 'Decisions' }).waitFor();
  await page.getByText(/by a client token of the map/).waitFor();
  await page.getByRole('heading', { name: 'Attempts' }).waitFor();
  await page.getByRole('heading', { name: 'Where the time went' }).waitFor();
  await page.getByText('Bodies are not kept.').waitFor();
});

test('the live tail pauses, goes on and filters', async ({ page, context }) => {
  await open(page, 'requests');
  await page.getByText('Live', { exact: true }).last().waitFor();
  await ask(context, 'first');
  await page.locator('tbody tr').first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await ask(context, '[[sim: status=400]]');
  await page.getByText(/Paused, [1-9]\d* new/).waitFor();
  assert.equal(await page.locator('tbody tr', { hasText: '400' }).count(), 0);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.locator('tbody tr', { hasText: '400' }).first().waitFor();
  await page.getByLabel('Status').selectOption('4xx');
  await page.waitForURL(/status=4xx/);
  await page.getByText('Waiting for the first request').waitFor();
  await page.getByText('Live', { exact: true }).last().waitFor();
  await ask(context, 'good');
  await ask(context, '[[sim: status=400]]');
  await page.locator('tbody tr', { hasText: '400' }).first().waitFor();
  assert.equal(await page.locator('tbody tr', { hasText: '200' }).count(), 0);
});

test('ten thousand requests are searched on the server, page after page', async ({ page }) => {
  await open(page, 'requests?tab=search');
  assert.equal(await page.locator('tbody tr').count(), 50);
  await page.getByRole('button', { name: 'Load more' }).click();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 100);
  await page.getByLabel('Client', { exact: true }).fill('coding-agents');
  await page.getByLabel('Status').selectOption('429');
  await page.waitForURL(/status=429/);
  await settled(page);
  await page.waitForFunction(() => [...document.querySelectorAll('tbody tr')].every((row) => row.innerText.includes('coding-agents') && row.innerText.includes('429')));
  await page.getByRole('link').filter({ hasText: /20\d\d/ }).first().click();
  await page.getByText('Decisions are kept for the latest requests').waitFor();
});

test('a request that nobody knows is told', async ({ page }) => {
  await page.goto('/admin/requests/no-such-request');
  await page.getByText('This request is not known').waitFor();
});

test('bodies are kept for a while when an administrator asks, and shown to administrators', async ({ page, context, api }) => {
  const name = fresh('captured');
  await api('POST', 'clients', { name });
  const { key } = await api('POST', 'keys', { client: name });
  await open(page, `clients/${name}`);
  await page.getByRole('button', { name: 'Start capture' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Start capture' }).click();
  await page.getByText(`Bodies of ${name} are kept now.`).waitFor();
  const answer = await ask(context, 'a secret word: xylophone', key);
  const id = answer.headers()['x-moongate-request-id'];
  await open(page, `requests/${id}`);
  await page.getByText('xylophone').first().waitFor();
  await open(page, `clients/${name}`);
  await page.getByRole('button', { name: 'Stop now' }).click();
  await page.getByText(`Bodies of ${name} are no longer kept.`).waitFor();
});

test('usage is summed by model, client and day, and downloads as CSV', async ({ page }) => {
  await open(page, 'usage');
  await page.getByRole('cell', { name: 'claude-sonnet-4-5', exact: true }).first().waitFor();
  await page.getByRole('figure', { name: /Cost over time/ }).waitFor();
  await page.getByLabel('By', { exact: true }).selectOption('client');
  await page.getByRole('cell', { name: 'coding-agents', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Actions for coding-agents' }).click();
  await page.getByRole('menuitem', { name: 'Only coding-agents' }).click();
  await page.getByRole('button', { name: /Only client: coding-agents/ }).waitFor();
  await settled(page);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  const file = await (await download).createReadStream();
  let text = '';
  for await (const piece of file) text += piece;
  assert.match(text, /^day,model,requests,/);
  assert.ok(text.split('\n').length > 20, text.slice(0, 200));
  await page.getByLabel('By', { exact: true }).selectOption('day');
  await page.getByLabel('Time', { exact: true }).selectOption('7d');
  await settled(page);
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length >= 7);
});

test('every change is in the audit log, without secrets', async ({ page, api }) => {
  const name = fresh('audited');
  await api('POST', 'users', { name, password: 'never to be seen anywhere' });
  await open(page, 'audit');
  await page.getByText(name).first().waitFor();
  assert.ok(!(await page.content()).includes('never to be seen anywhere'));
});

test('the system page shows health and the settings in force', async ({ page }) => {
  await open(page, 'system');
  await page.getByText('Database').first().waitFor();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('searchbox').fill('listen.control');
  await page.getByText('listen.control').first().waitFor();
});
