import { computed, effect, signal } from '@preact/signals';
import { Icon } from './icon.tsx';

type Theme = 'light' | 'dark';

const storageKey = 'phoneproof.theme';
const darkPreferred = matchMedia('(prefers-color-scheme: dark)');

const preferred = signal<Theme>(darkPreferred.matches ? 'dark' : 'light');
darkPreferred.addEventListener('change', ({ matches }) => (preferred.value = matches ? 'dark' : 'light'));

/** What the person chose against the system's preference. The page's head has put it on the root element before the first paint. */
const chosen = signal(document.documentElement.dataset['theme'] as Theme | undefined);
const theme = computed(() => chosen.value ?? preferred.value);

effect(() => {
  if (chosen.value === undefined) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen.value;
});

/** Switches between light and dark, and remembers what differs from the system's preference. */
export function ThemeToggle() {
  const dark = theme.value === 'dark';
  return (
    <button type="button" class="icon-button" aria-pressed={dark} aria-label="Dark theme" onClick={toggle}>
      <Icon name={dark ? 'moon' : 'sun'} />
    </button>
  );
}

function toggle(): void {
  const next = theme.value === 'dark' ? 'light' : 'dark';
  chosen.value = next === preferred.value ? undefined : next;
  try {
    if (chosen.value === undefined) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, chosen.value);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}
