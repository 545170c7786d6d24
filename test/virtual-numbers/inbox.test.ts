import { describe, expect, test } from 'vitest';
import { ConfigurationError, VirtualNumberError } from '../../src/errors.ts';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createInbox } from '../../src/inbox/messages.ts';
import { listen } from '../../src/server/http-server.ts';
import { virtualClock } from '../../src/testing/clock.ts';
import type { VendorReply } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Answer } from '../../src/testing/provider-cases/vendor.ts';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { inboxNumbers, type InboxNumbersOptions } from '../../src/virtual-numbers/inbox.ts';
import { waitForCode } from '../../src/virtual-numbers/wait-for-code.ts';
import { withNumber } from '../../src/virtual-numbers/with-number.ts';
import { listeningInbox } from '../emulators/carrier-under-test.ts';

const password = 'password-of-the-inbox';
const signal = new AbortController().signal;

const json = (status: number, body: unknown): VendorReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const problem = (status: number, code: string) => json(status, { type: 'about:blank', title: code, status, code });

const lease = (number: string, leasedAtMs: number) => ({
  number,
  country: 'US',
  run: 'run-1',
  leased_at: new Date(leasedAtMs).toISOString(),
  expires_at: new Date(leasedAtMs + 1_200_000).toISOString(),
  cursor: String(leasedAtMs),
});

const underTest: VirtualNumberUnderTest = {
  open: (url, options) => inboxNumbers({ url, token: password, run: 'run-1', ...options }),
  wanted: { country: 'US' },
  credentials: [password],
  numbers: ['+12025550100', '+12025550101'],
  asks: ['acquire', 'poll', 'release'],
  actOf: ({ method }) => (({ POST: 'acquire', GET: 'poll', DELETE: 'release' }) as const)[method] ?? null,
  answer({ method, url }, { number, leasedAtMs, texts }) {
    if (method === 'POST') return json(201, lease(number, leasedAtMs));
    if (method === 'DELETE') return { status: 204, body: '' };
    const after = Number(new URL(url).searchParams.get('after'));
    const messages = texts
      .filter(({ atMs }) => atMs >= after)
      .map(({ text, code, from }) => ({ id: 'm', to: number, from, body: text, code, run: 'run-1' }));
    return json(200, { data: messages.toReversed(), cursor: 'latest', total: messages.length });
  },
  tellsText: true,
  tellsSender: true,
  canBeLost: false,
  answers: [
    { name: 'no number is free', on: 'acquire', reply: problem(503, 'no_number'), is: 'no_numbers' },
    { name: 'the country is none', on: 'acquire', reply: problem(400, 'invalid_request'), is: 'config' },
    { name: 'the password is missing', on: 'acquire', reply: problem(401, 'password_needed'), is: 'auth' },
    { name: 'another host', on: 'acquire', reply: problem(403, 'host_not_allowed'), is: 'config' },
    { name: 'through a proxy', on: 'poll', reply: problem(403, 'proxy_not_allowed'), is: 'config' },
    { name: 'it is about to end', on: 'poll', reply: problem(503, 'not_ready'), is: 'unavailable' },
    { name: 'something else is there', on: 'acquire', reply: { status: 404, body: 'Not Found' }, is: 'config' },
    { name: 'nothing arrived', on: 'poll', reply: json(200, { data: [], cursor: 'c', total: 0 }), is: 'waiting' },
    { name: 'given back', on: 'release', reply: { status: 204, body: '' }, is: 'released' },
  ],
};

describe('it keeps the promises of virtual numbers:', () => {
  for (const { name, run } of virtualNumberConformance()) test(name, () => run(underTest));
});

/** With a clock of its own, against an inbox that answers so. */
async function against<Result>(
  answer: Answer,
  run: (opened: {
    numbers: ReturnType<typeof inboxNumbers>;
    clock: ReturnType<typeof virtualClock>;
    received: readonly { method: string; url: string; headers: Headers; body: string }[];
  }) => Promise<Result>,
  options: InboxNumbersOptions = {},
): Promise<Result> {
  const clock = virtualClock();
  return withVendor(answer, ({ url, received }) =>
    run({ numbers: inboxNumbers({ url, clock: clock.now, ...options }), clock, received }),
  );
}

const lends: Answer = ({ method }, response) => {
  const { status, body } = method === 'POST' ? json(201, lease('+12025550100', Date.UTC(2031, 0, 1))) : json(204, '');
  response.writeHead(status).end(status === 204 ? undefined : body);
};

