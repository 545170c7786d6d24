import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CodeNotReceivedError, ConfigurationError } from '../../src/errors.ts';
import { androidGatewayEmulator } from '../../src/inbox/emulators/android-gateway.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import type { VendorReply } from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Answer, type Received } from '../../src/testing/provider-cases/vendor.ts';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { androidGatewayNumbers, type AndroidGatewayNumbersOptions } from '../../src/virtual-numbers/android-gateway.ts';
import type { VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';
import { waitForCode } from '../../src/virtual-numbers/wait-for-code.ts';
import { withNumber } from '../../src/virtual-numbers/with-number.ts';
import { listeningInbox } from '../emulators/carrier-under-test.ts';
import { freePort } from '../servers/free-port.ts';

const username = 'sms-user';
const password = 'password-of-the-app';
const signingKey = 'signing-key-of-the-app';
const number = '+12025550100';
const account = { username, password, number };
const signal = new AbortController().signal;
const anyCountry = { country: 'US' };

const json = (status: number, body: unknown): VendorReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const refusal = (status: number, message: string) => json(status, { message });

/** As `GET /inbox` of the app lists it. */
const listed = (over: object = {}) => ({
  id: 'text:1',
  type: 'SMS',
  sender: '+12025550199',
  recipient: number,
  simNumber: 1,
  contentPreview: '493817 is your Example code',
  createdAt: '2030-01-01T00:00:00.000+01:00',
  ...over,
});

const underTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => androidGatewayNumbers({ ...account, baseUrl, ...options }),
  wanted: anyCountry,
  credentials: [username, password, `${username}:${password}`],
  numbers: [number],
  asks: ['acquire', 'poll'],
  actOf: ({ url }) => (new URL(url).searchParams.get('limit') === '50' ? 'acquire' : 'poll'),
  answer(_request, { texts }) {
    const entries = texts.map(({ text, from }, index) =>
      listed({ id: `text:${index}`, contentPreview: text, sender: from }),
    );
    return json(200, entries.toReversed());
  },
  tellsText: true,
  tellsSender: true,
  canBeLost: false,
  answers: [
    { name: 'a wrong password', on: 'acquire', reply: { status: 401, body: '' }, is: 'auth' },
    { name: 'a scope that is missing', on: 'acquire', reply: refusal(403, 'Forbidden'), is: 'auth' },
    { name: 'an app without an inbox', on: 'acquire', reply: { status: 404, body: '' }, is: 'config' },
    { name: 'an inbox of another version', on: 'poll', reply: refusal(400, 'Invalid type'), is: 'config' },
    { name: 'an error of the app', on: 'poll', reply: refusal(500, 'Failed to count: locked'), is: 'unavailable' },
    { name: 'nothing came', on: 'poll', reply: json(200, []), is: 'waiting' },
    { name: 'a text came', on: 'poll', reply: json(200, [listed()]), is: 'received' },
    { name: 'a picture came', on: 'poll', reply: json(200, [listed({ type: 'MMS' })]), is: 'waiting' },
    { name: 'a text without an id', on: 'poll', reply: json(200, [listed({ id: null })]), is: 'protocol' },
    { name: 'a text of nothing', on: 'poll', reply: json(200, [listed({ contentPreview: null })]), is: 'protocol' },
    { name: 'an object in place of a list', on: 'poll', reply: json(200, { data: [] }), is: 'protocol' },
  ],
};

describe('asking the phone keeps the promises of virtual numbers:', () => {
  for (const { name, run } of virtualNumberConformance()) test(name, () => run(underTest));
});

/** The app telling of a text, as it signs it (docs.sms-gate.app/features/webhooks). */
function telling(
  body: object | string,
  {
    nowMs,
    key = signingKey,
    seconds = String(Math.floor(nowMs / 1_000)),
  }: { nowMs: number; key?: string; seconds?: string },
): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const signature = createHmac('sha256', key).update(text).update(seconds).digest('hex');
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': signature, 'x-timestamp': seconds },
    body: text,
  };
}

