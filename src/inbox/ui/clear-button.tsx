import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import { deleteMessages } from './api.ts';

interface ClearButtonProps {
  /** Whose texts; unset: all. */
  to?: string;
  /** How many they are. */
  count: number;
  label: string;
  class: string;
  /** Called when they are gone. */
  onCleared: () => void;
  children: ComponentChildren;
}

/** Clears texts from the inbox after asking. They are gone for every page that shows it, so there is nothing to undo. */
export function ClearButton({ to, count, label, class: className, onCleared, children }: ClearButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failed, setFailed] = useState(false);
  const titleId = useId();
  const clear = async () => {
    try {
      await deleteMessages(to);
    } catch {
      setFailed(true);
      return;
    }
    dialog.current?.close();
    announce(to === undefined ? 'All texts cleared' : `Texts to ${to} cleared`);
    onCleared();
  };
  const open = () => {
    setFailed(false);
    dialog.current?.showModal();
  };
  const texts = count === 1 ? 'the only text' : `all ${count} texts`;
  return (
    <>
      <button type="button" class={className} aria-label={label} title={label} disabled={count === 0} onClick={open}>
        {children}
      </button>
      <dialog ref={dialog} class="dialog" aria-labelledby={titleId}>
        <h2 id={titleId}>
          Clear {texts}
          {to !== undefined && ` to ${to}`}?
        </h2>
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
      </dialog>
    </>
  );
}
