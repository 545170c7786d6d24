import { useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import type { InboxMessage } from './api.ts';
import { ask } from './ask.ts';
import { Field } from './field.tsx';

/** Has the sender of a text told what became of it: at once or later, with the vendor's own code where it failed. */
export function ByHand({ message: { by_hand, id, provider } }: { message: InboxMessage }) {
  const [code, setCode] = useState('');
  const [seconds, setSeconds] = useState('0');
  const [problem, setProblem] = useState('');
  const can = by_hand.includes('receipt');

  const send = async (status: 'delivered' | 'failed') => {
    setProblem('');
    const delayMs = Math.round(Number(seconds) * 1_000);
    try {
      await ask('POST', `messages/${encodeURIComponent(id)}/receipt`, {
        status,
        ...(status === 'failed' && code.trim() !== '' && { code: code.trim() }),
        ...(delayMs > 0 && { delay_ms: delayMs }),
      });
      announce(`Receipt on its way: ${status}${delayMs > 0 ? `, in ${seconds} s` : ''}`, { inView: true });
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form class="form" onSubmit={(event) => event.preventDefault()}>
      <p class="hint">
        {can
          ? `Has ${provider} tell the sender what became of this text:`
          : `Nobody can be told: the sender gave ${provider} no address for receipts, or the inbox was started anew since.`}
      </p>
      {can && (
        <div class="form-row">
          <Field label="Late by, in seconds">
            {(fieldId) => (
              <input
                id={fieldId}
                type="number"
                min="0"
                max="3600"
                step="any"
                value={seconds}
                onInput={(event) => setSeconds(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Vendor's code, if failed">
            {(fieldId) => (
              <input
                id={fieldId}
                placeholder="The usual"
                autocomplete="off"
                spellcheck={false}
                value={code}
                onInput={(event) => setCode(event.currentTarget.value)}
              />
            )}
          </Field>
        </div>
      )}
      <div class="form-row">
        <button type="button" class="quiet-button small" disabled={!can} onClick={() => send('delivered')}>
          Delivered
        </button>
        <button type="button" class="quiet-button small" disabled={!can} onClick={() => send('failed')}>
          Failed
        </button>
      </div>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
