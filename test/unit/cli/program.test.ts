import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { createHttpHandler } from '../../../src/http/app.ts';
import { listen, type HttpServer } from '../../../src/server/http-server.ts';
import { options } from '../../../src/server/config.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { recordingProvider } from '../../../src/testing/recording-provider.ts';
import { createVerifier } from '../../../src/verifier.ts';

const secret = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const folder = mkdtempSync(join(tmpdir(), 'phoneproof-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command line as `main.ts` does, and gives what it wrote. */
async function phoneproof(args: readonly string[], env: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const exitCode = await runCli(args, {
    env,
    cwd: folder,
    write: (text) => void (stdout += text),
    writeError: (text) => void (stderr += text),
  });
  return { exitCode, stdout, stderr };
}

describe('send and check', () => {
  let server: HttpServer;
  let provider: ReturnType<typeof recordingProvider>;
  let env: Record<string, string>;
  beforeEach(async () => {
    provider = recordingProvider();
    const verifier = createVerifier({ secret, store: memoryStore(), provider });
    const { fetch } = createHttpHandler({ verifier, apiKeys: [key] });
    server = await listen({ fetch, host: '127.0.0.1', port: 0, howToMove: '', onError: () => {} });
    env = { PHONEPROOF_URL: server.url, PHONEPROOF_API_KEY: key };
  });
  afterEach(() => server.close({ graceMs: 0 }));
  const sent = () => provider.messages.at(-1)?.code ?? '';

  test('a code that was sent is approved once', async () => {
    const send = await phoneproof(['send', '(202) 555-0143', '--country', 'US', '--json'], env);
    expect(send).toMatchObject({ exitCode: 0, stderr: '' });
    const { id, to } = JSON.parse(send.stdout);
    expect(to).toBe('+12025550143');
    expect(await phoneproof(['check', id, sent()], env)).toMatchObject({ exitCode: 0, stderr: '' });
    const again = await phoneproof(['check', id, sent()], env);
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toContain('verification_used');
  });

  test('a check takes the number too, and keeps purposes apart', async () => {
    await phoneproof(['send', '+12025550143', '--purpose', 'sign-in'], env);
    const other = await phoneproof(['check', '202-555-0143', sent(), '--country', 'US'], env);
    expect(other).toMatchObject({ exitCode: 1 });
    const same = ['check', '202-555-0143', sent(), '--country', 'US', '--purpose', 'sign-in', '--json'];
    const { exitCode, stdout } = await phoneproof(same, env);
    expect({ exitCode, status: JSON.parse(stdout).status }).toEqual({ exitCode: 0, status: 'approved' });
  });

  test('what it prints names the id and what to do next, and no code', async () => {
    const { stdout } = await phoneproof(['send', '+12025550143'], env);
    expect(stdout).toMatch(/phoneproof check v1\S{56} <code>/);
    expect(stdout).not.toContain(sent());
  });

  test('a refusal says why, how many checks are left and when to come back', async () => {
    await phoneproof(['send', '+12025550143'], env);
    const incorrect = await phoneproof(
      ['check', '+12025550143', sent() === '000000' ? '000001' : '000000', '--json'],
      env,
    );
    expect(incorrect).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('incorrect_code') });
    expect(incorrect.stderr).toContain('4 checks left');
    expect(JSON.parse(incorrect.stdout)).toMatchObject({ status: 422, code: 'incorrect_code' });
    for (let i = 0; i < 2; i++) await phoneproof(['send', '+12025550143'], env);
    const limited = await phoneproof(['send', '+12025550143'], env);
    expect(limited.exitCode).toBe(1);
    expect(limited.stderr).toMatch(/rate_limited.*\n.*again in (600|59\d) s/);
  });

  test('a field that is wrong is named', async () => {
    const { exitCode, stderr } = await phoneproof(['check', '+12025550143', '12'], env);
    expect({ exitCode, named: stderr.includes('/code') }).toEqual({ exitCode: 1, named: true });
  });

  test('the key comes from a flag, a file or the environment; without it the service says no', async () => {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, `${key}\n`);
    const url = ['--url', `${server.url}/`];
    expect(await phoneproof(['send', '+12025550143', ...url, '--api-key', key])).toMatchObject({ exitCode: 0 });
    expect(await phoneproof(['send', '+12025550143', ...url, '--api-key-file', keyFile])).toMatchObject({
      exitCode: 0,
    });
    const { exitCode, stderr } = await phoneproof(['send', '+12025550143', ...url]);
    expect({ exitCode, unauthorized: stderr.includes('unauthorized') }).toEqual({ exitCode: 1, unauthorized: true });
  });

  test('a service that cannot send right now is no refusal', async () => {
    await server.close({ graceMs: 0 });
    const { exitCode, stderr } = await phoneproof(['send', '+12025550143'], env);
    expect({ exitCode, url: stderr.includes(server.url) }).toEqual({ exitCode: 3, url: true });
    expect(stderr).not.toContain(key);
  });
});