const event = (webhookId: string, payload: object = {}, over: object = {}) => ({
  deviceId: 'device',
  event: 'sms:received',
  id: 'event-1',
  webhookId,
  payload: {
    messageId: 'abc123',
    message: '493817 is your Example code',
    sender: '+12025550199',
    recipient: number,
    phoneNumber: '+12025550199',
    simNumber: 1,
    receivedAt: '2030-01-01T00:00:00.000+01:00',
    ...payload,
  },
  ...over,
});

/** What the phone was asked to call, last. */
function registered(requests: readonly Received[]): { id: string; url: string; event: string } {
  const body = requests.findLast(({ method }) => method === 'POST')?.body ?? '{}';
  return JSON.parse(body) as { id: string; url: string; event: string };
}

const port = await freePort();
let opened = 0;

/** An address of this machine (all of 127.0.0.0/8 is) that nothing else has: leases of other cases may still listen on theirs. */
function unusedHost(): string {
  opened += 1;
  return `127.0.${1 + (opened >> 7)}.${1 + (opened & 127)}`;
}

const listenOn = (host: string) => ({ host, port, url: `https://phones.example.com/${host}` });
const placeOf = (url: string): string => `http://${url.split('/').at(-1)}:${port}`;

const acceptsWebhooks: Answer = ({ method, body }, response) => {
  if (method === 'DELETE') response.writeHead(204).end();
  else response.writeHead(201).end(body);
};

const told: VirtualNumberUnderTest = {
  open: (baseUrl, options) =>
    androidGatewayNumbers({ ...account, baseUrl, signingKey, listen: listenOn(unusedHost()), ...options }),
  wanted: anyCountry,
  credentials: [username, password, signingKey, `${username}:${password}`],
  numbers: [number],
  asks: ['acquire', 'release'],
  actOf: ({ method }) => (method === 'POST' ? 'acquire' : 'release'),
  answer: ({ method, body }) => (method === 'POST' ? { ...json(201, {}), body } : { status: 204, body: '' }),
  tellsText: true,
  tellsSender: true,
  canBeLost: false,
  async bring({ text, from, atMs }, requests) {
    const { id, url } = registered(requests);
    if (url === undefined) return;
    const body = event(id, { message: text, sender: from }, { id: `event-${text}` });
    await fetch(placeOf(url), telling(body, { nowMs: atMs }));
  },
  answers: [
    { name: 'a wrong password', on: 'acquire', reply: { status: 401, body: '' }, is: 'auth' },
    { name: 'an address that it does not call', on: 'acquire', reply: refusal(400, 'Invalid URL'), is: 'config' },
    { name: 'another webhook than ours', on: 'acquire', reply: json(201, { id: 'another' }), is: 'protocol' },
    { name: 'an error of the server', on: 'acquire', reply: refusal(500, 'failed'), is: 'unavailable' },
    { name: 'a webhook that is gone', on: 'release', reply: { status: 404, body: '' }, is: 'released' },
    { name: 'a webhook that is taken off', on: 'release', reply: { status: 204, body: '' }, is: 'released' },
  ],
};

describe('being told by a webhook keeps the promises of virtual numbers:', () => {
  for (const { name, run } of virtualNumberConformance()) test(name, () => run(told));
});

/** A phone that lists those entries, the newest first. */
async function asking<Result>(
  run: (phone: {
    provider: VirtualNumberProvider;
    received: readonly Received[];
    entries: object[];
  }) => Promise<Result>,
  options: Partial<AndroidGatewayNumbersOptions> = {},
): Promise<Result> {
  const entries: object[] = [];
  const answer: Answer = (_request, response) => void response.writeHead(200).end(JSON.stringify(entries));
  return withVendor(answer, ({ url, received }) =>
    run({ provider: androidGatewayNumbers({ ...account, baseUrl: url, ...options }), received, entries }),
  );
}

