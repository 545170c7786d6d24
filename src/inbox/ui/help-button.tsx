import { Fragment } from 'preact';
import { useRef } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { shortcuts, singleKeys } from './shortcuts.ts';
import { searchShortcut } from './search-field.tsx';

const spelled: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑' };

/** Lists the keys that do something, and turns them off for people who dictate. */
export function HelpButton() {
  const dialog = useRef<HTMLDialogElement>(null);
  const rows = [
    ...shortcuts.map(({ keys, says }) => ({ keys: keys.map((key) => spelled[key] ?? key), says })),
    { keys: [searchShortcut], says: 'Search, from anywhere' },
    { keys: ['Esc'], says: 'Close the panel, empty the search' },
  ];
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        aria-keyshortcuts="?"
        onClick={() => dialog.current?.showModal()}
      >
        <Icon name="keyboard" />
      </button>
      <Dialog dialog={dialog} title="Keyboard shortcuts">
        <dl class="shortcuts">
          {rows.map(({ keys, says }) => (
            <div key={says}>
              <dt>
                {keys.map((key, index) => (
                  <Fragment key={key}>
                    {index > 0 && ' '}
                    <kbd>{key}</kbd>
                  </Fragment>
                ))}
              </dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={singleKeys.value === 'on'}
            onChange={(event) => (singleKeys.value = event.currentTarget.checked ? 'on' : 'off')}
          />
          Single keys do something
        </label>
        <div class="dialog-buttons">
          <button type="button" class="quiet-button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </Dialog>
    </>
  );
}
