import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { marked, type Tokens } from 'marked';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigurationError, ProviderError, ReceiptError } from '../../src/errors.ts';
import type { Message, ReceiptRequest } from '../../src/providers/provider.ts';
import { readPointer, valueAt } from '../../src/providers/webhook/json-pointer.ts';
import { webhookProvider, type WebhookOptions } from '../../src/providers/webhook.ts';
import {
  exampleReference,
  messageWith,
  receiptUrlOf,
  type ProviderUnderTest,
} from '../../src/testing/provider-cases/case.ts';
import { withVendor, type Answer, type Received } from '../../src/testing/provider-cases/vendor.ts';
import { providerConformance } from '../../src/testing/provider-conformance.ts';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const apiKey = 'api-key-of-the-carrier';
const formType = 'application/x-www-form-urlencoded';
const { signal } = new AbortController();

/** A receipt as a receiver signs it that uses the library. */
function signed(
  body: string,
  { url, nowMs, with: key = secret }: { url: string; nowMs: number; with?: string },
): ReceiptRequest {
  const at = new Date(nowMs);
  const headers = new Headers({
    'webhook-id': 'receipt-1',
    'webhook-timestamp': String(Math.floor(nowMs / 1_000)),
    'webhook-signature': new Webhook(key).sign('receipt-1', at, body),
  });
  return { method: 'POST', url, headers, body: Buffer.from(body), nowMs };
}

const json = (status: number, body: unknown) => ({ status, body: JSON.stringify(body) });

/** The provider with a template, and how its receiver reads it. */
function underTest(
  options: Partial<WebhookOptions>,
  read: (body: string) => { to: string; text: string },
): ProviderUnderTest {
  const { headers = {}, ...others } = options;
  return {
    open: (baseUrl) =>
      webhookProvider({
        url: `${baseUrl}/texts`,
        secret,
        headers: { 'x-api-key': apiKey, 'x-reference': '{{reference}}', ...headers },
        messageId: '/data/id',
        ...others,
      }),
    credentials: [secret, secret.slice('whsec_'.length), apiKey],
    accepted: (id) => json(202, { data: { id } }),
    failures: [
      {
        name: 'a problem with a kind',
        reply: json(422, { type: 'about:blank', kind: 'invalid_number' }),
        kind: 'invalid_number',
      },
      { name: 'a code that is a kind', reply: json(400, { code: 'opted_out' }), kind: 'opted_out' },
      {
        name: 'a kind goes before a code',
        reply: json(400, { kind: 'filtered', code: 'opted_out' }),
        kind: 'filtered',
      },
      {
        name: 'a kind at a status that says less',
        reply: json(500, { kind: 'blocked_destination' }),
        kind: 'blocked_destination',
      },
      { name: 'a landline', reply: json(422, { kind: 'not_sms_capable' }), kind: 'not_sms_capable' },
      { name: 'too many', reply: json(429, { kind: 'rate_limited' }), kind: 'rate_limited' },
      { name: 'no funds', reply: json(400, { code: 'funds' }), kind: 'funds' },
      { name: 'a wrong key', reply: json(400, { code: 'auth' }), kind: 'auth' },
      { name: 'a sender that is not theirs', reply: json(400, { code: 'config' }), kind: 'config' },
      { name: 'down', reply: json(400, { code: 'temporary' }), kind: 'temporary' },
      { name: 'ambiguous is not believed', reply: json(400, { kind: 'ambiguous' }), kind: 'config' },
      { name: 'unknown is not believed', reply: json(503, { kind: 'unknown' }), kind: 'temporary' },
      { name: 'a word of their own', reply: json(400, { code: 'E_BAD', kind: ['filtered'] }), kind: 'config' },
      { name: 'an answer of 200 without an id', reply: json(200, { error: 'no such number' }), kind: 'unknown' },
    ],
    readRequest: ({ body }) => read(body),
    receipts: {
      oldestMs: 300_000,
      signsUrl: false,
      signed: ({ messageId, reference, status, url, nowMs }) =>
        signed(JSON.stringify({ message_id: messageId, reference, status }), { url, nowMs }),
      sign: (body, { url, nowMs }) => ({ ...signed(Buffer.from(body).toString(), { url, nowMs }), body }),
    },
  };
}

