import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp, newFolder, run, startService, type RunningService } from './phoneproof-process.ts';
import { call, type Answer } from './service-client.ts';

afterEach(cleanUp);

const alice = '+12025550143';
const password = 'correct-horse-battery';

function send(url: string, code: string, headers: Record<string, string> = {}): Promise<Answer> {
  return call(url, '/inbox/api/messages', { body: { to: alice, body: `${code} is your Acme code.` }, headers });
}

function startInbox(
  args: readonly string[],
  cwd = newFolder(),
  env: Record<string, string> = {},
): Promise<RunningService> {
  return startService(['inbox', ...args], { cwd, env });
}

/** The status of an answer to a call under another name than where it goes. */
function statusAs(url: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}

describe('the history', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('is there after %s, and cursors go on', async (signal) => {
    const cwd = newFolder();
    const first = await startInbox(['--inbox-history', 'inbox.db'], cwd);
    const sent = [await send(first.url, '111111'), await send(first.url, '222222')].map(({ body }) =>
      String(body['id']),
    );
    const { body: before } = await call(first.url, '/inbox/api/messages');
    first.signal(signal);
    await first.ended;

    const second = await startInbox(['--inbox-history', 'inbox.db'], cwd);
    expect(second.output().stdout).toContain('history=inbox.db texts=2');
    expect((await call(second.url, '/inbox/api/messages')).body).toEqual(before);
    const missed = await call(second.url, `/inbox/api/wait?after=${sent[0]}&timeout=0`);
    expect(missed.body).toMatchObject({ id: sent[1], code: '222222' });
    expect(await call(second.url, `/inbox/api/wait?after=${sent[1]}&timeout=0`)).toMatchObject({ status: 408 });
    const third = await send(second.url, '333333');
    expect(String(third.body['id']) > sent[1]!).toBe(true);
    expect((await call(second.url, `/inbox/api/wait?after=${sent[1]}&timeout=0`)).body).toEqual(third.body);
    expect(statSync(join(cwd, 'inbox.db')).mode & 0o777).toBe(0o600);
  });

  test('belongs to one process at a time: a second is told', async () => {
    const cwd = newFolder();
    const first = await startInbox(['--inbox-history', 'inbox.db'], cwd);
    const { exitCode, stderr } = await run(['inbox', '--port', '0', '--inbox-history', 'inbox.db'], { cwd });
    expect(exitCode).toBe(78);
    expect(stderr).toContain('Another process keeps its texts in inbox.db.');
    expect(await send(first.url, '111111')).toMatchObject({ status: 201 });
  });

  test('is kept by dev too, of the texts that it sends', async () => {
    const cwd = newFolder();
    const env = { PHONEPROOF_INBOX_HISTORY: 'inbox.db' };
    const first = await startService(['dev'], { cwd, env });
    await call(first.url, '/v1/verifications', { body: { to: alice } });
    const { body: before } = await call(first.url, '/inbox/api/messages');
    expect(before).toMatchObject({ total: 1 });
    first.signal('SIGKILL');
    await first.ended;
    const second = await startService(['dev'], { cwd, env });
    expect((await call(second.url, '/inbox/api/messages')).body).toEqual(before);
  });

  test('is none unless it is asked for, and that is said', async () => {
    const { url, output } = await startInbox(['--inbox-max-messages', '2']);
    expect(output().stdout).toContain('kept in memory');
    for (const code of ['111111', '222222', '333333']) await send(url, code);
    const { body } = await call(url, '/inbox/api/messages');
    expect(body).toMatchObject({ total: 2, data: [{ code: '333333' }, { code: '222222' }] });
    expect((await call(url, '/inbox/api/info')).body).toMatchObject({
      history: false,
      max_messages: 2,
      access: 'local',
    });
  });
});

describe('an inbox that other machines reach', () => {
  test('does not start without a password, and says what to do', async () => {
    const { exitCode, stderr } = await run(['inbox', '--host', '0.0.0.0', '--port', '0'], { cwd: newFolder() });
    expect(exitCode).toBe(78);
    expect(stderr).toContain('PHONEPROOF_INBOX_PASSWORD');
  });

  test('asks everyone for it, shows it to nobody, and opens its page by a key', async () => {
    const env = { PHONEPROOF_INBOX_PASSWORD: password };
    const { url, output } = await startInbox(['--host', '0.0.0.0'], newFolder(), env);
    const { port } = new URL(url);
    expect(await call(url, '/inbox/api/messages')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await send(url, '111111')).toMatchObject({ status: 401 });
    const headers = { authorization: `Bearer ${password}` };
    expect(await send(url, '111111', headers)).toMatchObject({ status: 201 });
    expect(await statusAs(url, '/inbox/api/messages', { ...headers, host: `192.168.1.5:${port}` })).toBe(200);
    expect(
      await call(url, '/inbox/api/messages', { headers: { ...headers, origin: 'https://example.com' } }),
    ).toMatchObject({
      status: 403,
    });

    const opened = await fetch(`${url}/inbox?key=${password}`, { redirect: 'manual' });
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/inbox']);
    const cookie = opened.headers.get('set-cookie')!.split(';')[0]!;
    const { body: info } = await call(url, '/inbox/api/info', { headers: { cookie } });
    expect(info).toMatchObject({ access: 'password', history: false });
    const addresses = info['addresses'] as string[];
    for (const address of addresses)
      expect(address).toMatch(new RegExp(`^http://[\\d.]+:${port}/inbox\\?key=${password}$`));
    for (const address of addresses) expect(output().stdout).toContain(address.split('?')[0]);
    expect(output().stdout + output().stderr).not.toContain(password);
  });

  test('keeps its emulators to this machine, or opens them where that is said', async () => {
    const cwd = newFolder();
    const env = { PHONEPROOF_INBOX_PASSWORD: password };
    const from = { host: 'inbox:8025' };
    const closed = await startInbox(['--host', '0.0.0.0'], cwd, env);
    expect(await statusAs(closed.url, '/twilio/2010-04-01', from)).toBe(403);
    expect(await statusAs(closed.url, '/twilio/2010-04-01', {})).not.toBe(403);
    const open = await startInbox(['--host', '0.0.0.0', '--inbox-emulators', 'anyone'], cwd, env);
    expect(await statusAs(open.url, '/twilio/2010-04-01', from)).not.toBe(403);
  });
});

test('in production it runs only if that is said', async () => {
  const env = { NODE_ENV: 'production' };
  const refused = await run(['inbox', '--port', '0'], { cwd: newFolder(), env });
  expect(refused.exitCode).toBe(78);
  const { url } = await startInbox(['--inbox-allow-production'], newFolder(), env);
  expect(await call(url, '/inbox/api/messages')).toMatchObject({ status: 200 });
});

test('prices are told as they were given', async () => {
  const { url } = await startInbox(['--inbox-prices', 'USD:*=0.05,+1=0.0083', '--inbox-keep-hours', '24']);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect((await call(url, '/inbox/api/info')).body).toMatchObject({
    version,
    keep_hours: 24,
    prices: { currency: 'USD', per_segment: { '*': 0.05, '+1': 0.0083 } },
    addresses: [],
  });
});
