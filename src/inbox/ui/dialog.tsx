import type { ComponentChildren, RefObject } from 'preact';
import { useId } from 'preact/hooks';

interface DialogProps {
  /** For `showModal()` and `close()`. */
  dialog: RefObject<HTMLDialogElement | null>;
  title: ComponentChildren;
  children: ComponentChildren;
}

/** A dialog over the page, closed by Escape, by a click beside it and by what is in it. */
export function Dialog({ dialog, title, children }: DialogProps) {
  const titleId = useId();
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
    >
      <div class="dialog-inside">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
