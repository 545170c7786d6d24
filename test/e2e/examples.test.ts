import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { marked, type Tokens } from 'marked';
import { Client } from 'pg';
import { startRedis } from '../servers/redis.ts';
import { freshSchemaName, postgresUrl } from '../servers/shared.ts';

/** The examples run as they stand, on the built package, which they import by its name. */
const folder = mkdtempSync(join(tmpdir(), 'phoneproof-examples-'));
const children: ChildProcess[] = [];
const run = promisify(execFile);
const exampleSecret = randomBytes(32).toString('base64');
const apiKey = 'example-key-0123456789abcdef0123456789';

afterAll(async () => {
  await Promise.all(
    children.map(async (child) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      process.kill(-child.pid, 'SIGKILL'); // the whole group: a shell's child too
      await exited;
    }),
  );
  rmSync(folder, { recursive: true });
});

/** Starts a process and collects what it prints. `printed` resolves with the first match. */
function start(
  args: readonly string[],
  { command = process.execPath, cwd, env }: { command?: string; cwd?: string; env?: Record<string, string> } = {},
) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PORT: '0', API_KEY: apiKey, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
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
  const printed = start([`examples/${name}.ts`], { env: secretAndFile(name) });
  const port = (await printed(/"port":(\d+)/))[1];
  await mainJob(`http://127.0.0.1:${port}/phone`, printed);
});

test('in Express a route of the app checks a code itself', async () => {
  const printed = start(['examples/express.ts'], { env: secretAndFile('sign-up') });
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
  const printed = start(['--input-type=module', '--eval', program], { env: secretAndFile('next') });
  await mainJob(`http://127.0.0.1:${(await printed(/"port":(\d+)/))[1]}/phone`, printed);
});

/** A database of its own on the shared PostgreSQL. */
async function freshDatabase(): Promise<string> {
  const name = freshSchemaName();
  const client = new Client({ connectionString: await postgresUrl() });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(await postgresUrl());
  url.pathname = `/${name}`;
  return url.href;
}