/** A phone that was asked to tell of texts, while the number is lent. */
async function listening<Result>(
  run: (phone: {
    provider: VirtualNumberProvider;
    clock: VirtualClock;
    received: readonly Received[];
    webhookId: string;
    place: string;
    texts(): Promise<readonly unknown[]>;
  }) => Promise<Result>,
  options: Partial<AndroidGatewayNumbersOptions> = {},
): Promise<Result> {
  const clock = virtualClock();
  return withVendor(acceptsWebhooks, async ({ url: baseUrl, received }) => {
    const listen = listenOn(unusedHost());
    const provider = androidGatewayNumbers({ ...account, baseUrl, signingKey, listen, clock: clock.now, ...options });
    const lease = await provider.acquire(anyCountry, { signal });
    const { id: webhookId, url } = registered(received);
    const texts = async () => {
      const polled = await provider.poll(lease, { signal });
      return polled.state === 'received' ? polled.texts : [];
    };
    try {
      return await run({ provider, clock, received, webhookId, place: placeOf(url), texts });
    } finally {
      await provider.release(lease, 'used', { signal });
    }
  });
}

describe('asking the phone', () => {
  test('asks for its texts, with user and password', () =>
    asking(async ({ provider, received }) => {
      const lease = await provider.acquire(anyCountry, { signal });
      await provider.poll(lease, { signal });
      const paths = received.map(({ url }) => new URL(url).pathname + new URL(url).search);
      expect(paths).toEqual(['/inbox?type=SMS&limit=50', '/inbox?type=SMS&limit=20']);
      const basic = Buffer.from(`${username}:${password}`).toString('base64');
      expect(received[0]?.headers.get('authorization')).toBe(`Basic ${basic}`);
      expect(lease).toMatchObject({ provider: 'android-gateway', number, expiresAtMs: null });
    }));

  test('of a phone with two SIMs tells the texts to one, and those to nobody knows which', () =>
    asking(
      async ({ provider, entries }) => {
        const lease = await provider.acquire(anyCountry, { signal });
        const sims = [2, 1, null].map((simNumber) =>
          listed({ id: `text:${simNumber}`, simNumber, contentPreview: `to ${simNumber}` }),
        );
        entries.push(...sims);
        const texts = [{ text: 'to null' }, { text: 'to 2' }];
        expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'received', texts });
      },
      { simNumber: 2 },
    ));
});

