// The map and the policy: edited, refused, put in force, rolled back; what-if; the playground.
import assert from 'node:assert/strict';

import { fresh, open, test } from './browser.mjs';

const dialog = (page) => page.getByRole('dialog');
const sure = (page, name) => page.getByRole('alertdialog').getByRole('button', { name, exact: true }).click();
const editor = (page, name) => page.getByRole('textbox', { name: `Editor: ${name}` });

async function replace(page, name, text) {
  await editor(page, name).click();
  await page.keyboard.press('Control+a');
  // As pasted: typed, the editor would close brackets by itself.
  await page.keyboard.insertText(text);
}

test('a client is added to the map by the form, is in force at once, and an earlier version comes back', async ({ page, api }) => {
  const name = fresh('mapped');
  const before = (await api('GET', 'map')).text;
  await open(page, 'routes');
  const clients = page.getByRole('region', { name: 'Clients' });
  await clients.getByRole('button', { name: 'Add a client' }).click();
  const entry = clients.locator('details[open]');
  await entry.getByLabel('Name', { exact: true }).fill('not a name');
  await page.getByText(/\d errors?/).first().waitFor();
  assert.ok(await page.getByRole('button', { name: 'Save and use' }).isDisabled());
  await entry.getByLabel('Name', { exact: true }).fill(name);
  await entry.getByLabel('Requests a minute').fill('5');
  const save = page.getByRole('button', { name: 'Save and use' });
  await page.getByText(/\d errors?/).first().waitFor({ state: 'hidden' });
  await save.click();
  await dialog(page).getByLabel(/^Note/).fill('by a test');
  await dialog(page).getByRole('button', { name: 'Save and use' }).click();
  await page.getByText('The map is saved and in force.').waitFor();
  const map = JSON.parse((await api('GET', 'map')).text);
  const added = map.clients.find((client) => client.name === name);
  assert.equal(added.limits.requests_per_minute, 5);
  assert.match(added.client_token, /^\*\*\*/, 'tokens are masked');

  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByText('by a test').waitFor();
  await page.locator('tbody tr').nth(1).getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Restore…' }).click();
  await sure(page, 'Restore');
  await page.getByText(/is in force again/).waitFor();
  assert.equal((await api('GET', 'map')).text, before);
});

test('a mistake in the text of the map is told with its place, and cannot be saved', async ({ page, api }) => {
  const { text } = await api('GET', 'map');
  await open(page, 'routes?tab=text');
  await editor(page, 'Routes').waitFor();
  await replace(page, 'Routes', text.replace('"clients"', '"client"'));
  await page.getByText(/the nearest known one is clients/).first().waitFor();
  await replace(page, 'Routes', '{"clients": [}');
  await page.getByText(/1 error/).first().waitFor();
  assert.ok(await page.getByRole('button', { name: 'Save and use' }).isDisabled());
  await page.getByRole('tab', { name: 'Form' }).click();
  await page.getByText('there is no form').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  await sure(page, 'Discard');
  await page.getByRole('region', { name: 'Clients' }).getByText('web-team', { exact: true }).waitFor();
});

test('leaving with unsaved changes asks', async ({ page, api }) => {
  const { text } = await api('GET', 'map');
  await open(page, 'routes?tab=text');
  await editor(page, 'Routes').waitFor();
  await replace(page, 'Routes', `${text}\n`);
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Routes', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await sure(page, 'Leave');
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor();
});

test('what-if tells which account would serve a client, and why', async ({ page }) => {
  await open(page, 'routes?tab=what-if');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByText('Say who asks.').waitFor();
  await page.getByLabel('Client', { exact: true }).fill('web-team');
  await page.getByLabel('Model', { exact: true }).fill('claude-sonnet-4-5');
  await page.getByRole('button', { name: 'Ask' }).click();
  await page.getByRole('cell', { name: /anthropic-main.json|simulator-vertex-claude/ }).first().waitFor();
  await page.getByText('chosen').first().waitFor();
});

