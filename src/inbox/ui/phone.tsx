import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { InboxMessage } from './api.ts';
import { Bubble, type CodeAction } from './bubble.tsx';

/** How many texts of a thread are drawn at once; earlier ones on demand. */
const drawnAtOnce = 100;

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
}

/** A phone with the texts of one number, the newest at the bottom and in view. */
export function Phone({ number, messages, connected, codeAction, empty, controls }: PhoneProps) {
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
              <Bubble
                key={message.id}
                message={message}
                sameSender={drawn[index - 1]?.from === message.from}
                codeAction={codeAction}
              />
            ))}
          </ol>
        </div>
      )}
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
