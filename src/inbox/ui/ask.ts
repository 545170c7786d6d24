/** Calls the inbox's API and resolves with the JSON of its answer; null where it has none. Rejects with an error that says, in the inbox's words, what is wrong. */
export async function ask<Answer = null>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(apiPath + path, {
    method,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Error('The inbox does not answer. Is phoneproof still running?');
  });
  const answer = (await response.json().catch(() => null)) as Answer & Partial<Problem>;
  if (response.ok) return answer;
  const faults = answer?.errors?.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}.`) ?? [];
  throw new Error(faults.join(' ') || answer?.detail || `The inbox answered ${response.status}.`);
}

/** The address of a call, as a program anywhere on this machine would write it. */
export function apiUrl(path: string): string {
  return new URL(apiPath + path, location.href).href;
}

// Relative to the page, so that the inbox may be mounted below any path.
const apiPath = 'inbox/api/';

interface Problem {
  detail: string;
  errors: { pointer: string; detail: string }[];
}
