import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { copyText } from './copy.ts';

interface CopyableProps {
  text: string;
  /** What is copied, in words for the button and for screen readers. */
  what: string;
  /** Stands beside the button. */
  head: ComponentChildren;
}

/** Lines for a terminal, with a button that copies them. */
export function Copyable({ text, what, head }: CopyableProps) {
  const lines = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);
  const click = async () => {
    setCopied(await copyText(text, what, lines.current!));
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div class="copyable">
      <div class="copyable-head">
        {head}
        <button type="button" class="quiet-button" aria-label={`Copy ${what}`} onClick={click}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre tabIndex={0} role="group" aria-label={what}>
        <code ref={lines}>{text}</code>
      </pre>
    </div>
  );
}
