import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { suggestionsFor, withSuggestion, type Suggestion } from './search-keys.ts';
import { messages, query, search } from './state.ts';

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
/** Goes to the search from anywhere, fields too. */
export const searchShortcut = isApple ? '⌘K' : 'Ctrl K';

/** Searches as one types, and says how to search for more than words. Ctrl+K or ⌘K goes there from anywhere, Escape empties it. */
export function SearchField() {
  const place = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [helping, setHelping] = useState(false);
  const id = useId();
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
  const faults = search.value?.faults ?? [];
  const suggestions = helping ? suggestionsFor(query.value, messages.value ?? []) : [];
  const leave = ({ relatedTarget }: FocusEvent) => {
    if (!(relatedTarget instanceof Node) || !place.current?.contains(relatedTarget)) setHelping(false);
  };
  const close = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    // Escape closes one thing after the other: the help, then the search, then a panel.
    if (suggestions.length > 0 && query.value === '') setHelping(false);
    else if (query.value !== '') query.value = '';
    else return;
    field.current?.focus();
    event.preventDefault();
  };
  const choose = (suggestion: Suggestion) => {
    query.value = withSuggestion(query.value, suggestion);
    field.current?.focus();
  };
  return (
    <div class="search" ref={place} onFocusOut={leave} onKeyDown={close}>
      <label class="search-box">
        <span class="visually-hidden">Search numbers and texts</span>
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          placeholder="Search"
          autocomplete="off"
          spellcheck={false}
          aria-keyshortcuts={`${isApple ? 'Meta+K' : 'Control+K'} /`}
          aria-describedby={faults.length > 0 ? `${id}-faults` : undefined}
          value={query.value}
          onFocus={() => setHelping(true)}
          onInput={(event) => {
            query.value = event.currentTarget.value;
            setHelping(true);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowDown') return;
            const first = place.current?.querySelector<HTMLElement>('.suggestions button');
            if (!first) return;
            event.preventDefault();
            first.focus();
          }}
        />
        <kbd aria-hidden="true">{searchShortcut}</kbd>
      </label>
      {faults.length > 0 && (
        <p class="search-faults" id={`${id}-faults`} role="status">
          {faults.join(' · ')}
        </p>
      )}
      {suggestions.length > 0 && (
        <ul class="suggestions" aria-label="Ways to search" onKeyDown={moveWithArrows}>
          {suggestions.map((suggestion) => (
            <li key={suggestion.text}>
              {/* Where a pointer on a button takes no focus (Safari), the field must not lose it either. */}
              <button type="button" onMouseDown={(event) => event.preventDefault()} onClick={() => choose(suggestion)}>
                <code>{suggestion.text}</code> <span>{suggestion.says}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function moveWithArrows(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement) + step;
  const field = event.currentTarget.parentElement?.querySelector('input');
  (at < 0 ? field : buttons[at])?.focus();
}
