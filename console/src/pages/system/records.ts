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
  gateway: string | Record<string, unknown>;
  store: unknown;
  cache: unknown;
  spool: unknown;
  certificate: unknown;
  settings: Setting[];
  map: unknown;
  policy: unknown;
  gateways: (Record<string, unknown> | string)[];
}