describe('the number', () => {
  test('is lent once at a time', () =>
    asking(async ({ provider }) => {
      const first = await provider.acquire(anyCountry, { signal });
      await expect(provider.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'no_numbers' });
      await provider.release(first, 'used', { signal });
      const second = await provider.acquire(anyCountry, { signal });
      expect(await provider.release(first, 'used', { signal })).toBe('released');
      expect((await provider.poll(first, { signal })).state).toBe('lost');
      expect((await provider.poll(second, { signal })).state).toBe('waiting');
      await expect(provider.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'no_numbers' });
    }));

  test('is free again when it could not be lent', async () => {
    let failures = 1;
    const answer: Answer = (_request, response) => {
      if (failures-- > 0) response.writeHead(500).end();
      else response.writeHead(200).end('[]');
    };
    await withVendor(answer, async ({ url }) => {
      const provider = androidGatewayNumbers({ ...account, baseUrl: url });
      await expect(provider.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(provider.acquire(anyCountry, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
      expect((await provider.acquire(anyCountry, { signal })).number).toBe(number);
    });
  });
});

describe('the webhook', () => {
  test('is registered for texts that come in, and taken off with the lease', async () => {
    const requests = await listening(async ({ received, webhookId }) => {
      const { url, event: asked } = registered(received);
      expect([asked, url]).toEqual(['sms:received', expect.stringMatching(/^https:/) as string]);
      expect(webhookId).toMatch(/^[\w-]{10,36}$/);
      return received;
    });
    const last = requests.at(-1);
    expect([last?.method, new URL(last?.url ?? '').pathname]).toEqual([
      'DELETE',
      `/webhooks/${registered(requests).id}`,
    ]);
  });

  test('is another one in each lease', async () => {
    await withVendor(acceptsWebhooks, async ({ url, received }) => {
      const listen = listenOn(unusedHost());
      const provider = androidGatewayNumbers({ ...account, baseUrl: url, signingKey, listen, clock: () => 0 });
      await provider.release(await provider.acquire(anyCountry, { signal }), 'used', { signal });
      await provider.release(await provider.acquire(anyCountry, { signal }), 'used', { signal });
      const ids = received.filter(({ method }) => method === 'POST').map((one) => registered([one]).id);
      expect(new Set(ids).size).toBe(2);
    });
  });

  test('tells nobody any more once the lease is over', async () => {
    const { place } = await listening(async (phone) => phone);
    await expect(fetch(place)).rejects.toThrow('fetch failed');
  });

  test('takes a text that is signed, once, however often it is told', () =>
    listening(async ({ clock, webhookId, place, texts }) => {
      const tell = () => fetch(place, telling(event(webhookId), { nowMs: clock.now() })).then(({ status }) => status);
      expect([await tell(), await tell()]).toEqual([204, 204]);
      expect(await texts()).toEqual([{ code: null, text: '493817 is your Example code', from: '+12025550199' }]);
    }));

  test('takes two texts that are the same, when they are told of as two', () =>
    listening(async ({ clock, webhookId, place, texts }) => {
      for (const id of ['event-1', 'event-2']) {
        await fetch(place, telling(event(webhookId, {}, { id }), { nowMs: clock.now() }));
      }
      expect(await texts()).toHaveLength(2);
    }));

  test('knows the sender by the older name too', () =>
    listening(async ({ clock, webhookId, place, texts }) => {
      await fetch(place, telling(event(webhookId, { sender: undefined }), { nowMs: clock.now() }));
      expect(await texts()).toMatchObject([{ from: '+12025550199' }]);
    }));

  const sent = (place: string, body: object | string, how: Parameters<typeof telling>[1]) =>
    fetch(place, telling(body, how)).then(({ status }) => status);

  test('refuses what is not signed with the key, by the body and the time', () =>
    listening(async ({ clock, webhookId, place, texts }) => {
      const nowMs = clock.now();
      const body = event(webhookId);
      expect(await sent(place, body, { nowMs, key: 'another-key' })).toBe(401);
      const right = telling(body, { nowMs });
      const headers = right.headers as Record<string, string>;
      const wrong: RequestInit[] = [
        { ...right, headers: {} },
        { ...right, headers: { ...headers, 'x-signature': '' } },
        { ...right, headers: { ...headers, 'x-signature': 'é'.repeat(1) + '0'.repeat(63) } },
        { ...right, headers: { ...headers, 'x-timestamp': String(Number(headers['x-timestamp']) + 1) } },
        { ...right, body: JSON.stringify(body).replace('493817', '111111') },
      ];
      for (const request of wrong) expect((await fetch(place, request)).status).toBe(401);
      expect(await texts()).toEqual([]);
    }));

  test('refuses what was signed more than 5 minutes ago, or ahead', () =>
    listening(async ({ clock, webhookId, place, texts }) => {
      const body = event(webhookId);
      for (const skewMs of [-301_000, 301_000]) {
        expect(await sent(place, body, { nowMs: clock.now() + skewMs })).toBe(401);
      }
      expect(await texts()).toEqual([]);
      for (const skewMs of [-299_000, 299_000]) {
        expect(await sent(place, body, { nowMs: clock.now() + skewMs })).toBe(204);
      }
      expect(await texts()).toHaveLength(1);
    }));

  test.each<[string, (webhookId: string) => object | string, number]>([
    ['of the lease before', () => event('phoneproof-earlier'), 204],
    ['of another kind', (id) => event(id, {}, { event: 'sms:sent' }), 204],
    ['that is no JSON', () => '493817', 400],
    ['without an id', (id) => event(id, {}, { id: undefined }), 400],
    ['without a text', (id) => event(id, { message: undefined }), 400],
  ])('drops an event %s', (_what, bodyOf, status) =>
    listening(async ({ clock, webhookId, place, texts }) => {
      expect(await sent(place, bodyOf(webhookId), { nowMs: clock.now() })).toBe(status);
      expect(await texts()).toEqual([]);
    }),
  );

  test('drops a text to the other SIM', () =>
    listening(
      async ({ clock, webhookId, place, texts }) => {
        await fetch(place, telling(event(webhookId, { simNumber: 1 }), { nowMs: clock.now() }));
        expect(await texts()).toEqual([]);
      },
      { simNumber: 2 },
    ));

  test('refuses what is not posted, and what is too long', () =>
    listening(async ({ clock, webhookId, place, texts }) => {
      expect((await fetch(place)).status).toBe(405);
      const long = event(webhookId, { message: '4938 '.repeat(20_000) });
      expect(await sent(place, long, { nowMs: clock.now() }).catch(() => 413)).toBe(413);
      expect(await texts()).toEqual([]);
    }));

  test('cannot listen where something else does: a wrong setting, and the number is free', async () => {
    await withVendor(acceptsWebhooks, async ({ url, received }) => {
      const listen = listenOn(unusedHost());
      const open = () => androidGatewayNumbers({ ...account, baseUrl: url, signingKey, listen });
      const [one, other] = [open(), open()];
      const lease = await one.acquire(anyCountry, { signal });
      await expect(other.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'config' });
      expect(received).toHaveLength(1);
      await one.release(lease, 'unused', { signal });
      await other.release(await other.acquire(anyCountry, { signal }), 'unused', { signal });
    });
  });

  test('that may have been registered while the caller gave up is taken off, and the port is closed', async () => {
    const given = new AbortController();
    const removed = Promise.withResolvers<string>();
    const answer: Answer = ({ method, url }, response) => {
      if (method === 'POST') given.abort('enough');
      else {
        response.writeHead(204).end();
        removed.resolve(new URL(url).pathname);
      }
    };
    await withVendor(answer, async ({ url, received }) => {
      const listen = listenOn(unusedHost());
      const provider = androidGatewayNumbers({ ...account, baseUrl: url, signingKey, listen });
      await expect(provider.acquire(anyCountry, { signal: given.signal })).rejects.toBe('enough');
      expect(await removed.promise).toBe(`/webhooks/${registered(received).id}`);
      await expect(fetch(placeOf(listen.url))).rejects.toThrow('fetch failed');
    });
  });

  test('that could not be taken off is tried again with the next release; the number is free meanwhile', async () => {
    let failures = 1;
    const answer: Answer = (request, response) => {
      if (request.method === 'DELETE' && failures-- > 0) response.writeHead(500).end();
      else return acceptsWebhooks(request, response);
    };
    await withVendor(answer, async ({ url, received }) => {
      const listen = listenOn(unusedHost());
      const provider = androidGatewayNumbers({ ...account, baseUrl: url, signingKey, listen });
      const lease = await provider.acquire(anyCountry, { signal });
      await expect(provider.release(lease, 'used', { signal })).rejects.toMatchObject({ kind: 'unavailable' });
      const next = await provider.acquire(anyCountry, { signal });
      expect(await provider.release(lease, 'used', { signal })).toBe('released');
      expect(await provider.release(lease, 'used', { signal })).toBe('released');
      expect((await provider.poll(next, { signal })).state).toBe('waiting');
      expect(received.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'POST', 'DELETE']);
      await provider.release(next, 'used', { signal });
    });
  });
});

