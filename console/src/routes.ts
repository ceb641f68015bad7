// Every page of the console: where it stands in the navigation and who may see it. The page itself is
// src/pages/<page>/Page.svelte, loaded when it is first opened; one that has no such file is not shown.
import type { Component } from 'svelte';
import type { Role } from './lib/session.svelte';

export type Group = 'watch' | 'access' | 'upstream' | 'rules' | 'system';

export interface Route {
  page: string;
  group: Group;
  /** g and this letter opens it. */
  key: string;
  role: Role;
}

export const routes: Route[] = [
  { page: 'overview', group: 'watch', key: 'o', role: 'viewer' },
  { page: 'requests', group: 'watch', key: 'r', role: 'viewer' },
  { page: 'usage', group: 'watch', key: 'u', role: 'viewer' },
  { page: 'clients', group: 'access', key: 'c', role: 'viewer' },
  { page: 'users', group: 'access', key: 'p', role: 'viewer' },
  { page: 'virtual', group: 'access', key: 'v', role: 'viewer' },
  { page: 'accounts', group: 'upstream', key: 'a', role: 'viewer' },
  { page: 'tokens', group: 'upstream', key: 't', role: 'viewer' },
  { page: 'prices', group: 'upstream', key: '$', role: 'viewer' },
  { page: 'routes', group: 'rules', key: 'm', role: 'viewer' },
  { page: 'policy', group: 'rules', key: 'l', role: 'viewer' },
  { page: 'playground', group: 'rules', key: 'y', role: 'viewer' },
  { page: 'audit', group: 'system', key: 'd', role: 'viewer' },
  { page: 'system', group: 'system', key: 's', role: 'viewer' },
];

type PageModule = { default: Component };

const files = import.meta.glob<PageModule>('./pages/*/Page.svelte');

export const loaderOf = (page: string): (() => Promise<PageModule>) | undefined => files[`./pages/${page}/Page.svelte`];

export const shown = (): Route[] => routes.filter((route) => loaderOf(route.page) !== undefined);