describe('the requests', () => {
  test('name country and run, and prove themselves where there is a password', async () => {
    const [request] = await against(
      lends,
      async ({ numbers, received }) => {
        await numbers.acquire({ country: 'GB' }, { signal });
        return received;
      },
      { run: 'worker-3', token: password },
    );
    expect([request?.method, new URL(request?.url ?? '').pathname]).toEqual(['POST', '/inbox/api/numbers']);
    expect(JSON.parse(request?.body ?? '')).toEqual({ country: 'GB', run: 'worker-3' });
    expect(request?.headers.get('authorization')).toBe(`Bearer ${password}`);
  });

  test('leave out what was not given', async () => {
    const [request] = await against(lends, async ({ numbers, received }) => {
      await numbers.acquire({ country: '' }, { signal });
      return received;
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({});
    expect(request?.headers.has('authorization')).toBe(false);
  });

  test('go below whatever address there is', async () => {
    const [request] = await withVendor(lends, async ({ url, received }) => {
      await inboxNumbers({ url: `${url}/catcher/` }).acquire({ country: 'US' }, { signal });
      return received;
    });
    expect(new URL(request?.url ?? '').pathname).toBe('/catcher/inbox/api/numbers');
  });
});

describe('a lease', () => {
  test('lasts as long as the inbox says, whatever its clock says', () =>
    against(lends, async ({ numbers, clock }) => {
      const { acquiredAtMs, expiresAtMs } = await numbers.acquire({ country: 'US' }, { signal });
      expect([acquiredAtMs, expiresAtMs]).toEqual([clock.now(), clock.now() + 1_200_000]);
    }));

  test('that is over is lost, and is not given back: the number may be lent to another', () =>
    against(lends, async ({ numbers, clock, received }) => {
      const over = await numbers.acquire({ country: 'US' }, { signal });
      clock.advance(1_200_000);
      expect((await numbers.poll(over, { signal })).state).toBe('lost');
      expect(await numbers.release(over, 'unused', { signal })).toBe('released');
      expect(received.map(({ method }) => method)).toEqual(['POST']);
    }));

  test('that was given back is lost, and is not given back again: the number may be lent to another', () =>
    against(lends, async ({ numbers, received }) => {
      const given = await numbers.acquire({ country: 'US' }, { signal });
      await numbers.release(given, 'used', { signal });
      expect(await numbers.release(given, 'used', { signal })).toBe('released');
      expect((await numbers.poll(given, { signal })).state).toBe('lost');
      expect(received.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
    }));

  test('that could not be given back can be given back again', async () => {
    let tries = 0;
    const answer: Answer = (request, response) => {
      if (request.method === 'DELETE' && (tries += 1) === 1) response.writeHead(500).end();
      else void lends(request, response);
    };
    await against(answer, async ({ numbers, received }) => {
      const given = await numbers.acquire({ country: 'US' }, { signal });
      await expect(numbers.release(given, 'used', { signal })).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await numbers.release(given, 'used', { signal })).toBe('released');
      expect(received).toHaveLength(3);
    });
  });

  test('tells no text of another run', async () => {
    const messages = ['run-2', null, 'run-1'].map((run) => ({ body: `text of ${run}`, from: 'A', code: null, run }));
    const answer: Answer = (request, response) =>
      request.method === 'GET'
        ? void response.writeHead(200).end(JSON.stringify({ data: messages }))
        : lends(request, response);
    await against(
      answer,
      async ({ numbers }) => {
        const given = await numbers.acquire({ country: 'US' }, { signal });
        const texts = [{ code: null, text: 'text of run-1', from: 'A' }];
        expect(await numbers.poll(given, { signal })).toEqual({ state: 'received', texts });
      },
      { run: 'run-1' },
    );
  });
});

test('an inbox that is not there is named, with what starts it', async () => {
  const gone = await withVendor(lends, async ({ url }) => url);
  const error = await inboxNumbers({ url: gone })
    .acquire({ country: 'US' }, { signal })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(VirtualNumberError);
  expect(String(error)).toContain('phoneproof inbox');
});

describe('options that cannot work', () => {
  const faultsOf = (options: InboxNumbersOptions): readonly string[] => {
    try {
      inboxNumbers(options);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  test.each<[string, InboxNumbersOptions]>([
    ['url', { url: '127.0.0.1:8080' }],
    ['url', { url: 'http://user:password@127.0.0.1:8080' }],
    ['url', { url: 'http://127.0.0.1:8080/?key=secret' }],
    ['token', { token: '' }],
    ['token', { token: 'two\nlines' }],
    ['run', { run: '' }],
    ['run', { run: 'r'.repeat(101) }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['name', { name: '' }],
  ])('%s: %o', (option, options) => {
    expect(faultsOf(options)).toEqual([expect.stringMatching(new RegExp(`^${option} `)) as string]);
  });

  test('all at once', () => {
    expect(faultsOf({ url: 'x', token: '', run: '', timeoutMs: -1 })).toHaveLength(4);
  });
});

describe('against the inbox itself', () => {
  test('a code is waited for on a number that no one else has, which is then free again', async () => {
    await using listening = await listeningInbox([]);
    const { inbox, url } = listening;
    inbox.add({ to: '+12015550100', from: 'Acme', body: '111222 is an old code', provider: 'probe' });
    const numbers = inboxNumbers({ url, run: 'worker-1' });
    const other = await inboxNumbers({ url, run: 'worker-2' }).acquire({ country: 'US' }, { signal });
    const code = await withNumber(numbers, { country: 'US' }, async (given) => {
      expect(given.number).not.toBe(other.number);
      inbox.add({ to: other.number, from: 'Acme', body: '333444 is your code', provider: 'probe' });
      inbox.add({ to: given.number, from: 'Acme', body: '493817 is your code', provider: 'probe' });
      const received = await waitForCode(numbers, given, { sleepsMs: [0] });
      return { received, run: inbox.list({ to: given.number })[0]?.run };
    });
    expect(code).toMatchObject({ received: { code: '493817', from: 'Acme', polls: 1 }, run: 'worker-1' });
    expect(inbox.numbers.list().map(({ number }) => number)).toEqual([other.number]);
  });

  test('a number that someone else has by now is not taken from them', async () => {
    await using listening = await listeningInbox([]);
    const { inbox, url } = listening;
    const numbers = inboxNumbers({ url });
    const given = await numbers.acquire({ country: 'US' }, { signal });
    inbox.numbers.release(given.number);
    inbox.add({ to: given.number, from: 'Acme', body: '493817 is your code', provider: 'probe' });
    const theirs = inbox.numbers.lease({ number: given.number });
    expect(await numbers.release(given, 'unused', { signal })).toBe('released');
    expect(inbox.numbers.list()).toEqual([theirs]);
  });

  test('a text from before the lease is none of it', async () => {
    await using listening = await listeningInbox([]);
    const { inbox, url } = listening;
    const next = createInbox().numbers.lease()?.number ?? '';
    inbox.add({ to: next, from: 'Acme', body: '111222 is an old code', provider: 'probe' });
    const numbers = inboxNumbers({ url });
    const given = await numbers.acquire({ country: 'US' }, { signal });
    expect(given.number).toBe(next);
    expect((await numbers.poll(given, { signal })).state).toBe('waiting');
    inbox.add({ to: next, from: 'Acme', body: '493817 is your code', provider: 'probe' });
    expect(await numbers.poll(given, { signal })).toMatchObject({ texts: [{ code: '493817' }] });
  });

  test('its password is given, and a wrong one is said', async () => {
    const inbox = createInbox();
    const app = createInboxApp({ inbox, access: { password, emulators: 'this-machine' }, page: (c) => c.text('') });
    const server = await listen({
      fetch: (request, env) => app.fetch(request, env),
      host: '127.0.0.1',
      port: 0,
      howToMove: 'another port',
      onError: () => undefined,
    });
    try {
      const { url } = server;
      const numbers = inboxNumbers({ url, token: password });
      const given = await numbers.acquire({ country: 'US' }, { signal });
      expect((await numbers.poll(given, { signal })).state).toBe('waiting');
      expect(await numbers.release(given, 'used', { signal })).toBe('released');
      expect(inbox.numbers.list()).toEqual([]);
      for (const token of ['another', undefined]) {
        const stranger = inboxNumbers({ url, token });
        await expect(stranger.acquire({ country: 'US' }, { signal })).rejects.toMatchObject({ kind: 'auth' });
      }
    } finally {
      await server.close({ graceMs: 0 });
    }
  });

  test('a country that nobody knows is a wrong setting', async () => {
    await using listening = await listeningInbox([]);
    const { url } = listening;
    await expect(inboxNumbers({ url }).acquire({ country: 'usa' }, { signal })).rejects.toMatchObject({
      kind: 'config',
    });
    await expect(inboxNumbers({ url }).acquire({ country: 'ZZ' }, { signal })).rejects.toMatchObject({
      kind: 'no_numbers',
    });
  });
});
