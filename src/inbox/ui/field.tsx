import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A field of a form under its label. `children` draws it, with the id that the label names. */
export function Field({ label, children }: { label: string; children: (id: string) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="form-field">
      <label for={id}>{label}</label>
      {children(id)}
    </div>
  );
}
