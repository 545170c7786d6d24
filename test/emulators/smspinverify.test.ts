import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { VirtualNumberError } from '../../src/errors.ts';
import type { Fault } from '../../src/inbox/emulators/emulator.ts';
import { smspinverifyEmulator, type SmspinverifyEmulatorOptions } from '../../src/inbox/emulators/smspinverify.ts';
import { smspinverifyNumbers } from '../../src/virtual-numbers/smspinverify.ts';
import { renting, text, type Answer, type RentUnderTest } from './rent-under-test.ts';

const start = (options: SmspinverifyEmulatorOptions = {}) => renting(smspinverifyEmulator(options));

type Query = Readonly<Record<string, string>>;
const usual = { customer: 'key', app: 'Google', country: 'USA' };

/** One of the vendor's scripts; a parameter that is set to '' is left out. */
function script({ get }: RentUnderTest, name: string, query: Query = {}, folder = '/user'): Promise<Answer> {
  const given = Object.entries({ ...usual, ...query }).filter(([, value]) => value !== '');
  return get(`${folder}/${name}?${new URLSearchParams(given).toString()}`);
}
const getNumber = (site: RentUnderTest, query: Query = {}) => script(site, 'get_number.php', query);
const getSms = (site: RentUnderTest, number: string, query: Query = {}) =>
  script(site, 'get_sms.php', { number, ...query });
const reject = (site: RentUnderTest, number: string) => script(site, 'get_reject_number.php', { number });
const balance = async (site: RentUnderTest, customer = 'key') =>
  (JSON.parse((await script(site, 'get_balance.php', { customer })).text) as { balance: string }).balance;
const said = async (answer: Promise<Answer>) => (await answer).text;

const noNumbers = 'New Numbers registration in progress, please wait or check back later.';
const noCode = 'You have not received any code yet.';

test('a number is bare digits, its text is told when it arrived, all in plain text with status 200', async () => {
  await using site = await start();
  const { status, type, text: number } = await getNumber(site);
  expect({ status, type }).toEqual({ status: 200, type: 'text/plain; charset=UTF-8' });
  expect(number).toMatch(/^1\d{3}55501\d\d$/);
  expect(await getSms(site, number)).toMatchObject({ status: 200, type: 'text/plain; charset=UTF-8', text: noCode });
  site.receive(number);
  expect(await getSms(site, number)).toMatchObject({ status: 200, type: 'text/plain; charset=UTF-8', text });
});

test.each(['/user', '/user/api', '/json'])(
  'the scripts below %s answer alike, with the vendor before them and without',
  async (folder) => {
    await using site = await start();
    const below = await script(site, 'get_number.php', {}, folder);
    const query = new URLSearchParams({ ...usual, number: below.text }).toString();
    expect(await said(site.get(`${site.url}${folder}/get_sms.php?${query}`))).toBe(noCode);
    expect(await said(site.get(`${site.url}${folder}/get_balance.php?customer=key`))).toBe('{"balance":"99.50"}');
  },
);

test('curl without options and a query client as PHP has it get a number and its text', async () => {
  await using site = await start();
  const curl = async (path: string) => (await promisify(execFile)('curl', ['-sS', `${site.url}${path}`])).stdout;
  const number = await curl('/user/get_number.php?customer=x&app=Google&country=USA');
  expect(number).toMatch(/^1\d{10}$/);
  site.receive(number);
  // As http_build_query writes it: blanks as plus.
  const spaced = await said(
    site.get(`${site.url}/user/get_number.php?customer=x&app=Google+Voice&country=Saudi+Arabia`),
  );
  expect(spaced).toMatch(/^9665\d{8}$/);
  expect(await curl(`/user/get_sms.php?customer=x&number=${spaced}&country=Saudi+Arabia&app=Google+Voice`)).toBe(
    noCode,
  );
  expect(await curl(`/user/get_sms.php?customer=x&number=${number}&country=USA&app=Google`)).toBe(text);
});

