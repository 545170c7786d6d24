import { useRef, useState } from 'preact/hooks';
import { copyText } from './copy.ts';

/** Lines for a terminal with a button that copies them. `shown` stands in their place where they hold what is not to be read. */
export function Copyable({ text, what, shown = text }: { text: string; what: string; shown?: string }) {
  const lines = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);
  const click = async () => {
    setCopied(await copyText(text, what, lines.current!));
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div class="copyable">
      <pre>
        <code ref={lines}>{shown}</code>
      </pre>
      <button type="button" class="quiet-button" aria-label={`Copy ${what}`} onClick={click}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
