import { ask } from '../../lib/confirm.svelte';
import { api } from '../../lib/session.svelte';
import { t as shared } from '../../lib/shared.text';
import { toasts } from '../../lib/toasts.svelte';
import type { User } from './records';
import { t } from './text';

export const pathOf = (user: { id: string }): string => `users/${encodeURIComponent(user.id)}`;

export async function enable(user: User): Promise<boolean> {
  if (user.enabled && !(await ask({ title: t('disable_title', { name: user.name }), text: t('disable_text'), action: shared('disable'), danger: true }))) return false;
  await api.patch(pathOf(user), { enabled: !user.enabled });
  toasts.done(t(user.enabled ? 'disabled_done' : 'enabled_done', { name: user.name }));
  return true;
}

export async function removePassword(user: User): Promise<boolean> {
  if (!(await ask({ title: t('remove_password_title', { name: user.name }), text: t('remove_password_text'), action: t('remove_password'), danger: true }))) return false;
  await api.patch(pathOf(user), { password: null });
  toasts.done(t('password_removed', { name: user.name }));
  return true;
}
