import { useEffect, useState } from 'preact/hooks';
import { rawRequest, type RawRequest } from './api.ts';
import { Copyable } from './copyable.tsx';

/** The request by which a text came, as it came: the headers, and the body written so that people can read it. */
export function RequestView({ id }: { id: string }) {
  const [request, setRequest] = useState<RawRequest | null | undefined>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let shown = true;
    rawRequest(id).then(
      (found) => shown && setRequest(found ?? null),
      (error: unknown) => shown && setProblem((error as Error).message),
    );
    return () => (shown = false);
  }, [id]);
  if (problem !== '') return <p class="problem">{problem}</p>;
  if (request === undefined) return <p class="hint">Asking for it…</p>;
  if (request === null) return <p class="hint">This text came from within the process, by no request.</p>;
  const { body, headers, method, path } = request;
  return (
    <>
      <p class="request-line">
        <b>{method}</b> {path}
      </p>
      {body !== '' && <Body body={body} type={contentType(headers)} />}
      <details class="headers">
        <summary>{Object.keys(headers).length} headers</summary>
        <Pairs pairs={Object.entries(headers)} />
      </details>
    </>
  );
}

function Body({ body, type }: { body: string; type: string }) {
  if (type === 'application/x-www-form-urlencoded') {
    return (
      <>
        <p class="hint">Form</p>
        <Pairs pairs={[...new URLSearchParams(body)]} />
      </>
    );
  }
  const json = asJson(body);
  return <Copyable text={json ?? body} what="body" head={json === null ? type || 'Body' : 'JSON'} />;
}

function Pairs({ pairs }: { pairs: readonly (readonly [string, string])[] }) {
  return (
    <dl class="pairs">
      {pairs.map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function contentType(headers: RawRequest['headers']): string {
  const [, type = ''] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  return type.split(';')[0]!.trim().toLowerCase();
}

/** Indented; null where it is none. */
function asJson(body: string): string | null {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return null;
  }
}