describe('what answers is not phoneproof:', () => {
  let stranger: Server;
  let seen: (string | undefined)[];
  afterEach(() => void stranger.close());

  async function answering(status: number, headers: Record<string, string>, body: string): Promise<string> {
    seen = [];
    stranger = createServer((request, response) => {
      seen.push(request.url);
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  }

  test('a page', async () => {
    const url = await answering(200, { 'content-type': 'text/html' }, '<h1>hello</h1>');
    expect(await phoneproof(['send', '+12025550143', '--url', url])).toMatchObject({ exitCode: 3, stdout: '' });
  });

  test('a redirect, which would take the key elsewhere', async () => {
    const url = await answering(307, { location: '/elsewhere' }, '');
    expect(await phoneproof(['send', '+12025550143', '--url', url, '--api-key', key])).toMatchObject({ exitCode: 3 });
    expect(seen).toEqual(['/v1/verifications']);
  });

  test('a fault of the service is no refusal', async () => {
    const url = await answering(503, { 'content-type': 'application/problem+json' }, '{"code":"store_unavailable"}');
    expect(await phoneproof(['check', '+12025550143', '493817', '--url', url])).toMatchObject({ exitCode: 3 });
  });

  test('control characters in an answer do not reach the terminal', async () => {
    const notice = 'ok \u001B[2J\u001B]0;title\u0007\r\u009B1m';
    const url = await answering(
      201,
      { 'content-type': 'application/json' },
      JSON.stringify({ notice, id: 'v1\u0000' }),
    );
    const { stdout } = await phoneproof(['send', '+12025550143', '--url', url]);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('config print', () => {
  const env = {
    PHONEPROOF_SECRET: secret,
    PHONEPROOF_API_KEYS: `acme:${key}`,
    PHONEPROOF_COUNTRIES: 'US',
    PHONEPROOF_STORE: 'memory:',
    PHONEPROOF_PROVIDER: 'inbox',
    PHONEPROOF_ALLOW_UNSAFE: 'provider,store',
  };

  test('shows every option of the command, its value and where it comes from, and no secret', async () => {
    const { exitCode, stdout, stderr } = await phoneproof(['config', 'print', '--port', '9000'], env);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^PHONEPROOF_PORT +9000 +flag --port$/m);
    expect(stdout).toMatch(/^PHONEPROOF_COUNTRIES +US +environment$/m);
    expect(stdout).toMatch(/^PHONEPROOF_HOST +127\.0\.0\.1 +default$/m);
    expect(stdout).toMatch(/^PHONEPROOF_SECRET +•+ +environment$/m);
    expect(stdout).not.toMatch(new RegExp(`${key}|${secret.slice(0, 8)}|acme`));
    const shown = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(shown).toEqual(options.filter(({ commands }) => commands.includes('serve')).map(({ env: name }) => name));
  });

  test('names everything that is wrong with it', async () => {
    const given = { ...env, PHONEPROOF_PORT: 'http', PHONEPROOF_ALLOW_UNSAFE: '', PHONEPROOF_PROT: '1' };
    const { exitCode, stdout, stderr } = await phoneproof(['config', 'print', '--json'], given);
    expect({ exitCode, stderr }).toEqual({ exitCode: 78, stderr: '' });
    const { faults, warnings } = JSON.parse(stdout);
    expect({ faults: faults.length, warnings: warnings.length }).toEqual({ faults: 3, warnings: 1 });
  });

  test('shows what dev would run with', async () => {
    const { exitCode, stdout } = await phoneproof(['config', 'print', '--for', 'dev']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^PHONEPROOF_STORE +sqlite:\.phoneproof\/phoneproof\.db +default$/m);
  });
});

describe('receipts', () => {
  const env = {
    PHONEPROOF_SECRET: secret,
    PHONEPROOF_PUBLIC_URL: 'https://verify.example.com',
    PHONEPROOF_PROVIDER: 'inbox,android-gateway,vonage',
    PHONEPROOF_VONAGE_API_KEY: 'abcd1234',
    PHONEPROOF_VONAGE_API_SECRET: 'secret-of-vonage',
    PHONEPROOF_VONAGE_FROM: 'Acme',
    PHONEPROOF_ANDROID_GATEWAY_BASE_URL: 'http://192.168.1.7:8080',
    PHONEPROOF_ANDROID_GATEWAY_USERNAME: 'sms',
    PHONEPROOF_ANDROID_GATEWAY_PASSWORD: 'password-of-the-phone',
    PHONEPROOF_ANDROID_GATEWAY_SIGNING_KEY: 'key-of-the-phone',
  };

  test('says where each vendor tells, and which has to be told so by hand', async () => {
    const { exitCode, stdout, stderr } = await phoneproof(['receipts'], env);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [inbox, android, vonage] = stdout.split('\n\n');
    expect(inbox).toMatch(/^inbox\n.*no receipts/);
    expect(android).toMatch(
      /^android-gateway\n {2}https:\/\/verify\.example\.com\/v1\/receipts\/android-gateway\/[\w-]{22}\n.*once/,
    );
    expect(vonage).toMatch(
      /^vonage\n {2}https:\/\/verify\.example\.com\/v1\/receipts\/vonage\/[\w-]{22}\n.*nothing to do/,
    );
    for (const credential of ['secret-of-vonage', 'password-of-the-phone', 'key-of-the-phone', secret]) {
      expect(stdout).not.toContain(credential);
    }
  });

  test('needs the secret, the providers and the public address', async () => {
    const { exitCode, stderr } = await phoneproof(['receipts']);
    expect(exitCode).toBe(78);
    for (const name of ['PHONEPROOF_SECRET', 'PHONEPROOF_PROVIDER', 'PHONEPROOF_PUBLIC_URL'])
      expect(stderr).toContain(name);
  });
});

describe('the command line', () => {
  test.each(['dev', 'serve', 'inbox', 'send', 'check', 'migrate', 'receipts', 'config print'])(
    '%s --help shows an example and its options',
    async (name) => {
      const { exitCode, stdout } = await phoneproof([...name.split(' '), '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^Examples?:\n.*phoneproof/ms);
      const command = name === 'config print' ? 'serve' : name;
      for (const { env, flag, secret: isSecret } of options.filter(({ commands }) =>
        commands.includes(command as never),
      )) {
        expect(stdout).toContain(isSecret ? `${flag}-file ` : flag);
        expect(stdout).toContain(env);
      }
    },
  );

  test.each([
    ['nothing', []],
    ['a command that is none', ['sned', '+12025550143']],
    ['a flag that is none', ['serve', '--prot', '1']],
    ['too little', ['check', '+12025550143']],
    ['too much', ['send', '+12025550143', '+12025550144']],
    ['a flag without its value', ['dev', '--port']],
  ])('%s is wrong usage', async (_, args) => {
    expect(await phoneproof(args)).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('a secret as a flag is refused and not repeated', async () => {
    for (const args of [
      ['serve', `--secret=${secret}`],
      ['serve', '--secret', secret],
    ]) {
      const { exitCode, stderr } = await phoneproof(args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('--secret-file');
      expect(stderr).not.toContain(secret);
    }
  });

  test.each([
    [['serve', secret]],
    [['config', 'print', 'one', secret]],
    [[secret]],
    [['config', secret]],
    [['serve', `-${secret}`]],
    [['serve', `--secrets=${secret}'${secret}`]],
    [['config', 'print', '--for', secret]],
  ])('a secret in the wrong place of a command line is not repeated (%#)', async (args) => {
    const { exitCode, stdout, stderr } = await phoneproof(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: /);
    expect(stdout + stderr).not.toContain(secret.slice(0, 8));
  });

  test('a mistyped command or flag is named with the one that is meant', async () => {
    expect((await phoneproof(['sned'])).stderr).toMatch(/'sned'[^]*send/);
    expect((await phoneproof(['serve', '--prot=1'])).stderr).toMatch(/'--prot'[^]*--port/);
  });

  test('a value that is wrong is a fault of the configuration, whatever gives it', async () => {
    expect(await phoneproof(['dev', '--port', 'http'])).toMatchObject({ exitCode: 78 });
    expect(await phoneproof(['send', '+12025550143'], { PHONEPROOF_URL: 'localhost' })).toMatchObject({ exitCode: 78 });
  });
});
