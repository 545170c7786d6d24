import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, newFolder, run, startService } from './phoneproof-process.ts';
import { call } from './service-client.ts';

afterEach(cleanUp);

test('send and check work with dev as it comes', async () => {
  const cwd = newFolder();
  const { url } = await startService(['dev'], { cwd });
  const env = { PHONEPROOF_URL: url };
  const sent = await run(['send', '(202) 555-0143', '--country', 'US'], { cwd, env });
  expect(sent).toMatchObject({ exitCode: 0, stderr: '' });
  const { body: message } = await call(url, '/inbox/api/wait?to=%2B12025550143');
  const check = ['check', '+12025550143', String(message['code'])];
  expect(await run(check, { cwd, env })).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await run(check, { cwd, env })).toMatchObject({ exitCode: 1, stdout: '' });
});

test('without a service, send says so', async () => {
  const { exitCode, stderr } = await run(['send', '+12025550143', '--url', 'http://127.0.0.1:9'], { cwd: newFolder() });
  expect(exitCode).toBe(3);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await run(['--version'], { cwd: newFolder() })).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('whoever reads the output may go away early', async () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'serve', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect([exitCode, stderr]).toEqual([0, '']);
});

test('the inbox alone takes texts from programs of this machine, and finds their code', async () => {
  const service = await startService(['inbox'], { cwd: newFolder() });
  const { url } = service;
  const post = (body: unknown, headers = {}) => call(url, '/inbox/api/messages', { body, headers });
  const text = { to: '+12025550143', from: 'Acme', body: '493817 is your Acme code.' };
  expect(await post(text)).toMatchObject({ status: 201, body: { ...text, code: '493817', provider: 'http' } });
  expect(await call(url, '/inbox/api/wait?to=%2B12025550143')).toMatchObject({ status: 200, body: text });
  expect(await post({ ...text, to: '2025550143' })).toMatchObject({ status: 400 });
  expect(await post('{')).toMatchObject({ status: 400 });
  expect(await post({ ...text, body: 'a'.repeat(20_000) })).toMatchObject({ status: 400 });
  expect(await post(text, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);
});

test('a service whose code has a bug nobody caught logs it without what it was about, and ends with 1', async () => {
  const signals = new URL('../../src/server/process-signals.ts', import.meta.url).href;
  const log = new URL('../../src/server/log.ts', import.meta.url).href;
  const script = `
    const { endWithProcess } = await import('${signals}');
    const { createLog } = await import('${log}');
    endWithProcess({ stop: async () => {}, requestsMs: 1_000, log: createLog({ level: 'info', format: 'json' }) });
    setTimeout(() => {}, 60_000);
    void Promise.reject(new Error('no such number: +12025550143'));
  `;
  const { exitCode, stdout, stderr } = await run(['--input-type=module', '--eval', script], { cwd: newFolder() }, []);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
  const [line = '{}'] = stdout.split('\n');
  expect(JSON.parse(line)).toMatchObject({ level: 'error', error: { name: 'Error' } });
  expect(stdout).not.toContain('5550143');
});