test.each(['redis', 'postgres'])('on %s, the verifier of the docs does the main job', async (name) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const program = `
    import { createInterface } from 'node:readline';
    const { verifier } = await import(${JSON.stringify(new URL(`../../examples/${name}.ts`, import.meta.url).href)});
    const started = await verifier.start({ to: process.argv[1] });
    for await (const code of createInterface(process.stdin)) {
      console.log('checked: ' + (await verifier.check({ id: started.verification.id, code })).status);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, '+12025550143'], {
    env: {
      ...process.env,
      PHONEPROOF_SECRET: exampleSecret,
      REDIS_URL: redis.url,
      DATABASE_URL: await freshDatabase(),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  children.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const printed = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(output)?.[1];
      if (found !== undefined) return found;
      await once(child.stdout, 'data');
    }
  };
  const code = await printed(/\b(\d{6}) is your/);
  child.stdin.write(`${code}\n`);
  expect(await printed(/checked: (\w+)/)).toBe('approved');
});

test('when the first provider fails, the code goes by the second, with the verifier of the README', async () => {
  const printed = start(['dist/cli/main.js', 'inbox', '--port', '0']);
  const url = (await printed(/http:\/\/127\.0\.0\.1:\d+/))[0];
  await post(`${url}/inbox/api/faults`, { vendor: 'twilio', fault: { kind: 'server_error', status: 500 }, next: 1 });
  const program = `
    const { verifier } = await import(${JSON.stringify(new URL('../../examples/failover.ts', import.meta.url).href)});
    const { verification } = await verifier.start({ to: '+12025550143' });
    const text = await (await fetch('${url}/inbox/api/wait?to=%2B12025550143')).json();
    const { status } = await verifier.check({ id: verification.id, code: text.code });
    console.log(text.provider, status, verification.deliveries.map(({ provider }) => provider).join());`;
  const env = {
    ...process.env,
    ...secretAndFile('failover'),
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'token-of-the-account',
    TWILIO_FROM: '+15005550006',
    TWILIO_BASE_URL: `${url}/twilio`,
    VONAGE_API_KEY: 'abcd1234',
    VONAGE_API_SECRET: 'secret-of-the-account',
    VONAGE_BASE_URL: `${url}/vonage`,
  };
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { env });
  expect(stdout.trim()).toBe('vonage approved twilio,vonage');
});

test('a check and what an app makes of it are one transaction', async () => {
  const env = { ...process.env, PHONEPROOF_SECRET: exampleSecret, DATABASE_URL: await freshDatabase() };
  const { stdout } = await run(process.execPath, ['examples/postgres-transaction.ts'], { env });
  expect(stdout.split('\n')[0]).toBe('approved');
  expect(stdout).toContain("{ phone: '+12025550143', name: 'Ada' }");
});

/** `npm start` without its build, on a free port. */
async function startDev(): Promise<string> {
  const store = `sqlite:${join(folder, `${randomBytes(4).toString('hex')}.db`)}`;
  const printed = start(['dist/cli/main.js', 'dev', '--port', '0', '--store', store]);
  return (await printed(/http:\/\/127\.0\.0\.1:\d+/))[0];
}

test("the inbox's client and a clock that stands still, in Node's own test runner", async () => {
  const env = { ...process.env, PHONEPROOF_INBOX_URL: await startDev() };
  const { stdout } = await run(process.execPath, ['--test', 'examples/inbox-client.ts', 'examples/virtual-clock.ts'], {
    env,
  });
  expect(stdout).toMatch(/pass 3\b/);
  expect(stdout).toMatch(/fail 0\b/);
});

test('the two calls: approved', async () => {
  const env = { ...process.env, URL: await startDev() };
  const output = execFileSync(process.execPath, ['examples/two-calls.ts'], { env, encoding: 'utf8' });
  expect(output.trim().endsWith('approved')).toBe(true);
});

const codeIn = (page: string) =>
  marked.lexer(readFileSync(page, 'utf8')).filter((token): token is Tokens.Code => token.type === 'code');
const readme = codeIn('README.md');
const blocksIn = (lang: string) => readme.filter((block) => block.lang === lang).map(({ text }) => text.trim());
const shell = blocksIn('sh');

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Shell blocks by who runs them. */
const curls = shell.filter((block) => block.startsWith('curl '));
const commands = shell.filter((block) => block.startsWith('npm run phoneproof -- '));
const serving = shell.filter((block) => /openssl|phoneproof serve/.test(block));
/** Run by a fresh clone in CI, and by test/repo/packed.test.ts. */
const elsewhere = [
  'npm ci && npm start',
  `npm pack\nnpm install ./phoneproof-${version}.tgz`,
  // By test/e2e/sign-up-example.test.ts.
  'npx phoneproof inbox',
  'npm ci && npm test',
];

test('every shell block of the README is run', () => {
  const others = shell.filter((block) => ![curls, commands, serving].some((group) => group.includes(block)));
  expect(others).toEqual(elsewhere);
  expect([curls.length, commands.length, serving.length]).toEqual([2, 1, 2]);
});

/** Waits for the newest code that reached the inbox of a service. */
async function codeFrom(url: string): Promise<string> {
  const text = await fetch(`${url}/inbox/api/wait?to=%2B12025550143`);
  return ((await text.json()) as { code: string }).code;
}

test('the curl calls of the README answer what it shows', async () => {
  const url = await startDev();
  const shown = blocksIn('json').map((block) => JSON.parse(block) as Record<string, unknown>);
  const posted: Record<string, unknown>[] = [];
  for (const block of curls) {
    const [, quoted, plain, json] =
      /^curl (?:'(http\S+)'|(http\S+))(?: \\\n {2}-H 'content-type: application\/json' -d '(.*)')?$/.exec(block) ?? [];
    const address = (quoted ?? plain ?? '').replace('http://127.0.0.1:8080', url);
    expect(address, block).toContain(url);
    if (json === undefined) {
      expect((await fetch(address)).status, block).toBe(200);
      continue;
    }
    const body = JSON.parse(json) as Record<string, unknown>;
    const response = await post(address, 'code' in body ? { ...body, code: await codeFrom(url) } : body);
    posted.push((await response.json()) as Record<string, unknown>);
  }
  expect(posted.map(Object.keys)).toEqual(shown.map(Object.keys));
  for (const field of ['to', 'purpose', 'status', 'sends_left', 'notice']) {
    expect(posted.map((answer) => answer[field])).toEqual(shown.map((answer) => answer[field]));
  }
});

test('the commands of the README verify a number', async () => {
  const url = await startDev();
  const lines = commands.flatMap((block) => block.split('\n'));
  expect(lines.map((line) => line.split(' ')[4])).toEqual(['send', 'check']);
  for (const line of lines) {
    const command = line.includes(' check ') ? line.replace('493817', await codeFrom(url)) : line;
    // Rejects unless the command ends with 0, which stands for sent and approved.
    await run('sh', ['-c', command], { env: { ...process.env, PHONEPROOF_URL: url } });
  }
  expect(await (await fetch(`${url}/v1/numbers/%2B12025550143`)).json()).toMatchObject({ verified: true });
});

/** A folder with what the serve blocks find on a machine: `openssl`, which may be missing here, and `npx` as it is where the package is installed. */
function installedFolder(): { cwd: string; env: Record<string, string> } {
  const cwd = mkdtempSync(join(folder, 'serve-'));
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  const random = 'process.stdout.write(crypto.randomBytes(Number(process.argv[2])).toString(process.argv[1]) + "\\n")';
  const mode = { mode: 0o755 };
  writeFileSync(join(bin, 'openssl'), `#!/bin/sh\nexec "$NODE" --eval '${random}' "\${2#-}" "$3"\n`, mode);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\n[ "$1" = phoneproof ] && shift && exec "$NODE" "$MAIN" "$@"\n`, mode);
  const env = {
    PATH: `${bin}:${process.env['PATH']}`,
    NODE: process.execPath,
    MAIN: resolve('dist/cli/main.js'),
    PHONEPROOF_PORT: '0',
  };
  return { cwd, env };
}

