import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { query } from './state.ts';

/** Searches as one types. `/` goes there from anywhere, Escape empties it. */
export function SearchField() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || document.querySelector('dialog[open]') !== null;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', focusOnSlash);
    return () => removeEventListener('keydown', focusOnSlash);
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
        aria-keyshortcuts="/"
        value={query.value}
        onInput={(event) => (query.value = event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && (query.value = '')}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