describe('what is not understood', () => {
  test.each<[string, Query, string]>([
    ['no key', { customer: '' }, 'Customer Not Found.'],
    ['the key of nobody', { customer: 'unknown' }, 'Customer Not Found.'],
    ['no app', { app: '' }, 'App Not Found.'],
    ['no country', { country: '' }, 'Country Not Found.'],
    ['a country that is none', { country: 'Atlantis' }, 'Country Not Found.'],
    ['a code of a country', { country: 'US' }, 'Country Not Found.'],
    ['a country without phones', { country: 'Antarctica' }, noNumbers],
    ['a vendor without numbers', { customer: 'empty' }, noNumbers],
    ['a customer without money', { customer: 'poor' }, 'Not Enough balance'],
    ['a vendor in trouble', { customer: 'error102' }, 'Error 102, check back later.'],
    ['a number that was never rented', { number: '12015550199' }, 'Number Not Found.'],
  ])('%s: get_number says so with status 200', async (_, query, sentence) => {
    await using site = await start();
    expect(await getNumber(site, query)).toMatchObject({ status: 200, text: sentence });
    expect(site.inbox.numbers.list()).toEqual([]);
  });

  test('get_sms knows a number by customer, app and country together', async () => {
    await using site = await start();
    const { text: number } = await getNumber(site);
    expect(await said(getSms(site, number, { customer: 'another' }))).toBe('Number Not Found.');
    expect(await said(getSms(site, number, { app: 'Other' }))).toBe('Number Not Found.');
    expect(await said(getSms(site, number, { country: 'Canada' }))).toBe('Number Not Found.');
    expect(await said(getSms(site, '12015550199'))).toBe('Number Not Found.');
    expect(await said(getSms(site, '', {}))).toBe('Number Not Found.');
    expect(await said(getSms(site, number, { customer: 'unknown' }))).toBe('Customer Not Found.');
    expect(await said(getSms(site, number, { customer: 'expired' }))).toBe('Your balance is expired.');
    expect(await said(getSms(site, number, { customer: 'error102' }))).toBe('Error 102, check back later.');
    expect(await said(getSms(site, number, { app: 'GOOGLE', country: 'united states' }))).toBe(noCode);
  });

  test('a script that is not there is a 404', async () => {
    await using site = await start();
    expect((await script(site, 'get_something.php')).status).toBe(404);
  });
});

test.each([
  ['malaysia', /^60\d{8,10}$/],
  ['Côte d’Ivoire', /^225\d{10}$/],
  ['cote divoire', /^225\d{10}$/],
  ['UK', /^447\d{9}$/],
])('a number of %s, polled as it is dialled within the country or with a plus', async (country, shape) => {
  await using site = await start();
  const { text: number } = await getNumber(site, { country });
  expect(number).toMatch(shape);
  site.receive(number);
  const national = number.slice(country === 'malaysia' ? 2 : country === 'UK' ? 2 : 3);
  expect(await said(getSms(site, national, { country }))).toBe(text);
  expect(await said(getSms(site, `+${number}`, { country }))).toBe(text);
  // A plus that was not escaped arrives as a blank.
  expect(await said(getSms(site, ` ${number}`, { country }))).toBe(text);
});

test('get_sms tells the latest text of this lease, not what came before it', async () => {
  await using site = await start();
  const { numbers } = site.inbox;
  const former = numbers.lease({ country: 'TK' })?.number ?? '';
  site.receive(former, '111111 is of the one before.');
  // All others are lent, so the same number comes round.
  for (let left = numbers.free('TK'); left > 0; left -= 1) numbers.lease({ country: 'TK' });
  numbers.release(former);
  const { text: number } = await getNumber(site, { country: 'Tokelau' });
  expect(`+${number}`).toBe(former);
  expect(await said(getSms(site, number, { country: 'Tokelau' }))).toBe(noCode);
  site.receive(number, '222222 is the first.');
  site.receive(number, '333333 is the second.');
  expect(await said(getSms(site, number, { country: 'Tokelau' }))).toBe('333333 is the second.');
});