const readJson = (body: string) => JSON.parse(body) as Record<string, string>;
const readOwn = (body: string) => {
  const { to = '', text = '' } = readJson(body);
  return { to, text };
};
const templates: Record<string, ProviderUnderTest> = {
  'its own body': underTest({}, readOwn),
  'a JSON template': underTest(
    { body: { messages: [{ '{{to}}': '+{{to_digits}}', content: { text: '{{text}}' } }] } },
    (body) => {
      const [message] = (JSON.parse(body) as { messages: { '{{to}}': string; content: { text: string } }[] }).messages;
      return { to: message?.['{{to}}'] ?? '', text: message?.content.text ?? '' };
    },
  ),
  'JSON in a string': underTest({ body: '{"receiver": "{{ to }}", "message": "{{text}}"}' }, (body) => {
    const { receiver = '', message = '' } = readJson(body);
    return { to: receiver, text: message };
  }),
  'a form': underTest({ body: 'from=Acme&to={{to}}&message={{text}}' }, (body) => {
    const form = new URLSearchParams(body);
    return { to: form.get('to') ?? '', text: form.get('message') ?? '' };
  }),
  XML: underTest(
    {
      headers: { 'Content-Type': 'text/xml; charset=utf-8' },
      body: '<sms to="{{to}}" text=\'{{text}}\'>{{text}}</sms>',
    },
    (body) => {
      const [, to = '', attribute, text = ''] =
        /^<sms to="([^"<]*)" text='([^'"<\n\r\t]*)'>([^<]*)<\/sms>$/.exec(body) ?? [];
      const whole = attribute === text ? text : 'another text in the attribute';
      return { to, text: whole.replaceAll(/&#(\d+);/g, (_, sign: string) => String.fromCharCode(Number(sign))) };
    },
  ),
  'plain text': underTest({ headers: { 'content-type': 'text/plain' }, body: '{{to}}\n{{text}}' }, (body) => {
    const end = body.indexOf('\n');
    return { to: body.slice(0, end), text: body.slice(end + 1) };
  }),
};

/** The others differ from these in their bodies alone, which are tried below. */
describe.each(['its own body', 'a form'])('with %s it keeps the promises of a provider:', (body) => {
  const provider = templates[body] as ProviderUnderTest;
  for (const { name, run } of providerConformance()) test(name, () => run(provider));
});

describe('without messageId every 2xx is taken, and all else is as it was:', () => {
  const provider: ProviderUnderTest = {
    ...underTest({ messageId: undefined }, readOwn),
    accepted: (id) => json(200, { id }),
    failures: [{ name: 'refused', reply: json(422, { kind: 'invalid_number' }), kind: 'invalid_number' }],
  };
  // Where nothing is said about the answer, a 2xx says by itself that the message was taken.
  const aboutIds = [
    'a 2xx answer that cannot be read leaves open whether the message was taken',
    'an answer without end is cut',
  ];
  test('the cases that are left out are there', () => {
    expect(providerConformance().map(({ name }) => name)).toEqual(expect.arrayContaining(aboutIds));
  });
  const others = providerConformance().filter(({ name }) => !aboutIds.includes(name));
  for (const { name, run } of others) test(name, () => run(provider));
});

/** Sends one message to a receiver, and resolves with what it got and what the send came to. */
async function sent(
  options: Partial<WebhookOptions>,
  message: Partial<Message> = {},
  answer: Answer = { status: 200, body: '' },
) {
  return withVendor(answer, async (vendor) => {
    const provider = webhookProvider({ url: `${vendor.url}/texts?a=1`, secret, ...options });
    const came = await provider.send(messageWith(message), { signal }).catch((error: unknown) => error);
    return { came, received: vendor.received, request: vendor.received[0] as Received };
  });
}

