// Light, dark, or what the system says. The attribute on <html> is what app.css goes by.
export type ThemeChoice = 'system' | 'light' | 'dark';

const kStored = 'moongate.theme';

class Theme {
  choice = $state<ThemeChoice>('system');
  private system = $state(false);

  constructor() {
    if (typeof matchMedia === 'undefined') return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.system = dark.matches;
    dark.addEventListener('change', (event) => (this.system = event.matches));
    const kept = document.documentElement.dataset.theme;
    if (kept === 'light' || kept === 'dark') this.choice = kept;
  }

  get dark(): boolean {
    return this.choice === 'dark' || (this.choice === 'system' && this.system);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    if (choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    try {
      if (choice === 'system') localStorage.removeItem(kStored);
      else localStorage.setItem(kStored, choice);
    } catch {
      // It lasts as long as the page then.
    }
  }
}

export const theme = new Theme();
