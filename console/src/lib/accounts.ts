// Upstream accounts as the server tells them, for every page that shows how they are.
export type HealthState = 'ok' | 'cooling' | 'unreachable' | 'disabled';

export interface Account {
  name: string;
  provider: string;
  /** map: of the operator's files; store: put in here; ambient: of the machine; simulator. */
  source: string;
  models: string[];
  regions: string[];
  weight: number;
  enabled: boolean;
  hint?: string | null;
  health: { state: HealthState; until: string | null; reason: string | null };
  requests: number;
  errors: number;
}

export const badgeOf: Record<HealthState, 'good' | 'warn' | 'bad' | 'plain'> = {
  ok: 'good',
  cooling: 'warn',
  unreachable: 'bad',
  disabled: 'plain',
};
