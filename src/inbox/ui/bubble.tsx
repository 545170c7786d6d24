import { useRef, useState } from 'preact/hooks';
import type { InboxMessage } from './api.ts';
import { copyText } from './copy.ts';
import { Icon } from './icon.tsx';
import { messageParts } from './message-parts.ts';
import { exactTime, RelativeTime } from './relative-time.tsx';

/** What a click on a code in a text does: copy it, or hand it to the page. */
export type CodeAction = 'copy' | ((code: string) => void);

interface BubbleProps {
  message: InboxMessage;
  /** Whether the text above is of the same sender, which then need not be named again. */
  sameSender: boolean;
  codeAction: CodeAction;
  /** Unset: there are no details to show. */
  onDetails?: ((id: string) => void) | undefined;
  /** Whether its details are shown. */
  detailed?: boolean;
}

/** One text as it lies in a thread: sender, words with the code marked, and small print. */
export function Bubble({ message, sameSender, codeAction, onDetails, detailed = false }: BubbleProps) {
  const { before, code, after, webOtpLine } = messageParts(message.body, message.code);
  return (
    <li class={detailed ? 'text detailed' : 'text'} data-id={message.id}>
      <p class={sameSender ? 'visually-hidden' : 'text-from'}>{message.from}</p>
      <p class="bubble">
        {before}
        {message.code !== null && code !== '' && <Code code={message.code} written={code} action={codeAction} />}
        {after}
        {webOtpLine !== '' && (
          <span class="web-otp" title="For the browser, which offers the code on this host's pages (WebOTP)">
            {webOtpLine}
          </span>
        )}
      </p>
      <p class="small-print">
        <RelativeTime at={message.received_at} />
        <span>{message.segments === 1 ? '1 segment' : `${message.segments} segments`}</span>
        <span>{message.encoding}</span>
        {message.status !== 'delivered' && (
          <span class={message.status === 'failed' ? 'bad' : ''}>{message.status}</span>
        )}
        {onDetails && (
          <button
            type="button"
            class="text-details"
            aria-label={`Details of the text of ${exactTime(message.received_at)}`}
            aria-pressed={detailed}
            onClick={() => onDetails(message.id)}
          >
            Details
          </button>
        )}
      </p>
    </li>
  );
}

function Code({ code, written, action }: { code: string; written: string; action: CodeAction }) {
  const [copied, setCopied] = useState(false);
  const digits = useRef<HTMLSpanElement>(null);
  const copying = action === 'copy';
  const click = async () => {
    if (!copying) return action(code);
    setCopied(await copyText(code, `Code ${code.split('').join(' ')}`, digits.current!));
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <button type="button" class="code" onClick={click} aria-label={`${copying ? 'Copy' : 'Use'} code ${written}`}>
      <span ref={digits}>{written}</span>
      <Icon name={copied ? 'check' : copying ? 'copy' : 'enter'} />
    </button>
  );
}
