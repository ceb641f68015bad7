import type { Role } from '../../lib/session.svelte';
import type { Terms } from '../../lib/terms';

export interface User {
  id: string;
  name: string;
  email: string | null;
  role: Role;
  has_password: boolean;
  enabled: boolean;
  terms: Terms;
  created_at: string | null;
  balance?: string | null;
}

export interface Movement {
  id: string;
  kind: string;
  amount: string;
  actor: string;
  note: string;
  created_at: string;
}

export const roles: Role[] = ['user', 'viewer', 'operator', 'admin'];
export const isPassword = (text: string): boolean => text.length >= 8 && text.length <= 1024;
