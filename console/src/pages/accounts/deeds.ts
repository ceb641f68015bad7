// What can be done to an account, from the list and from its page alike. Each is true when it was done.
import type { Account } from '../../lib/accounts';
import { ask } from '../../lib/confirm.svelte';
import { milliseconds } from '../../lib/format';
import { api } from '../../lib/session.svelte';
import { t as shared } from '../../lib/shared.text';
import { toasts } from '../../lib/toasts.svelte';
import { t } from './text';

export interface TestResult {
  ok: boolean;
  latency_ms: number;
  message: string;
}

const stored = (name: string) => `upstream-accounts/${encodeURIComponent(name)}`;

export async function test(name: string): Promise<TestResult> {
  const result = await api.post<TestResult>(`accounts/${encodeURIComponent(name)}/test`, {});
  if (result.ok) toasts.done(t('test_ok', { name, time: milliseconds(result.latency_ms) }));
  else toasts.failed(t('test_failed', { name, message: result.message }));
  return result;
}

export async function enable(account: Account): Promise<boolean> {
  const wanted = !account.enabled;
  if (!wanted && !(await ask({ title: t('disable_title', { name: account.name }), text: t('disable_text'), action: shared('disable'), danger: true }))) return false;
  await api.patch(stored(account.name), { enabled: wanted });
  toasts.done(t(wanted ? 'enabled_done' : 'disabled_done', { name: account.name }));
  return true;
}

export async function erase(name: string): Promise<boolean> {
  if (!(await ask({ title: t('delete_title', { name }), text: t('delete_text'), action: shared('delete'), danger: true }))) return false;
  await api.delete(stored(name));
  toasts.done(shared('deleted', { name }));
  return true;
}

/** Where an account comes from, in words; what is not known is said as the server says it. */
export function sourceOf(source: string): string {
  return source === 'map' || source === 'store' || source === 'ambient' || source === 'simulator' ? t(`source_${source}`) : source;
}
