// The two calls, against a service at URL (`npm start` runs one). The code is read from the inbox, as a person would read it from their phone.
const url = process.env.URL ?? 'http://127.0.0.1:8080';

async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Record<string, unknown>;
}

const { id, to, notice } = await post('/v1/verifications', { to: '(202) 555-0143', country: 'US' });
console.log(notice);

const text = await fetch(`${url}/inbox/api/wait?to=${encodeURIComponent(String(to))}`);
const { code } = (await text.json()) as { code: string };

const { status } = await post('/v1/verifications/check', { id, code });
console.log(status); // approved
