import { useEffect, useRef } from 'preact/hooks';
import { approvedAt, pending, startOver } from './state.ts';

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'medium' });

/** The last step: the number is verified. */
export function DoneStep() {
  const heading = useRef<HTMLHeadingElement>(null);
  const { to, isTest } = pending.value!;
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="step done">
      <h1 ref={heading} tabIndex={-1}>
        <span class="proven">{to}</span> is verified
      </h1>
      <p class="lead">
        On {exact.format(new Date(approvedAt.value!))},{' '}
        {isTest
          ? 'someone typed the code that is set in the configuration for this test number. It proves nothing about a phone.'
          : 'whoever typed the code held the phone with this number. The code is used up: it proves nothing a second time.'}
      </p>
      <div class="step-actions">
        <button type="button" class="button" onClick={startOver}>
          Verify another number
        </button>
        <a class="quiet-button" href="docs">
          Read the API
        </a>
      </div>
    </div>
  );
}
