// Every page in one theme: no serious fault of accessibility, nothing wider than the window, and a picture to look at.
import assert from 'node:assert/strict';

import { accessible, given, open, settled, test } from './browser.mjs';
import { places } from './places.mjs';

export function lookAtAll(theme) {
  for (const { name, path, en, ready } of places) {
    test(`${name}, ${theme}`, { theme }, async ({ page }) => {
      await open(page, path, en && new RegExp(`^${en}$`));
      if (ready) await page.locator(ready).first().waitFor();
      await settled(page);
      await page.screenshot({ path: `${given.screenshots}/${name}-${theme}.png`, fullPage: true, animations: 'disabled' });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it scrolls sideways');
      await accessible(page);
    });
  }

  test(`sign-in, ${theme}`, { theme, as: null }, async ({ page }) => {
    await page.goto('/admin/');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.screenshot({ path: `${given.screenshots}/sign-in-${theme}.png` });
    await accessible(page);
  });
}
