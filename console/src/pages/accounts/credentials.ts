// What an operator drops or types, on its way to becoming an upstream account.
export interface ModelRule {
  model: string;
  upstream_model?: string;
  location?: string;
  domain?: string;
}

export interface Pending {
  id: number;
  name: string;
  /** The file it came from. */
  file: string;
  about: string;
  credential: Record<string, unknown>;
  error: string;
}

/** laptop-3f9a.json → laptop-3f9a; what names may not hold becomes a hyphen. */
export function nameFrom(file: string): string {
  const stem = file.replace(/^.*[\\/]/, '').replace(/\.json$/i, '');
  return stem.replace(/[^A-Za-z0-9._@+:-]+/g, '-').replace(/^[-.+]+/, '').slice(0, 128) || 'account';
}

/** What tells the credential from others, and no more. */
export function aboutOf(credential: Record<string, unknown>): string {
  const email = credential.client_email;
  if (typeof email === 'string') return email;
  const project = credential.project_id ?? credential.quota_project_id;
  return [credential.type, project].filter((part) => typeof part === 'string').join(' · ');
}

export type Read = { ok: Record<string, unknown> } | { wrong: 'not_json' | 'not_key_file' };

export function readCredential(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { wrong: 'not_json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { wrong: 'not_key_file' };
  const credential = value as Record<string, unknown>;
  return typeof credential.type === 'string' ? { ok: credential } : { wrong: 'not_key_file' };
}

/** The rules as they are sent: without empty members and without rows that name no model. */
export function sentRules(rules: ModelRule[]): ModelRule[] {
  return rules
    .filter((rule) => rule.model.trim() !== '')
    .map((rule) => Object.fromEntries(Object.entries(rule).filter(([, value]) => typeof value !== 'string' || value.trim() !== '')) as unknown as ModelRule);
}

export const isWeight = (text: string): boolean => /^[1-9]\d{0,3}$/.test(text.trim()) && Number(text) <= 1000;
