import { useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import { held, letGo } from './faults.ts';
import { RelativeTime } from './relative-time.tsx';

/** Texts that a fault holds back, each with what can become of it. */
export function HeldTexts() {
  const [problem, setProblem] = useState('');
  const decide = async (id: string, to: string, outcome: 'deliver' | 'fail') => {
    setProblem('');
    try {
      await letGo(id, outcome);
      announce(outcome === 'deliver' ? `Text to ${to} delivered` : `Text to ${to} failed`);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <>
      <ul class="held">
        {held.value.map(({ body, from, held_at, id, provider, to }) => (
          <li key={id}>
            <p class="held-head">
              <b>{to}</b> <RelativeTime at={held_at} />
            </p>
            <p class="held-words">{body}</p>
            <p class="hint">
              from {from} by {provider}
            </p>
            <div class="form-row">
              <button
                type="button"
                class="quiet-button small"
                aria-label={`Deliver to ${to}`}
                onClick={() => decide(id, to, 'deliver')}
              >
                Deliver
              </button>
              <button
                type="button"
                class="quiet-button small"
                aria-label={`Let the text to ${to} fail`}
                onClick={() => decide(id, to, 'fail')}
              >
                Fail
              </button>
            </div>
          </li>
        ))}
      </ul>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
