// One browser a test file, a fresh page a case. A case fails too when the page threw an error, broke its own security
// policy or asked anybody but the gateway.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test as nodeTest } from 'node:test';

import { chromium } from 'playwright-core';

export const given = JSON.parse(readFileSync(process.env.MOONGATE_TEST_SURROUNDINGS, 'utf8'));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const slower = given.slower ?? 1;

const browser = await chromium.launch({
  executablePath: given.chromium,
  args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-dev-shm-usage'],
});
after(() => browser.close());

/** Cookies of somebody who has signed in, by name; each signs in once a file. */
const sessions = new Map();

async function sessionOf(name) {
  if (!sessions.has(name)) {
    const context = await browser.newContext({ baseURL: given.control });
    const credentials = name === 'admin' ? { admin_token: given.admin_token } : { name, password: given.people[name] };
    const answer = await context.request.post('/api/auth/login', { data: { ...credentials, cookie: true } });
    assert.equal(answer.status(), 200, await answer.text());
    sessions.set(name, await context.storageState());
    await context.close();
  }
  return sessions.get(name);
}

// In the page: what broke its policy, with more than the browser's own message tells. What Chromium itself puts into an
// editable line when a selection is typed over is styled; it is refused, as it should be, and the editor draws its own.
function tellViolations() {
  document.addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, sourceFile, lineNumber, blockedURI, target } = event;
    if (effectiveDirective === 'style-src-attr' && target instanceof Element && target.closest('.cm-line')) return;
    console.error(`${effectiveDirective} is broken: ${blockedURI} ${sourceFile}:${lineNumber} ${target?.outerHTML?.slice(0, 200)}`);
  });
}

const kHarmless = [
  /violates the following Content Security Policy directive/,
  // The browser's own notice of answers such as 401 and 404, which the cases provoke.
  /^Failed to load resource: the server responded with a status of/,
  /^Failed to load resource: net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|FAILED)/,
  /WebSocket connection to .* failed/,
];

/** test('…', { as: 'admin' | 'otto' | 'vera' | null, language, theme }, async ({ page, context, api }) => …) */
export function test(name, options, run) {
  if (typeof options === 'function') return test(name, {}, options);
  const { as = 'admin', language = 'en', theme = 'light', skip = false, seconds = 40, viewport = { width: 1280, height: 900 } } = options;
  return nodeTest(name, { timeout: seconds * 1000 * slower, skip }, async () => {
    const context = await browser.newContext({
      baseURL: given.control, viewport, colorScheme: theme, locale: language === 'zh' ? 'zh-CN' : 'en-GB',
      timezoneId: 'UTC', reducedMotion: 'reduce', acceptDownloads: true,
      storageState: as === null ? undefined : await sessionOf(as),
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    context.setDefaultTimeout(8000 * slower);
    await context.addInitScript(tellViolations);
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(`the page threw: ${error.stack ?? error}`));
    page.on('console', (message) => {
      if (message.type() !== 'error' || kHarmless.some((one) => one.test(message.text()))) return;
      complaints.push(`the page complained: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (/^(https?|wss?):$/.test(url.protocol) && url.host !== new URL(given.control).host) complaints.push(`it asked ${url.host}`);
    });
    try {
      await run({ page, context, api: apiOf(context) });
      assert.deepEqual(complaints, []);
    } catch (error) {
      await page.screenshot({ path: `${given.screenshots}/failed ${name.replace(/[^\w -]/g, '')}.png` }).catch(() => undefined);
      if (complaints.length > 0) error.message += `\n${complaints.join('\n')}`;
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** The admin API as an operator's script would use it, for preparing and for looking behind the page. */
function apiOf(context) {
  return async (method, path, data) => {
    const answer = await context.request.fetch(`/api/admin/${path}`, {
      method, data, headers: { Authorization: `Bearer ${given.admin_token}`, Cookie: '' },
    });
    const text = await answer.text();
    assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

/** Opens a page of the console and waits until it shows what it read. */
export async function open(page, path, heading) {
  await page.goto(`/admin/${path}`);
  const title = page.getByRole('heading', { level: 1 });
  await title.waitFor();
  if (heading) assert.match(await title.innerText(), heading);
  await settled(page);
}

/** Nothing is being read any more. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
}

/** No serious or critical fault of accessibility (axe's own grading). */
export async function accessible(page) {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return found.filter((one) => one.impact === 'serious' || one.impact === 'critical')
      .map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 4).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
  });
  assert.deepEqual(violations, []);
}

let made = 0;
/** A name that no other case of this run uses. */
export const fresh = (word) => `${word}-${process.pid}-${(made += 1)}`;
