import { count, dollars } from '../../lib/format';
import type { Terms } from '../../lib/terms';
import { t } from './text';

export interface Client {
  id: string;
  name: string;
  user_id: string | null;
  user: string | null;
  enabled: boolean;
  terms: Terms;
  created_at: string | null;
}

export interface ApiKey {
  id: string;
  prefix: string;
  name: string;
  client_id: string;
  client: string | null;
  enabled: boolean;
  terms: Terms;
  created_at: string | null;
  expires_at: string | null;
  last_used_at: string | null;
}

/** The limits in one line, for a table. */
export function limitsOf(terms: Terms): string {
  const limits = terms.limits ?? {};
  const said: string[] = [];
  if (limits.requests_per_minute) said.push(t('per_minute', { count: count(limits.requests_per_minute) }));
  if (limits.tokens_per_day) said.push(t('tokens_day', { count: count(limits.tokens_per_day) }));
  if (limits.cost_per_day) said.push(t('per_day', { value: dollars(limits.cost_per_day, 2) }));
  if (limits.cost_per_month) said.push(t('per_month', { value: dollars(limits.cost_per_month, 2) }));
  if (limits.concurrent) said.push(t('at_once', { count: limits.concurrent }));
  return said.join(' · ');
}

export const keyTitle = (key: ApiKey): string => key.name || t('key_label', { prefix: key.prefix });
export const isOver = (iso: string | null): boolean => iso !== null && Date.parse(iso) < Date.now();
