import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { query } from './state.ts';

// Not a single character: those are in the way of people who dictate (WCAG 2.2, 2.1.4).
const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
const shortcut = isApple ? '⌘K' : 'Ctrl K';

/** Searches as one types. Ctrl+K or ⌘K goes there from anywhere, Escape empties it. */
export function SearchField() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focusOnShortcut = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(isApple ? event.metaKey : event.ctrlKey)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', focusOnShortcut);
    return () => removeEventListener('keydown', focusOnShortcut);
  }, []);
  return (
    <label class="search">
      <span class="visually-hidden">Search numbers and texts</span>
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        placeholder="Search"
        autocomplete="off"
        spellcheck={false}
        aria-keyshortcuts={isApple ? 'Meta+K' : 'Control+K'}
        value={query.value}
        onInput={(event) => (query.value = event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && (query.value = '')}
      />
      <kbd aria-hidden="true">{shortcut}</kbd>
    </label>
  );
}