describe('the code alone', () => {
  test.each<[string, SmspinverifyEmulatorOptions, string]>([
    ['where the emulator is told so', { answer: 'code' }, 'key'],
    ['for a customer whose key says so', {}, 'code-key'],
  ])('%s', async (_, options, customer) => {
    await using site = await start(options);
    const { text: number } = await getNumber(site, { customer });
    site.receive(number, 'Nothing but words.');
    expect(await said(getSms(site, number, { customer }))).toBe(noCode);
    site.receive(number);
    expect(await said(getSms(site, number, { customer }))).toBe('493817');
  });
});

test('the newer variant: an id behind the number, by which it is polled and rejected', async () => {
  await using site = await start();
  const answer = await script(site, 'get_number.php', { shownid: '1', duration: '15 minutes' }, '/json');
  const [number = '', id = ''] = answer.text.split('|');
  expect(answer.text).toMatch(/^1\d{10}\|\d+$/);
  const byId = { n_id: id, app: '', country: '' };
  expect(await said(script(site, 'get_sms.php', byId, '/json'))).toBe(noCode);
  site.receive(number);
  expect(await said(script(site, 'get_sms.php', byId, '/json'))).toBe(text);
  expect(await said(script(site, 'get_sms.php', { ...byId, customer: 'another' }, '/json'))).toBe('Number Not Found.');
  const second = (await script(site, 'get_number.php', { shownid: '1' }, '/json')).text.split('|');
  site.clock.advance(120_000);
  expect(await said(script(site, 'reject_code.php', { number: second[0] ?? '', n_id: second[1] ?? '' }, '/json'))).toBe(
    'Number Rejected.',
  );
});

describe('a lease', () => {
  test('ends after 20 minutes, and the money comes back where no text was told', async () => {
    await using site = await start();
    const { text: first } = await getNumber(site);
    const { text: second } = await getNumber(site);
    site.receive(second);
    expect(await balance(site)).toBe('99.00');
    site.clock.advance(1_199_999);
    expect(await said(getSms(site, first))).toBe(noCode);
    site.clock.advance(1);
    expect(await said(getSms(site, first))).toBe('Number Not Found.');
    expect(await said(getSms(site, second))).toBe('Number Not Found.');
    expect(await balance(site)).toBe('99.50');
    expect(await said(reject(site, first))).toBe('Number Not Found.');
  });

  test('is as long, and a number as dear, as the emulator is told', async () => {
    await using site = await start({ leaseSeconds: 60, price: 0.3, balance: 0.5, numbersPerMinute: 100 });
    const { text: number } = await getNumber(site);
    expect(await balance(site)).toBe('0.20');
    expect(await said(getNumber(site))).toBe('Not Enough balance');
    site.clock.advance(60_000);
    expect(await said(getSms(site, number))).toBe('Number Not Found.');
    expect(await said(getNumber(site))).toMatch(/^1\d{10}$/);
  });

  test('is lost when someone gives the number back at the inbox', async () => {
    await using site = await start();
    const { text: number } = await getNumber(site);
    site.inbox.numbers.release(`+${number}`);
    expect(await said(getSms(site, number))).toBe('Number Not Found.');
    expect(await balance(site)).toBe('100.00');
  });

  test('keeps the number from everyone else at the inbox', async () => {
    await using site = await start();
    const { text: number } = await getNumber(site);
    expect(site.inbox.numbers.lease({ number: `+${number}` })).toBeNull();
  });
});

describe('rejecting', () => {
  test('is refused for two minutes, then gives number and money back, once', async () => {
    await using site = await start();
    const { text: number } = await getNumber(site);
    site.clock.advance(119_999);
    expect(await reject(site, number)).toMatchObject({ status: 200, text: 'Not able to reject.' });
    site.clock.advance(1);
    expect(await said(reject(site, number))).toBe('Number Rejected.');
    expect(await balance(site)).toBe('100.00');
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await said(reject(site, number))).toBe('Number Not Found.');
    expect(await balance(site)).toBe('100.00');
  });

  test('is refused once a text came', async () => {
    await using site = await start({ keepSeconds: 0 });
    const { text: number } = await getNumber(site);
    site.receive(number);
    expect(await said(reject(site, number))).toBe('Not able to reject.');
    expect(await balance(site)).toBe('99.50');
  });
});