describe('what arrives is what was sent, whatever is in it:', () => {
  const pieces = [
    '{{to}}',
    '{{code}}',
    '{{',
    '}}',
    '"',
    '\\',
    '\n',
    '\r',
    '&',
    '=',
    '+',
    '%20',
    '<',
    '$&',
    '$1',
    '\u0000',
    '\u2028',
    '👩‍👩‍👧',
    "'",
  ];
  const anyText = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 12 })
    .map((parts) => parts.join(''));

  test.each(Object.entries(templates))('%s', async (_name, { open, readRequest }) => {
    await withVendor(json(200, { data: { id: 'id-1' } }), async (vendor) => {
      const provider = open(vendor.url);
      const property = fc.asyncProperty(anyText, async (text) => {
        await provider.send(messageWith({ text }), { signal });
        const request = vendor.received.at(-1) as Received;
        expect(readRequest(request)).toEqual({ to: '+12025550143', text });
        verify(request, secret);
      });
      await fc.assert(property, { numRuns: 150 });
    });
  });

  test('half a character breaks nothing', async () => {
    const { request } = await sent({ body: 'to={{to}}&text={{text}}' }, { text: 'a\ud83db' });
    expect(new URLSearchParams(request.body).get('text')).toBe('a\ufffdb');
  });
});

/** As a receiver does it, by the library. */
function verify({ body, headers }: Received, key: string): unknown {
  return new Webhook(key).verify(body, Object.fromEntries(headers), { jsonParse: false });
}

describe('the signature', () => {
  test('is one of Standard Webhooks over the body, under the reference', async () => {
    const { request } = await sent({});
    expect(() => verify(request, secret)).not.toThrow();
    expect(request.headers.get('webhook-id')).toBe(exampleReference);
    expect(() => verify({ ...request, body: `${request.body} ` }, secret)).toThrow('No matching signature');
    expect(() => verify(request, `whsec_${randomBytes(32).toString('base64')}`)).toThrow('No matching signature');
  });

  test('is over a template as it was filled', async () => {
    const { request } = await sent({ body: 'to={{to}}&text={{text}}' });
    expect(() => verify(request, secret)).not.toThrow();
  });

  test('takes a secret as it is, too', async () => {
    const raw = 'a secret that is no base64, ä';
    const { request } = await sent({ secret: raw });
    expect(() => verify(request, Buffer.from(raw).toString('base64'))).not.toThrow();
  });

  test('is made at the time of the clock', async () => {
    const { request } = await sent({ clock: () => 1_700_000_000_999 });
    expect(request.headers.get('webhook-timestamp')).toBe('1700000000');
    expect(() => verify(request, secret)).toThrow('too old');
  });
});

