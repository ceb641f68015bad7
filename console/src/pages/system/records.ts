export interface Setting {
  key: string;
  value: unknown;
  default: unknown;
  changed: boolean;
}

export interface System {
  version: string;
  uptime_s: number;
  started_at: string;
  gateway: string;
  settings: Setting[];
  /** Others on the same database. */
  gateways?: (Record<string, unknown> | string)[];
  /** store, cache, spool, certificate, map, policy and what else there is. */
  [part: string]: unknown;
}