test('an old number is rented again by its customer alone, while nobody has it', async () => {
  await using site = await start({ keepSeconds: 0 });
  const { text: number } = await getNumber(site);
  expect(await said(getNumber(site, { number }))).toBe(noNumbers);
  site.receive(number, '111111 is your first code.');
  site.clock.advance(1_200_000);
  expect(await said(getNumber(site, { number, customer: 'another' }))).toBe('Number Not Found.');
  expect(await said(getNumber(site, { number }))).toBe(number);
  expect(await said(getSms(site, number))).toBe(noCode);
  site.receive(number);
  expect(await said(getSms(site, number))).toBe(text);
});

describe('many at once', () => {
  test('100 calls get 100 numbers', async () => {
    await using site = await start({ numbersPerMinute: 100 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => said(getNumber(site))));
    expect(new Set(answers).size).toBe(100);
    expect(answers.every((number) => /^1\d{10}$/.test(number))).toBe(true);
    expect(await balance(site)).toBe('50.00');
  });

  test('a customer gets five within a minute, another one five more', async () => {
    await using site = await start();
    const all = async (customer: string) =>
      (await Promise.all(Array.from({ length: 20 }, () => getNumber(site, { customer })))).map(({ status }) => status);
    const [mine, theirs] = await Promise.all([all('key'), all('another')]);
    for (const statuses of [mine, theirs]) expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(await getNumber(site)).toMatchObject({ status: 429, text: 'Too many requests' });
    site.clock.advance(59_999);
    expect((await getNumber(site)).status).toBe(429);
    site.clock.advance(1);
    expect((await getNumber(site)).status).toBe(200);
  });

  test('money for one number buys one', async () => {
    await using site = await start({ balance: 0.5 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => said(getNumber(site))));
    expect(answers.filter((answer) => answer === 'Not Enough balance')).toHaveLength(4);
    expect(await balance(site)).toBe('0.00');
  });

  test('a customer who is always too fast', async () => {
    await using site = await start();
    expect((await getNumber(site, { customer: 'busy' })).status).toBe(429);
  });
});

test('history, the latest first, and rates', async () => {
  await using site = await start();
  const { text: first } = await getNumber(site);
  site.clock.advance(1_000);
  const { text: second } = await getNumber(site, { country: 'Canada' });
  site.receive(first);
  const history = await script(site, 'get_history.php');
  expect(history.type).toBe('application/json');
  expect(JSON.parse(history.text)).toEqual([
    {
      n_id: expect.any(String),
      number: second,
      app: 'Google',
      country: 'Canada',
      rate: '0.50',
      sms: null,
      date: '2030-01-01 00:00:01',
    },
    {
      n_id: expect.any(String),
      number: first,
      app: 'Google',
      country: 'USA',
      rate: '0.50',
      sms: text,
      date: '2030-01-01 00:00:00',
    },
  ]);
  expect(await said(script(site, 'get_history.php', { customer: 'another' }))).toBe('[]');
  const rates = await script(site, 'get_rates.php', { customer: '' });
  expect(rates.type).toBe('application/json');
  expect(JSON.parse(rates.text)).toEqual([{ app: 'Any app', business_code: 'any', rate: '0.50' }]);
  expect(await said(script(site, 'get_rates.php', { country: 'Atlantis' }))).toBe('Country Not Found.');
});