describe('the request', () => {
  test('of its own is JSON with everything that there is', async () => {
    const { request } = await sent({});
    expect(request).toMatchObject({ method: 'POST', url: expect.stringMatching(/\/texts\?a=1$/) as string });
    expect(request.headers.get('content-type')).toBe('application/json');
    const { to, text, code } = messageWith();
    expect(JSON.parse(request.body)).toEqual({
      to,
      text,
      code,
      channel: 'sms',
      locale: 'en',
      country: 'US',
      reference: exampleReference,
      receipt_url: receiptUrlOf('webhook'),
      expires_in: 300,
    });
  });

  test('says null where there is nothing', async () => {
    const { request } = await sent({}, { country: null, receiptUrl: () => null });
    expect(JSON.parse(request.body)).toMatchObject({ country: null, receipt_url: null });
  });

  test('names what a registered text is registered as, where a template asks for it', async () => {
    const body = { to: '{{to}}', code: '{{code}}', entity: '{{entity_id}}', template: '{{template_id}}' };
    const template = { entityId: '1101', templateId: '1107', variables: [] };
    expect(JSON.parse((await sent({ body }, { template })).request.body)).toMatchObject({
      entity: '1101',
      template: '1107',
    });
    expect(JSON.parse((await sent({ body })).request.body)).toMatchObject({ entity: '', template: '' });
  });

  test('has every placeholder', async () => {
    const names = [
      'to',
      'to_digits',
      'text',
      'code',
      'channel',
      'reference',
      'country',
      'locale',
      'receipt_url',
      'expires_in',
    ];
    const body = Object.fromEntries(names.map((name) => [name, `<{{${name}}}>`]));
    const { to, text, code, locale } = messageWith();
    const values = [
      to,
      '12025550143',
      text,
      code,
      'sms',
      exampleReference,
      'US',
      locale,
      receiptUrlOf('webhook'),
      '300',
    ];
    const { request } = await sent({ body });
    expect(Object.values(readJson(request.body))).toEqual(values.map((value) => `<${value}>`));
  });

  test('leaves what is no text as it is, and is empty where there is nothing', async () => {
    const body = {
      to: '{{to}}',
      n: 17,
      yes: true,
      none: null,
      list: [1, ['{{code}}']],
      country: '{{country}}',
      url: '{{receipt_url}}',
    };
    const { request } = await sent({ body }, { country: null, receiptUrl: () => null });
    expect(JSON.parse(request.body)).toEqual({
      ...body,
      to: '+12025550143',
      list: [1, ['49381726']],
      country: '',
      url: '',
    });
  });

  test('asks for receipts under its own name', async () => {
    const { request } = await sent({ name: 'carrier-2' });
    expect(JSON.parse(request.body)).toMatchObject({ receipt_url: receiptUrlOf('carrier-2') });
  });

  test.each([
    ['a JSON template', { body: { to: '{{to}}', text: '{{text}}' } }, 'application/json'],
    [
      'a JSON template with a type',
      { body: '{"t":"{{to}}{{text}}"}', headers: { 'Content-Type': 'application/vnd.x+json' } },
      'application/vnd.x+json',
    ],
    ['another text', { body: '{{to}}={{text}}' }, formType],
    [
      'another text with a type',
      { body: '{{to}}={{text}}', headers: { 'CONTENT-TYPE': 'text/plain; charset=utf-8' } },
      'text/plain; charset=utf-8',
    ],
  ])('of %s says so', async (_name, options, type) => {
    expect((await sent(options)).request.headers.get('content-type')).toBe(type);
  });

  test('has headers that are templates', async () => {
    const headers = { Authorization: 'Basic abc=', 'X-To': '{{to}} {{ country }}', 'Idempotency-Key': '{{reference}}' };
    const { request } = await sent({ headers });
    expect(request.headers.get('authorization')).toBe('Basic abc=');
    expect(request.headers.get('x-to')).toBe('+12025550143 US');
    expect(request.headers.get('idempotency-key')).toBe(exampleReference);
  });

  test.each(['en\r\nx-evil: 1', 'en\nx', 'en\u0000', 'é', 'en\u2028'])(
    'is not made where a header would break: %j',
    async (locale) => {
      const { came, received } = await sent({ headers: { 'Accept-Language': '{{locale}}' } }, { locale });
      expect(came).toMatchObject({ kind: 'config', message: expect.not.stringContaining('evil') as string });
      expect(received).toEqual([]);
    },
  );
});

