import { Copyable } from '../../inbox/ui/copyable.tsx';
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
  const { url, status, answer, durationMs } = call;
  return (
    <li class="call">
      <h3>{title}</h3>
      <p class="call-line">
        <code>POST {new URL(url).pathname}</code>
        <span class={status !== null && status < 300 ? 'status' : 'status bad'}>{status ?? 'no answer'}</span>
        <span>{durationMs} ms</span>
      </p>
      <Copyable text={asCurl(call)} what={`call: ${title}`} />
      {answer !== null && (
        <details>
          <summary>Answer</summary>
          <pre>{JSON.stringify(answer, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}

function asCurl({ url, sent }: Call): string {
  const body = JSON.stringify(sent).replaceAll("'", String.raw`'\''`);
  return [`curl ${url} \\`, `  -H 'content-type: application/json' \\`, `  -d '${body}'`].join('\n');
}