describe('what is scripted to go wrong', () => {
  const scripted = async (fault: Fault, act: (site: RentUnderTest) => Promise<void>) => {
    await using site = await start({ numbersPerMinute: 1 });
    site.carrier.faults.add({ vendor: 'smspinverify', fault, next: 1 });
    await act(site);
    expect(site.carrier.faults.list()).toEqual([]);
  };
  /** As if nothing had been asked for: the one number of this minute can still be rented, and nothing was paid. */
  const nothingHappened = async (site: RentUnderTest) => {
    expect(site.inbox.numbers.list()).toEqual([]);
    expect(await balance(site)).toBe('100.00');
    expect(await said(script(site, 'get_history.php'))).toBe('[]');
    expect((await getNumber(site)).status).toBe(200);
  };

  test('too many calls', () =>
    scripted({ kind: 'rate_limited', retryAfterSeconds: 7 }, async (site) => {
      const answer = await getNumber(site);
      expect(answer).toMatchObject({ status: 429, text: 'Too many requests' });
      expect(answer.headers.get('retry-after')).toBe('7');
      await nothingHappened(site);
    }));

  test('a proxy’s page in place of the vendor’s answer', () =>
    scripted({ kind: 'server_error', status: 502 }, async (site) => {
      const answer = await getNumber(site);
      expect(answer).toMatchObject({ status: 502, type: 'text/html; charset=UTF-8' });
      expect(answer.text).toMatch(/^<html>.*<h1>502 Bad Gateway<\/h1>.*<\/html>\s*$/s);
      await nothingHappened(site);
    }));

  test.each([
    [undefined, 'Error 102, check back later.'],
    ['no_numbers', noNumbers],
    ['Something_new.', 'Something new.'],
  ])('a refusal with the code %s', (code, sentence) =>
    scripted({ kind: 'refused', code }, async (site) => {
      expect(await getNumber(site)).toMatchObject({ status: 200, text: sentence });
      await nothingHappened(site);
    }),
  );

  test('a connection that breaks before anything is rented', () =>
    scripted({ kind: 'cut_before' }, async (site) => {
      await expect(getNumber(site)).rejects.toThrow('fetch failed');
      await nothingHappened(site);
    }));

  test('a connection that breaks when the number is rented', () =>
    scripted({ kind: 'cut_after' }, async (site) => {
      await expect(getNumber(site)).rejects.toThrow('fetch failed');
      expect(site.inbox.numbers.list()).toHaveLength(1);
      expect(await balance(site)).toBe('99.50');
    }));

  test.each<Fault>([{ kind: 'dropped' }, { kind: 'undelivered', code: undefined }])(
    'texts that are never told: $kind',
    (fault) =>
      scripted(fault, async (site) => {
        const { text: number } = await getNumber(site);
        site.receive(number);
        site.clock.advance(1_199_999);
        expect(await said(getSms(site, number))).toBe(noCode);
        site.clock.advance(1);
        expect(await balance(site)).toBe('100.00');
      }),
  );

  test('texts that are told late', () =>
    scripted({ kind: 'late_receipts', delayMs: 30_000 }, async (site) => {
      const { text: number } = await getNumber(site);
      site.receive(number);
      site.clock.advance(29_999);
      expect(await said(getSms(site, number))).toBe(noCode);
      site.clock.advance(1);
      expect(await said(getSms(site, number))).toBe(text);
    }));

  test('an answer that takes longer', async () => {
    await using site = await start();
    site.carrier.faults.add({ vendor: 'smspinverify', fault: { kind: 'delay', delayMs: 3_000 }, next: 1 });
    expect((await getNumber(site)).status).toBe(200);
    expect(site.waits).toEqual([3_000]);
  });

  test('what is meant for one number, and for another vendor', async () => {
    await using site = await start();
    const { text: number } = await getNumber(site);
    site.clock.advance(1_200_000);
    site.carrier.faults.add({
      vendor: 'smspinverify',
      to: `+${number}`,
      fault: { kind: 'server_error', status: 500 },
      next: 1,
    });
    site.carrier.faults.add({ vendor: 'twilio', fault: { kind: 'server_error', status: 500 }, next: 1 });
    expect((await getNumber(site)).status).toBe(200);
    expect((await getNumber(site, { number })).status).toBe(500);
    expect((await getNumber(site, { number })).status).toBe(200);
  });

  test('what is scripted for messages of every vendor is for messages', async () => {
    await using site = await start();
    site.carrier.faults.add({ fault: { kind: 'server_error', status: 500 }, next: 1 });
    expect((await getNumber(site)).status).toBe(200);
    expect(site.carrier.faults.list()).toHaveLength(1);
  });

  test('what the vendor would refuse anyway takes no fault', async () => {
    await using site = await start();
    site.carrier.faults.add({ vendor: 'smspinverify', fault: { kind: 'server_error', status: 500 }, next: 1 });
    await getNumber(site, { country: 'Atlantis' });
    await getNumber(site, { customer: 'empty' });
    expect(site.carrier.faults.list()).toHaveLength(1);
  });
});

