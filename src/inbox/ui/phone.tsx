import { Fragment, type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { InboxMessage } from './api.ts';
import { Bubble, type CodeAction } from './bubble.tsx';
import type { Reply } from './replies.ts';

/** How many texts of a thread are drawn at once; earlier ones on demand. */
const drawnAtOnce = 50;

interface PhoneProps {
  /** Whose phone it is; null: nobody's yet. */
  number: string | null;
  /** Oldest first. */
  messages: readonly InboxMessage[];
  /** Whether the texts are shown as they arrive: the phone's reception. */
  connected: boolean;
  /** What a click on a code does. */
  codeAction: CodeAction;
  /** Says, while there are no texts, why not. */
  empty: string;
  /** Stands beside the number. */
  controls?: ComponentChildren;
  /** Shows the details of a text; unset: there are none to show. */
  onDetails?: (id: string) => void;
  /** The text whose details are shown. */
  detailed?: string | undefined;
  /** What was written back on this phone. */
  replies?: readonly Reply[];
  /** Stands below the texts. */
  foot?: ComponentChildren;
}

/** A phone with the texts of one number, the newest at the bottom and in view. */
export function Phone(props: PhoneProps) {
  const { number, messages, connected, codeAction, empty, controls, onDetails, detailed, replies = [], foot } = props;
  const [drawn, setDrawn] = useState(drawnAtOnce);
  const earlier = Math.max(0, messages.length - drawn);
  return (
    <section class="phone" aria-label={number === null ? 'Phone' : `Phone with the number ${number}`}>
      <header class="phone-top">
        <Reception connected={connected} />
        <h2 class={number === null ? 'phone-number none' : 'phone-number'}>{number ?? 'No number yet'}</h2>
        <div class="phone-controls">{controls}</div>
      </header>
      {messages.length === 0 ? (
        <p class="phone-empty">{empty}</p>
      ) : (
        <div class="phone-screen" tabIndex={0} role="group" aria-label="Texts">
          <ol class="thread">
            {earlier > 0 && (
              <li class="thread-earlier">
                <button type="button" class="quiet-button" onClick={() => setDrawn(drawn + drawnAtOnce)}>
                  {earlier} earlier
                </button>
              </li>
            )}
            {messages.slice(earlier).map((message, index, drawn) => (
              <Fragment key={message.id}>
                <Bubble
                  message={message}
                  sameSender={drawn[index - 1]?.from === message.from}
                  codeAction={codeAction}
                  onDetails={onDetails}
                  detailed={message.id === detailed}
                />
                {replies
                  .filter(({ under }) => under === message.id)
                  .map(({ at, body }) => (
                    <li key={at} class="text-back">
                      <p class="bubble">{body}</p>
                      <p class="small-print">Reply passed on</p>
                    </li>
                  ))}
              </Fragment>
            ))}
          </ol>
        </div>
      )}
      {foot}
    </section>
  );
}

function Reception({ connected }: { connected: boolean }) {
  return (
    <svg class={connected ? 'reception' : 'reception lost'} viewBox="0 0 18 12" aria-hidden="true">
      {[3, 6, 9, 12].map((height, index) => (
        <rect key={height} x={index * 5} y={12 - height} width="3" height={height} rx="1" />
      ))}
    </svg>
  );
}
