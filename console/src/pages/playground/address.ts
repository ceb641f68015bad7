// Where clients find the data port, told by the settings in force and by how this page was reached.
export interface SettingView {
  key: string;
  value: unknown;
}

export function addressOf(settings: SettingView[], page: { protocol: string; hostname: string }): string {
  const value = (key: string): string => String(settings.find((one) => one.key === key)?.value ?? '');
  const told = value('console.api_url');
  if (told !== '') return told.replace(/\/+$/, '');
  const host = page.hostname.includes(':') && !page.hostname.startsWith('[') ? `[${page.hostname}]` : page.hostname;
  const port = /:(\d+)$/.exec(value('listen.http'))?.[1];
  return `http://${host}:${port && port !== '0' ? port : '8888'}`;
}
