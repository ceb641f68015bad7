// The one place of these tests that lets time pass: waiting for something to become true, with a deadline.
import { setTimeout as pause } from 'node:timers/promises';

import { slower } from './surroundings.mjs';

export async function waitUntil(condition, what, seconds = 5) {
  const end = performance.now() + seconds * 1000 * slower;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`not within ${seconds * slower} s: ${what}`);
    await pause(3);
  }
}
