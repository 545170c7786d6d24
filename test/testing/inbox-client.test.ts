import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CodeNotReceivedError, ConfigurationError } from '../../src/errors.ts';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createInbox, type Inbox } from '../../src/inbox/messages.ts';
import { connectInbox, type InboxClient } from '../../src/testing/inbox-client.ts';
import { inboxFixtures, type InboxFixtures } from '../../src/testing/inbox-fixtures.ts';

const alice = '+12025550143';

let inbox: Inbox;
let server: Server;
let url: string;
let client: InboxClient;

async function listening(listener: Parameters<typeof createServer>[1]): Promise<[Server, string]> {
  const made = createServer(listener);
  await new Promise<void>((resolve) => {
    made.listen(0, '127.0.0.1', resolve);
  });
  return [made, `http://127.0.0.1:${(made.address() as AddressInfo).port}`];
}

function text(to: string, code = '493817'): void {
  inbox.add({ to, from: 'Acme', body: `${code} is your Acme code.`, provider: 'inbox' });
}

beforeEach(async () => {
  inbox = createInbox();
  const app = createInboxApp({ inbox, page: (c) => c.html('<p>the page') });
  const listener = getRequestListener(app.fetch);
  [server, url] = await listening((request, response) => void listener(request, response));
  client = await connectInbox({ url });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

describe('a code', () => {
  test('is waited for, whether it is there already or still to come', async () => {
    text(alice, '111111');
    expect(await client.waitForCode(alice)).toBe('111111');
    const waiting = client.waitForCode(alice);
    text('+447400123456', '999999');
    text(alice, '222222');
    expect(await waiting).toBe('222222');
  });

  test('comes once for each text, in the order of their arrival', async () => {
    for (const code of ['111111', '222222', '333333']) text(alice, code);
    expect([await client.waitForCode(alice), await client.waitForCode(alice)]).toEqual(['111111', '222222']);
    expect(await client.waitForCode(alice)).toBe('333333');
    await expect(client.waitForCode(alice, { timeoutMs: 1 })).rejects.toThrow(CodeNotReceivedError);
  });

  test('is given to one of those who wait for it at once', async () => {
    const waiting = [client.waitForCode(alice), client.waitForCode(alice)];
    text(alice, '111111');
    text(alice, '222222');
    expect((await Promise.all(waiting)).toSorted()).toEqual(['111111', '222222']);
    text(alice, '333333');
    expect(await client.waitForCode(alice)).toBe('333333');
  });

  test('of before the test is none of its business', async () => {
    text(alice, '111111');
    const later = await connectInbox({ url });
    text(alice, '222222');
    expect(await later.waitForCode(alice)).toBe('222222');
    expect((await later.messages(alice)).map(({ code }) => code)).toEqual(['222222']);
  });

  test('is looked for behind a cursor where one is given, and that changes nothing for the next wait', async () => {
    text(alice, '111111');
    const { id } = await client.waitForMessage(alice);
    text(alice, '222222');
    expect(await client.waitForCode(alice, { after: id })).toBe('222222');
    expect(await client.waitForCode(alice, { after: id })).toBe('222222');
    expect(await client.waitForCode(alice)).toBe('222222');
  });

  test('is waited for past texts that have none', async () => {
    inbox.add({ to: alice, from: 'Acme', body: 'Welcome!', provider: 'inbox' });
    text(alice, '222222');
    expect(await client.waitForCode(alice)).toBe('222222');
    expect(await client.messages(alice)).toMatchObject([{ body: 'Welcome!', code: null }, { code: '222222' }]);
  });
});

describe('when none comes', () => {
  test('it says what arrived instead and where to look, without the whole number', async () => {
    const nothing = await client.waitForCode(alice, { timeoutMs: 1 }).catch((error: unknown) => error);
    expect(nothing).toBeInstanceOf(CodeNotReceivedError);
    expect((nothing as Error).message).toMatch(/no text at all.*sends through it/s);
    text('+447400123456');
    const elsewhere = (await client.waitForCode(alice, { timeoutMs: 1 }).catch((error: unknown) => error)) as Error;
    expect(elsewhere.message).toMatch(/received 1 for other numbers/);
    inbox.add({ to: alice, from: 'Acme', body: 'Welcome!', provider: 'inbox' });
    const codeless = (await client.waitForCode(alice, { timeoutMs: 1 }).catch((error: unknown) => error)) as Error;
    expect(codeless.message).toMatch(/1 arrived on it.*without a code/s);
    for (const { message } of [nothing as Error, elsewhere, codeless]) {
      expect(message).toContain(`${url}/inbox`);
      expect(message).toContain('••••••0143');
      expect(message).not.toContain('2025550143');
    }
  });

  test.each([Infinity, 10_000_000_000, 20.5])('it may be waited for as long as %d ms', async (timeoutMs) => {
    const waiting = client.waitForCode(alice, { timeoutMs });
    text(alice);
    expect(await waiting).toBe('493817');
  });

  test('a signal ends the wait with its own reason', async () => {
    const controller = new AbortController();
    const waiting = client.waitForCode(alice, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('a number', () => {
  test('is lent to one test only, also in another process, until it is given back', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectInbox({ url })));
    const phones = await Promise.all(clients.flatMap((one) => Array.from({ length: 20 }, () => one.phone())));
    expect(new Set(phones.map(({ number }) => number)).size).toBe(100);
    await Promise.all(clients.map((one) => one.close()));
    expect(inbox.numbers.list()).toEqual([]);
  });

  test('gets its own texts alone, and they bear the name of the run', async () => {
    const named = await connectInbox({ url, run: 'nightly' });
    const [one, two] = await Promise.all([named.phone({ country: 'GB' }), named.phone()]);
    text(two.number, '222222');
    text(one.number, '111111');
    expect(await one.waitForCode()).toBe('111111');
    expect(await two.waitForMessage()).toMatchObject({ code: '222222', to: two.number });
    expect(inbox.list().map(({ run }) => run)).toEqual(['nightly', 'nightly']);
    expect([one.country, one.number.slice(0, 3)]).toEqual(['GB', '+44']);
  });

  test('that had texts under another test shows none of them', async () => {
    const first = await client.phone();
    text(first.number, '111111');
    await first.release();
    await first.release();
    const lease = inbox.numbers.lease({ number: first.number });
    inbox.numbers.release(lease?.number ?? '');
    const again = await client.phone();
    text(again.number, '222222');
    expect(await again.waitForCode()).toBe('222222');
  });

  test('that is someone else’s by now stays theirs', async () => {
    const phone = await client.phone();
    inbox.numbers.release(phone.number);
    text(alice);
    const theirs = inbox.numbers.lease({ number: phone.number });
    await phone.release();
    expect(inbox.numbers.find(phone.number)).toBe(theirs);
  });

  test('ends with the block that it is used in', async () => {
    {
      await using phone = await client.phone();
      expect(inbox.numbers.find(phone.number)?.run).toBe(client.run);
    }
    expect(inbox.numbers.list()).toEqual([]);
  });
});

describe('connecting', () => {
  test.each(['http://me:wC7hT9@127.0.0.1:1', 'http://wC7hT9@127.0.0.1:1'])(
    'by an address with a password in it says where to give that, and does not repeat it: %s',
    async (address) => {
      const refused: unknown = await connectInbox({ url: address }).catch((caught: unknown) => caught);
      expect(refused).toBeInstanceOf(ConfigurationError);
      expect(String(refused)).toContain('PHONEPROOF_INBOX_PASSWORD');
      expect(String(refused)).not.toContain('wC7hT9');
    },
  );

  test('where nothing answers says how to start an inbox', async () => {
    const [gone, free] = await listening(() => undefined);
    await new Promise((resolve) => {
      gone.close(resolve);
    });
    const error = (await connectInbox({ url: free }).catch((caught: unknown) => caught)) as ConfigurationError;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/phoneproof inbox/);
  });

  test.each([
    [404, 'text/html', '<h1>Not Found</h1>'],
    [200, 'text/html', '<h1>Another app</h1>'],
  ])('where something else answers (%i) says so', async (status, type, body) => {
    const [other, at] = await listening((_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    await expect(connectInbox({ url: at })).rejects.toThrow(/is no inbox/);
    await new Promise((resolve) => {
      other.close(resolve);
    });
  });
});

describe('fixtures', () => {
  // Longer than the tests: a runner ends its fixtures after its own hooks.
  const lasting = createInbox();
  const options = { url: '' };
  let lastingServer: Server;
  const it = test.extend<InboxFixtures>(inboxFixtures(options));
  const seen = new Set<string>();

  beforeAll(async () => {
    const listener = getRequestListener(createInboxApp({ inbox: lasting }).fetch);
    [lastingServer, options.url] = await listening((request, response) => void listener(request, response));
  });
  afterAll(() => {
    lastingServer.closeAllConnections();
    lastingServer.close();
  });

  async function findsItsOwn({ phone, inbox: given }: InboxFixtures): Promise<void> {
    expect(lasting.numbers.list().map(({ number }) => number)).toEqual([phone.number]);
    lasting.add({ to: phone.number, from: 'Acme', body: '493817 is your Acme code.', provider: 'inbox' });
    expect(await phone.waitForCode()).toBe('493817');
    expect(given.url).toBe(options.url);
    seen.add(phone.number);
  }

  // Runners read from the pattern which fixtures a test asks for.
  it('give a test an inbox and a number of its own', ({ phone, inbox: given }) => findsItsOwn({ phone, inbox: given }));
  it('give the next test another number', ({ phone, inbox: given }) => findsItsOwn({ phone, inbox: given }));

  test('and give the number back, also when the test failed', async () => {
    expect(seen.size).toBe(2);
    expect(lasting.numbers.list()).toEqual([]);
    const { phone: lend } = inboxFixtures(options);
    const failing = lend({ inbox: client }, async () => {
      throw new Error('the test failed');
    });
    await expect(failing).rejects.toThrow('the test failed');
    expect(inbox.numbers.list()).toEqual([]);
  });
});
