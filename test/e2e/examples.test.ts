import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { marked, type Tokens } from 'marked';

/** The examples run as they stand, on the built package, which they import by its name. */
const folder = mkdtempSync(join(tmpdir(), 'phoneproof-examples-'));
const children: ChildProcess[] = [];
const apiKey = 'example-key-0123456789abcdef0123456789';

afterAll(async () => {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
  rmSync(folder, { recursive: true });
});

/** Starts a process and collects what it prints. `printed` resolves with the first match. */
function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, PORT: '0', API_KEY: apiKey, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return async function printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(output);
      if (match) return match;
      const ended = child.exitCode !== null || child.stdout.readableEnded;
      if (ended) throw new Error(`ended without printing ${pattern}: ${output}`);
      await Promise.race([once(child.stdout, 'data'), once(child.stdout, 'end')]);
    }
  };
}

const secretAndFile = (name: string) => ({
  PHONEPROOF_SECRET: randomBytes(32).toString('base64'),
  DATABASE: join(folder, `${name}.db`),
});

const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

test('the library in fifteen lines: approved', () => {
  expect(execFileSync(process.execPath, ['examples/library.ts'], { encoding: 'utf8' }).trim()).toBe('approved');
});

/** The main job over the mounted API, with the code from the printed text. */
async function mainJob(base: string, printed: (pattern: RegExp) => Promise<RegExpExecArray>): Promise<void> {
  const key = { authorization: `Bearer ${apiKey}` };
  const to = '(202) 555-0143';
  expect((await post(`${base}/v1/verifications`, { to })).status).toBe(401);
  expect((await post(`${base}/v1/verifications`, { to }, key)).status).toBe(201);
  const code = (await printed(/(\d{6}) is your Acme code/))[1];
  const approved = await post(`${base}/v1/verifications/check`, { to, code }, key);
  expect([approved.status, await approved.json()]).toMatchObject([200, { status: 'approved', to: '+12025550143' }]);
  expect((await post(`${base}/v1/verifications/check`, { to, code }, key)).status).toBe(404);
  expect((await fetch(`${base}/v1/numbers/%2B12025550143`, { headers: key })).status).toBe(200);
}

test.each(['express', 'hono'])('mounted in %s, the HTTP API does the main job', async (name) => {
  const printed = start([`examples/${name}.ts`], secretAndFile(name));
  const port = (await printed(/"port":(\d+)/))[1];
  await mainJob(`http://127.0.0.1:${port}/phone`, printed);
});

test('in Express a route of the app checks a code itself', async () => {
  const printed = start(['examples/express.ts'], secretAndFile('sign-up'));
  const base = `http://127.0.0.1:${(await printed(/"port":(\d+)/))[1]}`;
  const phone = '+12025550143';
  const key = { authorization: `Bearer ${apiKey}` };
  expect((await post(`${base}/phone/v1/verifications`, { to: phone, purpose: 'sign-up' }, key)).status).toBe(201);
  const code = (await printed(/(\d{6}) is your Acme code/))[1];
  expect((await post(`${base}/sign-up`, { phone, code: [code] })).status).toBe(400);
  expect((await post(`${base}/sign-up`, { phone, code: '12' })).status).toBe(422);
  expect(await (await post(`${base}/sign-up`, { phone, code })).json()).toEqual({ verified: phone });
});

test('as a route of Next.js, the HTTP API does the main job', async () => {
  const route = new URL('../../examples/next/app/phone/[...path]/route.ts', import.meta.url);
  const program = `
    import { serve } from '@hono/node-server';
    const route = await import(${JSON.stringify(route.href)});
    const fetch = (request) => route[request.method](request);
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, (address) => console.log(JSON.stringify(address)));`;
  const printed = start(['--input-type=module', '--eval', program], secretAndFile('next'));
  await mainJob(`http://127.0.0.1:${(await printed(/"port":(\d+)/))[1]}/phone`, printed);
});

/** `npm start` without its build, on a free port. */
async function startDev(): Promise<string> {
  const store = `sqlite:${join(folder, `${randomBytes(4).toString('hex')}.db`)}`;
  const printed = start(['dist/cli/main.js', 'dev', '--port', '0', '--store', store]);
  return (await printed(/http:\/\/127\.0\.0\.1:\d+/))[0];
}

test('the two calls: approved', async () => {
  const env = { ...process.env, URL: await startDev() };
  const output = execFileSync(process.execPath, ['examples/two-calls.ts'], { env, encoding: 'utf8' });
  expect(output.trim().endsWith('approved')).toBe(true);
});

const readme = marked
  .lexer(readFileSync('README.md', 'utf8'))
  .filter((token): token is Tokens.Code => token.type === 'code');
const blocksIn = (lang: string) => readme.filter((block) => block.lang === lang).map(({ text }) => text.trim());

test('the curl calls of the README answer what it shows', async () => {
  const url = await startDev();
  const calls = blocksIn('sh').flatMap((block) => [...block.matchAll(/^curl (\S+) --json '(.*)'$/gm)]);
  const shown = blocksIn('json').map((block) => JSON.parse(block) as Record<string, unknown>);
  expect([calls.length, shown.length]).toEqual([2, 2]);
  let code = '';
  for (const [index, [, address = '', json = '']] of calls.entries()) {
    const body = JSON.parse(json) as Record<string, unknown>;
    const response = await post(
      address.replace('http://127.0.0.1:8080', url),
      'code' in body ? { ...body, code } : body,
    );
    const answer = (await response.json()) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual(Object.keys(shown[index] ?? {}));
    for (const field of ['to', 'purpose', 'status', 'sends_left', 'notice']) {
      expect([field, answer[field]]).toEqual([field, shown[index]?.[field]]);
    }
    const text = await fetch(`${url}/inbox/api/wait?to=%2B12025550143`);
    ({ code } = (await text.json()) as { code: string });
  }
});

test('every TypeScript block of the README is an example that runs here', () => {
  const examples = globSync('examples/**/*.ts').map((file) => readFileSync(file, 'utf8').trim());
  expect(blocksIn('ts').length).toBeGreaterThanOrEqual(5);
  for (const block of blocksIn('ts')) expect(examples).toContain(block);
});