test('the policy is edited, checked, tested and activated, and rolled back', { seconds: 90 }, async ({ page, api }) => {
  const original = (await api('GET', 'policy')).files.find((file) => file.name === 'privacy.lua').text;
  await open(page, 'policy?file=privacy.lua');
  await editor(page, 'privacy.lua').waitFor();
  await replace(page, 'privacy.lua', 'return {');
  await page.getByRole('region', { name: 'Problems' }).getByText(/privacy.lua, line \d+/).first().waitFor();
  await page.getByRole('button', { name: 'Activate…' }).click();
  await dialog(page).getByRole('button', { name: 'Activate' }).click();
  await dialog(page).getByRole('alert').waitFor();
  await page.keyboard.press('Escape');
  assert.equal((await api('GET', 'policy')).files.find((file) => file.name === 'privacy.lua').text, original);

  await replace(page, 'privacy.lua', `-- by a test\n${original}`);
  await page.getByText('The gateway can load it.').first().waitFor();
  await page.getByRole('button', { name: 'Run the tests' }).click();
  await page.getByText(/\d+ tests passed\./).waitFor({ timeout: 30_000 });
  await page.getByRole('tab', { name: /Changes/ }).click();
  await page.locator('.cm-changedLine, .cm-insertedLine').first().waitFor();
  await page.getByRole('button', { name: 'Activate…' }).click();
  await dialog(page).getByLabel(/^Note/).fill('a remark');
  await dialog(page).getByRole('button', { name: 'Activate' }).click();
  await page.getByText('The policy is active.').waitFor();
  assert.match((await api('GET', 'policy')).files.find((file) => file.name === 'privacy.lua').text, /^-- by a test/);

  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByText('a remark').waitFor();
  await page.locator('tbody tr').nth(1).getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: 'Activate again…' }).click();
  await sure(page, 'Activate');
  await page.getByText(/is active again/).waitFor();
  assert.equal((await api('GET', 'policy')).files.find((file) => file.name === 'privacy.lua').text, original);
});

test('a file of the policy is added, and its change taken back', async ({ page }) => {
  await open(page, 'policy');
  await page.getByRole('button', { name: 'New file' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('../up.lua');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await dialog(page).getByText('ending in .lua').waitFor();
  await dialog(page).getByLabel('Name', { exact: true }).fill('log.lua');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  await editor(page, 'log.lua').waitFor();
  await replace(page, 'log.lua', 'return { log = function() end }\n');
  await page.getByRole('tab', { name: /Changes/ }).getByText('1').waitFor();
  await page.getByRole('button', { name: 'Take the change of log.lua back' }).click();
  await page.getByRole('tab', { name: /Changes/ }).getByText('0').waitFor();
});

for (const dialect of ['anthropic', 'gemini', 'vertex', 'vertex-claude', 'openai']) {
  test(`the playground streams an answer as ${dialect}, and shows the code for it`, async ({ page }) => {
    await open(page, `playground?dialect=${dialect}`);
    await page.getByLabel('Client', { exact: true }).fill('web-team');
    await page.getByLabel('Prompt').fill('one two three');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByRole('region', { name: 'Answer' });
    await answer.getByText(/You said: one two three/).waitFor();
    await answer.getByText('200').waitFor();
    await answer.getByText(/\d+ in, \d+ out/).waitFor();
    const code = await page.getByRole('region', { name: 'curl' }).innerText();
    assert.match(code, /MOONGATE_KEY/);
    assert.match(code, /one two three/);
    await answer.getByRole('link', { name: 'Why it went this way' }).click();
    await page.getByRole('heading', { name: 'Decisions' }).waitFor();
    await page.getByText('authenticate').first().waitFor();
  });
}

test('the playground tells a refusal in the words of the gateway, and does not ask to sign in', async ({ page }) => {
  await open(page, 'playground');
  await page.getByLabel('As', { exact: true }).selectOption('key');
  await page.getByLabel('Key or token').and(page.locator('input')).fill('mg-no-such-key');
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await answer.getByRole('alert').waitFor();
  await answer.getByText('401').first().waitFor();
});