describe('options that cannot work', () => {
  const faultsOf = (options: Partial<WebhookOptions>): readonly string[] => {
    try {
      webhookProvider({ url: 'https://sms.example.com', secret, ...options });
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };
  const oneLine = { to: '{{to}}', text: '{{text}}' };

  test.each<[Partial<WebhookOptions>, string]>([
    [{ url: 'sms.example.com' }, 'url'],
    [{ url: 'ftp://sms.example.com' }, 'url'],
    [{ url: 'https://user:password@sms.example.com' }, 'url'],
    [{ url: 'https://sms.example.com/{{to}}' }, 'url'],
    [{ url: undefined }, 'url'],
    [{ secret: undefined }, 'secret'],
    [{ secret: '' }, 'secret'],
    [{ secret: 'whsec_' }, 'secret'],
    [{ secret: 'x'.repeat(23) }, 'secret'],
    [{ secret: `whsec_${randomBytes(23).toString('base64')}` }, 'secret'],
    [{ secret: 'whsec_not base64, but long enough to be one' }, 'secret'],
    [{ body: { ...oneLine, from: '{{sender}}' } }, 'body: {{sender}}'],
    [{ body: { ...oneLine, list: [['{{ TO }}']] } }, 'body: {{TO}}'],
    [{ body: 'to={{to}}&text={{text}}&x={{}}' }, 'body: {{}}'],
    [{ body: 'to={{to}}&text={{text}}&x={{__proto__}}' }, 'body: {{__proto__}}'],
    [{ body: 'to={{to}}&text={{text}}&code={{code}' }, 'body: a {{ is not closed'],
    [{ body: 'to={{to}}' }, 'body must hold'],
    [{ body: 'text={{text}}' }, 'body must hold'],
    [{ body: '' }, 'body must hold'],
    [{ body: oneLine, headers: { 'content-type': formType } }, 'body is JSON'],
    [{ headers: { 'Content-Type': formType } }, 'headers: content-type is that of a body'],
    [{ body: '{"to":{{to}},"text":{{text}}}', headers: { 'content-type': 'application/json' } }, 'body is not JSON'],
    [{ body: '{{to}} {{text}}', headers: { 'content-type': 'text/csv' } }, 'body cannot be written as text/csv'],
    [{ body: 17 }, 'body must be'],
    [{ headers: { 'x-a': 'a\nb' } }, 'headers: x-a'],
    [{ headers: { 'x-a': 'ü' } }, 'headers: x-a'],
    [{ headers: { 'x a': 'a' } }, 'headers: x a'],
    [{ headers: { 'x-a': '{{nobody}}' } }, 'headers: x-a: {{nobody}}'],
    [{ headers: { 'x-a': '{{text}}' } }, 'headers: x-a: a text'],
    [{ headers: { 'Webhook-Id': '1' } }, 'headers: Webhook-Id'],
    [{ headers: { 'content-length': '1' } }, 'headers: content-length'],
    [{ messageId: 'data/id' }, 'messageId'],
    [{ messageId: '/data~2' }, 'messageId'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs'],
  ])('%j', (options, fault) => {
    const faults = faultsOf(options);
    expect(
      faults.some((one) => one.startsWith(fault)),
      faults.join('\n'),
    ).toBe(true);
    for (const one of faults) expect(one).not.toContain((options.secret ?? '').slice(6) || secret);
  });

  test('are named all at once', () => {
    const options = {
      url: '',
      secret: '',
      body: '{{x}}',
      headers: { 'webhook-id': '' },
      messageId: 'x',
      timeoutMs: -1,
    };
    const said = faultsOf(options).map((fault) => /^\w+/.exec(fault)?.[0]);
    expect(new Set(said)).toEqual(new Set(['url', 'secret', 'body', 'headers', 'messageId', 'timeoutMs']));
  });

  test.each(['{{to}}&{{text}}', '{{to_digits}}&{{code}}'])('%s can', (body) => {
    expect(faultsOf({ body })).toEqual([]);
  });
});

describe('the id of a message', () => {
  const idOf = async (options: Partial<WebhookOptions>, body: string) => {
    const { came } = await sent(options, {}, { status: 201, body });
    return came instanceof ProviderError ? came.kind : (came as { messageId: string }).messageId;
  };

  test.each([
    ['{"id":"a","message_id":"b"}', 'a'],
    ['{"message_id":"b"}', 'b'],
    ['{"id":17}', '17'],
    ['{"id":""}', exampleReference],
    ['{"id":{"a":1}}', exampleReference],
    [`{"id":"${'x'.repeat(201)}"}`, exampleReference],
    ['{"data":{"id":"a"}}', exampleReference],
    ['["a"]', exampleReference],
    ['0: Accepted for delivery', exampleReference],
    ['', exampleReference],
  ])('of %s', async (body, id) => {
    expect(await idOf({}, body)).toBe(id);
  });

  test.each([
    ['/data/id', '{"data":{"id":"a"},"id":"b"}', 'a'],
    ['/messages/0/id', '{"messages":[{"id":7},{"id":8}]}', '7'],
    ['/0', '["a"]', 'a'],
    ['', '"a"', 'a'],
    ['/a~1b/m~0n', '{"a/b":{"m~n":"a"}}', 'a'],
    ['/', '{"":"a"}', 'a'],
    ['/messages/length', '{"messages":["a"]}', 'unknown'],
    ['/constructor/name', '{}', 'unknown'],
    ['/id', '{"message_id":"a"}', 'unknown'],
    ['/id', 'OK', 'unknown'],
  ])('at %s of %s', async (messageId, body, id) => {
    expect(await idOf({ messageId }, body)).toBe(id);
  });

  test('stands where RFC 6901 section 5 says', () => {
    const document = {
      foo: ['bar', 'baz'],
      '': 0,
      'a/b': 1,
      'c%d': 2,
      'e^f': 3,
      'g|h': 4,
      'i\\j': 5,
      'k"l': 6,
      ' ': 7,
      'm~n': 8,
    };
    const pointers = ['', '/foo', '/foo/0', '/', '/a~1b', '/c%d', '/e^f', '/g|h', '/i\\j', '/k"l', '/ ', '/m~0n'];
    const values = pointers.map((pointer) => valueAt(document, readPointer(pointer) ?? ['none']));
    expect(values).toEqual([document, document.foo, 'bar', 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(readPointer('/~01')).toEqual(['~1']);
    expect(valueAt({}, ['toString'])).toBeUndefined();
  });
});

describe('a receipt', () => {
  const provider = webhookProvider({ url: 'https://sms.example.com', secret });
  const nowMs = 1_700_000_000_000;
  const url = receiptUrlOf('webhook');
  const elsewhere = 'https://verify.example.com/v1/receipts/webhook/0123456789abcdefghijkl';
  const read = (told: unknown, at = elsewhere) => provider.receipts?.(signed(JSON.stringify(told), { url: at, nowMs }));

  test('names the message by reference, by id, or by both', async () => {
    const nothing = { status: 'sent', errorKind: null };
    expect(await read({ status: 'sent', reference: 'r' })).toEqual([{ ...nothing, reference: 'r', messageId: 'r' }]);
    expect(await read({ status: 'sent', message_id: 'm' })).toEqual([{ ...nothing, reference: null, messageId: 'm' }]);
    expect(await read({ status: 'sent', message_id: 'm', reference: 'r' })).toEqual([
      { ...nothing, reference: 'r', messageId: 'm' },
    ]);
  });

  test('that was called at the address of its message names it by that', async () => {
    expect(await read({ status: 'delivered' }, url)).toMatchObject([
      { reference: exampleReference, messageId: exampleReference },
    ]);
    expect(await read({ status: 'delivered', reference: 'r' }, url)).toMatchObject([{ reference: 'r' }]);
  });

  test('can be of several messages, which an address cannot name', async () => {
    const several = [
      { status: 'delivered', reference: 'r' },
      { status: 'failed', message_id: 'm', kind: 'opted_out' },
    ];
    expect(await read(several, url)).toEqual([
      { status: 'delivered', reference: 'r', messageId: 'r', errorKind: null },
      { status: 'failed', reference: null, messageId: 'm', errorKind: 'opted_out' },
    ]);
    await expect(read([{ status: 'delivered' }], url)).rejects.toThrow(ReceiptError);
  });

  test.each([
    ['failed', 'filtered', 'filtered'],
    ['failed', 'ambiguous', null],
    ['failed', 'their own word', null],
    ['failed', ['filtered'], null],
    ['failed', undefined, null],
    ['delivered', 'filtered', null],
  ])('of %s with kind %j says %j', async (status, kind, errorKind) => {
    expect(await read({ status, kind, reference: 'r' })).toMatchObject([{ status, errorKind }]);
  });

  test.each([
    ['without a status', { reference: 'r' }],
    ['with a status of their own', { reference: 'r', status: 'undelivered' }],
    ['of no message', { status: 'sent' }],
    ['whose reference is none', { status: 'sent', reference: 17 }],
  ])('%s is refused', async (_name, told) => {
    await expect(read(told)).rejects.toThrow(ReceiptError);
  });

  test('may bear several signatures, one of which is right', async () => {
    const request = signed(JSON.stringify({ status: 'sent', reference: 'r' }), { url: elsewhere, nowMs });
    const right = request.headers.get('webhook-signature') ?? '';
    request.headers.set('webhook-signature', `v1,${randomBytes(32).toString('base64')} v1a,x ${right}`);
    expect(await provider.receipts?.(request)).toHaveLength(1);
    request.headers.set('webhook-signature', right.replace('v1,', 'v2,'));
    await expect(provider.receipts?.(request)).rejects.toThrow(ReceiptError);
  });

  test('signed with another secret is refused', async () => {
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    const request = signed('{"status":"sent","reference":"r"}', { url: elsewhere, nowMs, with: other });
    await expect(provider.receipts?.(request)).rejects.toThrow('webhook-signature');
  });

  test('under another id or time than was signed is refused', async () => {
    for (const [header, value] of [
      ['webhook-id', 'receipt-2'],
      ['webhook-timestamp', String(nowMs / 1_000 + 1)],
      ['webhook-timestamp', `${nowMs / 1_000}.0`],
    ] as const) {
      const request = signed('{"status":"sent","reference":"r"}', { url: elsewhere, nowMs });
      request.headers.set(header, value);
      await expect(provider.receipts?.(request), `${header}: ${value}`).rejects.toThrow(ReceiptError);
    }
  });

  test('returns the reference only to who told it', () => {
    const returns = (options: Partial<WebhookOptions>) =>
      webhookProvider({ url: 'https://sms.example.com', secret, ...options }).returnsReference;
    expect(returns({})).toBe(true);
    expect(returns({ body: 'to={{to}}&text={{text}}' })).toBe(false);
    expect(returns({ body: 'to={{to}}&text={{text}}&ref={{reference}}' })).toBe(true);
    expect(returns({ body: { to: '{{to}}', text: '{{text}}', callback: '{{receipt_url}}' } })).toBe(true);
    expect(returns({ body: 'to={{to}}&text={{text}}', headers: { 'x-ref': '{{reference}}' } })).toBe(true);
  });
});

describe('the page', () => {
  const page = marked.lexer(readFileSync('docs/providers/webhook.md', 'utf8'));
  const blocksIn = (lang: string) => page.filter((one): one is Tokens.Code => one.type === 'code' && one.lang === lang);

  test('shows a receiver that takes what is signed with its secret, once, and nothing else', async () => {
    const program = blocksIn('js')[0]?.text ?? '';
    const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: '0' };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value: first } = await lines.next();
    const url = `http://127.0.0.1:${/^listening on (\d+)$/.exec(String(first))?.[1]}`;
    const [, given = ''] = /^curl -i http:\/\/127\.0\.0\.1:8090 (.*)$/s.exec(blocksIn('sh').at(-1)?.text ?? '') ?? [];
    const headers = [...given.matchAll(/-H '(.+?): (.*?)'/g)].map(([, name = '', value = '']): [string, string] => [
      name,
      value,
    ]);
    const [, body = ''] = /-d '(.*?)'/.exec(given) ?? [];
    expect(Object.keys(JSON.parse(body) as object)).toContain('to');
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
    const send = (key: string, text: string) =>
      webhookProvider({ url, secret: key }).send(messageWith({ text }), { signal });
    await expect(send(`whsec_${randomBytes(32).toString('base64')}`, 'not signed')).rejects.toMatchObject({
      kind: 'auth',
    });
    expect(await send(secret, 'hello')).toEqual({ messageId: 'message-1' });
    expect(await send(secret, 'again')).toEqual({ messageId: 'message-1' });
    expect((await lines.next()).value).toBe('+12025550143: hello');
  });

  test('shows the body that there is without a template', async () => {
    const shown = blocksIn('json').map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(Object.keys(shown[0] ?? {})).toEqual(Object.keys(JSON.parse((await sent({})).request.body) as object));
  });

  /** What the recipe of a vendor sends, and what the vendor is known to answer. */
  const recipes: Record<
    string,
    { answer: object; id: string; type: string; read(body: string): unknown; message: unknown }
  > = {
    'api.46elks.com': {
      answer: { status: 'created', direction: 'outgoing', id: 's70df59406a1b4643b96f3f91e0bfb7b0', to: '+12025550143' },
      id: 's70df59406a1b4643b96f3f91e0bfb7b0',
      type: formType,
      read: (body) => Object.fromEntries(new URLSearchParams(body)),
      message: { from: 'Acme', to: '+12025550143', message: 'say "hi" & \n=1+1' },
    },
    'api.httpsms.com': {
      answer: {
        data: { id: '32343a19-da5e-4b1b-a767-3298a73703cb', status: 'pending' },
        message: 'item created',
        status: 'success',
      },
      id: '32343a19-da5e-4b1b-a767-3298a73703cb',
      type: 'application/json',
      read: (body) => JSON.parse(body),
      message: { from: '+12025550100', to: '+12025550143', content: 'say "hi" & \n=1+1' },
    },
    'api.textbee.dev': {
      answer: {
        data: { success: true, message: 'SMS added to queue for processing', smsBatchId: 'batch-1', recipientCount: 1 },
      },
      id: 'batch-1',
      type: 'application/json',
      read: (body) => JSON.parse(body),
      message: { recipients: ['+12025550143'], message: 'say "hi" & \n=1+1' },
    },
  };

  test('shows recipes that send what the vendors take, and find the id in what they answer', async () => {
    const shown = blocksIn('sh').filter(({ text }) => text.startsWith('PHONEPROOF_'));
    expect(shown).toHaveLength(Object.keys(recipes).length);
    for (const { text } of shown) {
      const set = new Map(
        [...text.matchAll(/^PHONEPROOF_WEBHOOK_(\w+)='?(.*?)'?$/gm)].map(([, name, value]) => [name, value]),
      );
      const { host, pathname } = new URL(set.get('URL') ?? '');
      const { answer, id, type, read, message } = recipes[host] ?? expect.fail(host);
      await withVendor({ status: 200, body: JSON.stringify(answer) }, async (vendor) => {
        const headers = JSON.parse(set.get('HEADERS') ?? '') as Record<string, string>;
        const options = { secret, headers, body: set.get('BODY'), messageId: set.get('MESSAGE_ID') };
        const provider = webhookProvider({ url: `${vendor.url}${pathname}`, ...options });
        expect(await provider.send(messageWith({ text: 'say "hi" & \n=1+1' }), { signal })).toEqual({ messageId: id });
        const [request] = vendor.received;
        expect(read(request?.body ?? '')).toEqual(message);
        expect(request?.headers.get('content-type')).toBe(type);
        for (const [header, value] of Object.entries(headers)) expect(request?.headers.get(header)).toBe(value);
      });
    }
  });
});
