import { useEffect, useRef } from 'preact/hooks';
import { duration, secondsUntil } from './clock.ts';
import { sentenceFor } from './problems.ts';
import { busy, code, isEnded, isExpired, pending, refusal, send, changeNumber, submitCode } from './state.ts';
import { codeIn } from './typed-code.ts';
import { codeFromText } from './web-otp.ts';

/** The second step: the code from the text. */
export function CodeStep() {
  const field = useRef<HTMLInputElement>(null);
  const { id, isTest, notice, sendsLeft } = pending.value!;
  const problem = refusal.value?.problem;
  const ended = isEnded.value;

  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [problem, id]);

  useEffect(() => {
    const waiting = new AbortController();
    void codeFromText(waiting.signal).then((received) => {
      if (received === null || waiting.signal.aborted) return;
      code.value = codeIn(received);
      void submitCode();
    });
    return () => waiting.abort();
    // Each text is waited for anew, also that of a repeated send.
  }, [id, sendsLeft]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (!ended) void submitCode();
  };
  return (
    <form class="step" onSubmit={submit} noValidate>
      <h1>Type the code</h1>
      <p class="lead" id="notice" role="status">
        {notice}
      </p>
      {isTest && <p class="hint">This is a test number: its code is set in the configuration.</p>}
      <div class="field">
        <label for="code">Code</label>
        <input
          ref={field}
          id="code"
          class="code-input"
          inputmode="numeric"
          autocomplete="one-time-code"
          value={code.value}
          onInput={(event) => {
            // Written back at once: what is not part of a code does not stay in the field.
            event.currentTarget.value = code.value = codeIn(event.currentTarget.value);
          }}
          aria-invalid={problem !== undefined}
          aria-describedby="notice code-problem"
        />
      </div>
      <p id="code-problem" class="problem" role="alert">
        {isExpired.value ? 'This code has expired. Send a new one.' : problem !== undefined && sentenceFor(problem)}
      </p>
      <div class="step-actions">
        {!ended && (
          <button type="submit" class="button" aria-busy={busy.value === 'check'}>
            Verify
          </button>
        )}
        <Resend ended={ended} />
      </div>
      <Facts />
      <p class="hint">
        Not your number?{' '}
        <button type="button" class="link-button" onClick={changeNumber}>
          Use another one
        </button>
      </p>
    </form>
  );
}

/** Sends again as soon as the server says so. Stays focusable while it waits, so that the focus is not lost. */
function Resend({ ended }: { ended: boolean }) {
  const { resendAt } = pending.value!;
  // A new code after an ended one need not wait for what was advised for the old one, but for a refusal it must.
  const wait = Math.max(ended ? 0 : secondsUntil(resendAt), secondsUntil(refusal.value?.retryAt ?? 0));
  const label = ended ? 'Send a new code' : 'Send again';
  return (
    <button
      type="button"
      class={ended ? 'button' : 'quiet-button'}
      aria-disabled={wait > 0}
      aria-busy={busy.value === 'send'}
      onClick={() => wait === 0 && void send()}
    >
      {wait > 0 ? `${label} in ${duration(wait)}` : label}
    </button>
  );
}

function Facts() {
  const { expiresAt, checksLeft, sendsLeft } = pending.value!;
  return (
    <dl class="facts">
      <div>
        <dt>Code good for</dt>
        <dd>{duration(isEnded.value ? 0 : secondsUntil(expiresAt))}</dd>
      </div>
      <div>
        <dt>Tries left</dt>
        <dd>{checksLeft}</dd>
      </div>
      <div>
        <dt>Texts left</dt>
        <dd>{sendsLeft}</dd>
      </div>
    </dl>
  );
}
