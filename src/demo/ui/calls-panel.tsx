import { Copyable } from '../../inbox/ui/copyable.tsx';
import { asCurl } from '../../inbox/ui/curl.ts';
import type { Call } from './api.ts';
import { checkCall, startCall } from './state.ts';

/** The calls that the page has made, as a developer would make them. */
export function CallsPanel() {
  return (
    <section class="calls" aria-labelledby="calls-title">
      <h2 id="calls-title">What just happened</h2>
      {startCall.value === null ? (
        <p class="hint">Two calls do all of this. They appear here as you make them.</p>
      ) : (
        <ol>
          <CallCard title="Send a code" call={startCall.value} />
          {checkCall.value !== null && <CallCard title="Check the code" call={checkCall.value} />}
        </ol>
      )}
    </section>
  );
}

function CallCard({ title, call }: { title: string; call: Call }) {
  const { url, sent, status, answer, durationMs } = call;
  return (
    <li class="call">
      <h3>{title}</h3>
      <Copyable
        text={asCurl(url, sent)}
        what={`call: ${title}`}
        head={
          <>
            <span class={status !== null && status < 300 ? 'status' : 'status bad'}>{status ?? 'No answer'}</span>
            <span>{durationMs} ms</span>
          </>
        }
      />
      {answer !== null && (
        <details>
          <summary>Answer</summary>
          <pre>{JSON.stringify(answer, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}