test('the service of the README starts, with secrets that only their owner can read, and does the main job', async () => {
  const { cwd, env } = installedFolder();
  const [makeSecrets = '', serve = ''] = serving;
  await run('sh', ['-c', makeSecrets], { cwd, env: { ...process.env, ...env } });
  for (const file of ['secret', 'api-keys']) expect(statSync(join(cwd, file)).mode & 0o777).toBe(0o600);
  const printed = start(['-c', serve], { command: 'sh', cwd, env });
  const url = (await printed(/"url":"([^"]+)"/))[1];
  const key = { authorization: `Bearer ${readFileSync(join(cwd, 'api-keys'), 'utf8').trim()}` };
  const to = '+12025550143';
  expect((await post(`${url}/v1/verifications`, { to })).status).toBe(401);
  expect((await post(`${url}/v1/verifications`, { to: '+447911123456' }, key)).status).toBe(403);
  expect((await post(`${url}/v1/verifications`, { to }, key)).status).toBe(201);
  const code = (await printed(/SMS to \+12025550143\n.*?(\d{6})/))[1];
  expect((await post(`${url}/v1/verifications/check`, { to, code }, key)).status).toBe(200);
  expect(statSync(join(cwd, 'phoneproof.db')).mode & 0o777).toBe(0o600);
});

test.each(['README.md', 'docs/testing.md', 'docs/writing-a-provider.md', ...globSync('docs/stores/*.md')])(
  'every TypeScript block of %s is an example that runs here',
  (page) => {
    const examples = globSync('examples/**/*.ts').map((file) => readFileSync(file, 'utf8').trim());
    const blocks = codeIn(page).filter(({ lang }) => lang === 'ts');
    for (const { text } of blocks) expect(examples).toContain(text.trim());
    expect(blocks.length).toBeGreaterThanOrEqual(
      { 'README.md': 7, 'docs/testing.md': 4, 'docs/stores/README.md': 0 }[page] ?? 1,
    );
  },
);
