import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import { deleteMessages } from './api.ts';
import { Dialog } from './dialog.tsx';

interface ClearButtonProps {
  /** Whose texts; unset: of all numbers. */
  to?: string;
  /** Those that this search finds; unset: all. */
  query?: string | undefined;
  /** How many they are. */
  count: number;
  label: string;
  class: string;
  /** The key that presses it. */
  shortcut?: string;
  /** Called when they are gone. */
  onCleared: () => void;
  children: ComponentChildren;
}

/** Clears texts from the inbox after asking. They are gone for every page that shows it, so there is nothing to undo. */
export function ClearButton(props: ClearButtonProps) {
  const { to, query, count, label, class: className, shortcut, onCleared, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [failed, setFailed] = useState(false);
  const clear = async () => {
    try {
      await deleteMessages({ ...(to !== undefined && { to }), ...(query !== undefined && { query }) });
    } catch {
      setFailed(true);
      return;
    }
    dialog.current?.close();
    announce(
      to === undefined ? (query === undefined ? 'All texts cleared' : 'Found texts cleared') : `Texts to ${to} cleared`,
    );
    onCleared();
  };
  const open = () => {
    setFailed(false);
    dialog.current?.showModal();
  };
  const texts = count === 1 ? 'the only text' : `all ${count} texts`;
  const found = count === 1 ? 'the text' : `the ${count} texts`;
  return (
    <>
      <button
        type="button"
        class={className}
        aria-label={label}
        title={shortcut === undefined ? label : `${label} (${shortcut})`}
        aria-keyshortcuts={shortcut}
        disabled={count === 0}
        onClick={open}
      >
        {children}
      </button>
      <Dialog
        dialog={dialog}
        title={`Clear ${query === undefined ? texts : found}${to === undefined ? '' : ` to ${to}`}${query === undefined ? '' : ' found'}?`}
      >
        <p>They are gone for every open inbox page and for the API.</p>
        {failed && (
          <p class="problem" role="alert">
            That did not work. Is phoneproof still running?
          </p>
        )}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={clear}>
            Clear
          </button>
          <button type="button" class="quiet-button" onClick={() => dialog.current?.close()}>
            Keep
          </button>
        </div>
      </Dialog>
    </>
  );
}
