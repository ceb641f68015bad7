// Keys that work everywhere: / to the search, g and a letter to a page. Not while something is typed.
import { routes } from '../routes';
import { href, router } from './router.svelte';

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) || target.closest('[role="dialog"],[role="alertdialog"]') !== null);

export function startKeys(): void {
  let goes = 0;
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === '/') {
      const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === 'g') {
      goes = Date.now();
    } else if (goes && Date.now() - goes < 1500) {
      goes = 0;
      const route = routes.find((each) => each.key === event.key);
      if (route) {
        event.preventDefault();
        void router.go(href(route.page));
      }
    }
  });
}