describe('against the emulator, through to the code', () => {
  const text = { to: number, from: 'Example', body: '493817 is your Example code', provider: 'probe' };

  test('by asking, and nothing that was there before', async () => {
    await using phone = await listeningInbox([androidGatewayEmulator({ username, password, number })]);
    const provider = androidGatewayNumbers({ ...account, baseUrl: `${phone.url}/android-gateway` });
    phone.inbox.add({ ...text, body: '111222 is an older code' });
    const came = await withNumber(provider, anyCountry, async (lease) => {
      expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'waiting' });
      phone.inbox.add({ ...text, to: '+12025550177', body: '333444 is of someone else' });
      phone.inbox.add(text);
      return waitForCode(provider, lease, { sleepsMs: [0] });
    });
    expect(came).toMatchObject({ code: '493817', text: text.body, from: 'Example', polls: 1 });
    const wrong = androidGatewayNumbers({ ...account, password: 'x', baseUrl: `${phone.url}/android-gateway` });
    await expect(wrong.acquire(anyCountry, { signal })).rejects.toMatchObject({ kind: 'auth' });
  });

  test.each(['', '/3rdparty/v1'])('by being told%s', async (path) => {
    await using phone = await listeningInbox([androidGatewayEmulator({ username, password, number, signingKey })]);
    const here = await freePort();
    const listen = { host: '127.0.0.1', port: here, url: `http://127.0.0.1:${here}/told` };
    const baseUrl = `${phone.url}/android-gateway${path}`;
    const provider = androidGatewayNumbers({ ...account, baseUrl, signingKey, listen });
    phone.inbox.add({ ...text, body: '111222 is an older code' });
    const came = await withNumber(provider, anyCountry, async (lease) => {
      phone.inbox.add(text);
      return waitForCode(provider, lease, { sleepsMs: [20], timeoutMs: 5_000 });
    });
    expect(came).toMatchObject({ code: '493817', text: text.body, from: 'Example' });
    const basic = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    expect(await (await fetch(`${baseUrl}/webhooks`, { headers: basic })).json()).toEqual([]);
    await expect(fetch(listen.url)).rejects.toThrow('fetch failed');
  });

  test('not where it is signed with another key', async () => {
    await using phone = await listeningInbox([androidGatewayEmulator({ username, password, number, signingKey: 'k' })]);
    const here = await freePort();
    const listen = { host: '127.0.0.1', port: here, url: `http://127.0.0.1:${here}/told` };
    const provider = androidGatewayNumbers({ ...account, baseUrl: `${phone.url}/android-gateway`, signingKey, listen });
    const waiting = withNumber(provider, anyCountry, async (lease) => {
      phone.inbox.add(text);
      return waitForCode(provider, lease, { sleepsMs: [20], timeoutMs: 200 });
    });
    await expect(waiting).rejects.toBeInstanceOf(CodeNotReceivedError);
  });
});