test('texts are told so much later as the emulator is told', async () => {
  await using site = await start({ textDelayMs: 5_000 });
  const { text: number } = await getNumber(site);
  site.receive(number);
  site.clock.advance(4_999);
  expect(await said(getSms(site, number))).toBe(noCode);
  site.clock.advance(1);
  expect(await said(getSms(site, number))).toBe(text);
});

describe('websites', () => {
  test.each(['/smspinverify/user', '/user'])('get no number by a link of theirs, below %s', async (folder) => {
    await using site = await start();
    const path = `${folder}/get_number.php?${new URLSearchParams(usual).toString()}`;
    expect(await site.follow(path, 'cross-site')).toBe(403);
    expect(await site.follow(path, 'same-site')).toBe(403);
    expect((await site.get(site.url + path, { origin: 'https://example.com' })).status).toBe(403);
    expect((await site.get(site.url + path, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
    expect(site.inbox.numbers.list()).toEqual([]);
    // Typed into the address bar.
    expect(await site.follow(path, 'none')).toBe(200);
  });

  test('a text that is a page is not shown as one', async () => {
    await using site = await start();
    const { text: number } = await getNumber(site);
    site.receive(number, '<script>alert(1)</script>');
    const { type, headers } = await getSms(site, number);
    expect(type).toBe('text/plain; charset=UTF-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

test('terms on which nothing can be rented are refused, all at once', () => {
  expect(() => smspinverifyEmulator({ leaseSeconds: 0, price: -1, balance: Number.NaN })).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', faults: expect.arrayContaining([expect.any(String)]) }),
  );
});

describe('our own adapter', () => {
  const { signal } = new AbortController();
  const adapter = ({ url, clock }: RentUnderTest, customer = 'key', folder = '/smspinverify') =>
    smspinverifyNumbers({ customer, service: 'Google', baseUrl: url + folder, clock: clock.now });
  const wanted = { country: 'USA' };

  test.each(['', '/smspinverify', '/user/api', '/smspinverify/user/api'])(
    'rents, polls and releases below %s/',
    async (folder) => {
      await using site = await start();
      const provider = adapter(site, 'key', folder);
      const lease = await provider.acquire(wanted, { signal });
      expect(site.inbox.numbers.find(lease.number)).toBeDefined();
      expect(await provider.poll(lease, { signal })).toMatchObject({ state: 'waiting' });
      expect(await provider.balance?.({ signal })).toBe(99.5);
      site.receive(lease.number);
      expect(await provider.poll(lease, { signal })).toEqual({
        state: 'received',
        texts: [{ code: null, text, from: null }],
      });
      expect(await provider.release(lease, 'used', { signal })).toBe('released');

      const unused = await provider.acquire({ country: 'malaysia' }, { signal });
      expect(await provider.release(unused, 'unused', { signal })).toBe('too_early');
      site.clock.advance(120_000);
      expect(await provider.release(unused, 'unused', { signal })).toBe('released');
      expect(await provider.release(unused, 'unused', { signal })).toBe('released');
      expect(await provider.poll(unused, { signal })).toMatchObject({ state: 'lost' });
    },
  );

  test.each([
    ['unknown', 'USA', 'auth'],
    ['key', 'Atlantis', 'config'],
    ['poor', 'USA', 'funds'],
    ['empty', 'USA', 'no_numbers'],
    ['key', 'Antarctica', 'no_numbers'],
    ['busy', 'USA', 'rate_limited'],
    ['error102', 'USA', 'unavailable'],
  ])('with the key %s and the country %s gets an error of the kind %s', async (customer, country, kind) => {
    await using site = await start();
    const thrown = await adapter(site, customer)
      .acquire({ country }, { signal })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(VirtualNumberError);
    expect(thrown).toMatchObject({ kind });
  });
});
