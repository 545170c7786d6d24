import { afterEach, expect, test } from 'vitest';
import { CodeNotReceivedError } from '../../src/errors.ts';
import { extractCode } from '../../src/extract-code.ts';
import { smspinverifyNumbers } from '../../src/virtual-numbers/smspinverify.ts';
import { waitForCode } from '../../src/virtual-numbers/wait-for-code.ts';
import { eventually } from './eventually.ts';
import { cleanUp, newFolder, startService } from './phoneproof-process.ts';
import { call } from './service-client.ts';

afterEach(cleanUp);

const customer = 'a-key-of-the-customer-51f0';
const startDev = () => startService(['dev'], { cwd: newFolder() });
const noCode = 'You have not received any code yet.';

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}

test('a number is rented, the service sends to it, the text is polled for and its code is right', async () => {
  const { url, output } = await startDev();
  const number = await text(`${url}/user/get_number.php?customer=${customer}&app=Google&country=USA`);
  expect(number).toMatch(/^1\d{10}$/);
  const getSms = `${url}/user/get_sms.php?customer=${customer}&number=${number}&country=USA&app=Google`;
  expect(await text(getSms)).toBe(noCode);

  const started = await call(url, '/v1/verifications', { body: { to: `+${number}` } });
  expect(started).toMatchObject({ status: 201, body: { status: 'pending', to: `+${number}` } });

  await eventually(() => text(getSms)).not.toBe(noCode);
  const code = extractCode(await text(getSms));
  expect(code).toMatch(/^\d{6}$/);

  const checked = await call(url, '/v1/verifications/check', { body: { id: started.body['id'], code } });
  expect(checked).toMatchObject({ status: 200, body: { status: 'approved', to: `+${number}` } });

  const { stdout, stderr } = output();
  for (const secret of [customer, number, String(code)]) expect(stdout + stderr).not.toContain(secret);
});

test('a text that never arrives ends in an error that says what was tried and what to do next', async () => {
  const { url } = await startDev();
  const fault = { vendor: 'smspinverify', fault: { kind: 'dropped' }, next: 1 };
  expect((await call(url, '/inbox/api/faults', { body: fault })).status).toBe(201);

  const provider = smspinverifyNumbers({ customer, service: 'Google', baseUrl: url });
  const lease = await provider.acquire({ country: 'USA' }, { signal: new AbortController().signal });
  const started = await call(url, '/v1/verifications', { body: { to: lease.number } });
  expect(started.status).toBe(201);
  // It was sent: it is the vendor that tells nobody.
  const there = await call(url, `/inbox/api/wait?to=${encodeURIComponent(lease.number)}&timeout=10`);
  expect(there.status).toBe(200);

  let nowMs = Date.now();
  const wait = async (ms: number): Promise<void> => void (nowMs += ms);
  const waited = waitForCode(provider, lease, { timeoutMs: 60_000, clock: () => nowMs, wait, chance: () => 0.5 });
  const error: unknown = await waited.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CodeNotReceivedError);
  const { code, to, polls, waitedMs, lastAnswer, message } = error as CodeNotReceivedError;
  expect({ code, to }).toEqual({ code: 'code_not_received', to: expect.stringMatching(/^\+1•+\d{4}$/) });
  expect(waitedMs).toBe(60_000);
  expect(polls).toBeGreaterThan(5);
  for (const said of [to, 'smspinverify', '60 s', `${polls} polls`, lastAnswer, 'try again'])
    expect(message).toContain(said);
  for (const secret of [customer, lease.number, lease.number.slice(1), String(there.body['code'])]) {
    expect(message).not.toContain(secret);
  }
});