describe('options that cannot work', () => {
  const listen = { host: '0.0.0.0', port: 8_025, url: 'https://phones.example.com/told' };
  const faultsOf = (options: Partial<Record<keyof AndroidGatewayNumbersOptions, unknown>>): readonly string[] => {
    const valid = { baseUrl: 'http://192.168.1.20:8080', ...account };
    try {
      androidGatewayNumbers({ ...valid, ...options } as AndroidGatewayNumbersOptions);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  test.each<[string, Partial<Record<keyof AndroidGatewayNumbersOptions, unknown>>]>([
    ['baseUrl', { baseUrl: undefined }],
    ['baseUrl', { baseUrl: 'http://user:password@192.168.1.20:8080' }],
    ['username', { username: 'a:b' }],
    ['username', { username: undefined }],
    ['password', { password: '' }],
    ['number', { number: '2025550100' }],
    ['number', { number: undefined }],
    ['simNumber', { simNumber: 0 }],
    ['signingKey', { signingKey: '' }],
    ['signingKey', { listen }],
    ['listen.host', { signingKey, listen: { ...listen, host: '' } }],
    ['listen.port', { signingKey, listen: { ...listen, port: 65_536 } }],
    ['listen.port', { signingKey, listen: { ...listen, port: '80' } }],
    ['listen.url', { signingKey, listen: { ...listen, url: 'http://192.168.1.5:8025' } }],
    ['listen.url', { signingKey, listen: { ...listen, url: 'phones.example.com' } }],
    ['timeoutMs', { timeoutMs: 0 }],
  ])('%s: %o', (option, options) => {
    expect(faultsOf(options)).toEqual([expect.stringMatching(new RegExp(`^${option} `)) as string]);
  });

  test('all at once', () => {
    expect(faultsOf({ baseUrl: '', username: '', password: '', number: '' })).toHaveLength(4);
  });

  test('and none is wrong with a port of the phone that leads here', () => {
    const here = { host: '127.0.0.1', port: 8_025, url: 'http://127.0.0.1:8025/told' };
    expect(faultsOf({ signingKey, listen: here })).toEqual([]);
  });
});
