import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFaultScript, type ScriptedFault } from '../../src/inbox/emulators/faults.ts';
import { vendorEmulators } from '../../src/inbox/emulators/index.ts';
import { listeningInbox, probeEmulator, sendProbe, type ListeningInbox } from './carrier-under-test.ts';

const alice = '+12025550143';
const bob = '+447400123456';

interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

const postFault = ({ url }: Pick<ListeningInbox, 'url'>, entry: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/inbox/api/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(entry),
  });
const listFaults = async ({ url }: Pick<ListeningInbox, 'url'>): Promise<unknown> =>
  ((await (await fetch(`${url}/inbox/api/faults`)).json()) as { data: unknown }).data;

describe('a script', () => {
  const refused = (code: string): ScriptedFault => ({ kind: 'refused', code });

  test('says nothing when nothing was said', () => {
    expect(createFaultScript().take('twilio', alice)).toEqual({ delayMs: 0, fault: null });
  });

  test('is taken in the order in which it was made, each entry as often as it says', () => {
    const script = createFaultScript();
    script.add({ fault: refused('1'), next: 2 });
    script.add({ fault: refused('2'), next: 1 });
    const took = Array.from({ length: 4 }, () => script.take('twilio', alice).fault);
    expect(took).toEqual([refused('1'), refused('1'), refused('2'), null]);
    expect(script.list()).toEqual([]);
  });

  test('an entry is for its vendor and its number, however the vendor writes it', () => {
    const script = createFaultScript();
    script.add({ vendor: 'vonage', to: alice, fault: refused('1'), next: 10 });
    expect(script.take('twilio', alice).fault).toBeNull();
    expect(script.take('vonage', bob).fault).toBeNull();
    expect(script.take('vonage', alice.slice(1)).fault).toEqual(refused('1'));
    expect(script.list()).toMatchObject([{ next: 9 }]);
  });

  test('an entry that is not meant is passed over for one that is', () => {
    const script = createFaultScript();
    script.add({ to: bob, fault: refused('1'), next: 1 });
    script.add({ fault: refused('2'), next: 1 });
    expect(script.take('twilio', alice).fault).toEqual(refused('2'));
  });

  test('a probability asks chance for each message, and goes on to the next entry where it does not hit', () => {
    const chances = [0.29, 0.3, 0.99, 0];
    const script = createFaultScript(() => chances.shift() ?? 1);
    script.add({ fault: refused('1'), probability: 0.3 });
    script.add({ fault: refused('2'), next: 1 });
    const took = Array.from({ length: 4 }, () => script.take('twilio', alice).fault);
    expect(took).toEqual([refused('1'), refused('2'), null, refused('1')]);
    expect(script.list()).toMatchObject([{ probability: 0.3 }]);
  });

  test('chance is even, and neither never nor always hits', () => {
    const script = createFaultScript();
    script.add({ fault: refused('1'), probability: 0.5 });
    const hits = Array.from({ length: 1_000 }, () => script.take('twilio', alice)).filter(
      ({ fault }) => fault !== null,
    );
    expect(hits.length).toBeGreaterThan(350);
    expect(hits.length).toBeLessThan(650);
    script.clear();
    script.add({ fault: refused('1'), probability: 1 });
    expect(Array.from({ length: 100 }, () => script.take('twilio', alice).fault)).not.toContain(null);
  });

  test('a delay adds to what comes after it', () => {
    const script = createFaultScript();
    script.add({ fault: { kind: 'delay', delayMs: 30 }, next: 1 });
    script.add({ fault: { kind: 'delay', delayMs: 12 }, next: 2 });
    script.add({ fault: refused('1'), next: 1 });
    expect(script.take('twilio', alice)).toEqual({ delayMs: 42, fault: refused('1') });
    expect(script.take('twilio', alice)).toEqual({ delayMs: 12, fault: null });
    expect(script.take('twilio', alice)).toEqual({ delayMs: 0, fault: null });
  });

  test('of a vendor is forgotten without the others', () => {
    const script = createFaultScript();
    script.add({ vendor: 'twilio', fault: refused('1'), next: 1 });
    script.add({ vendor: 'vonage', fault: refused('2'), next: 1 });
    script.add({ fault: refused('3'), next: 1 });
    script.clear('twilio');
    expect(script.list().map(({ fault }) => fault)).toEqual([refused('2'), refused('3')]);
    script.clear();
    expect(script.list()).toEqual([]);
  });
});

describe('over HTTP', () => {
  test.each([
    [{ kind: 'delay', delay_ms: 250 }, {}],
    [{ kind: 'rate_limited' }, { retry_after_seconds: 1 }],
    [{ kind: 'rate_limited', retry_after_seconds: 30 }, {}],
    [{ kind: 'server_error' }, { status: 503 }],
    [{ kind: 'server_error', status: 500 }, {}],
    [{ kind: 'cut_before' }, {}],
    [{ kind: 'cut_after' }, {}],
    [{ kind: 'dropped' }, {}],
    [{ kind: 'undelivered' }, {}],
    [{ kind: 'undelivered', code: '30003' }, {}],
    [{ kind: 'refused', code: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' }, {}],
    [{ kind: 'duplicate' }, {}],
    [{ kind: 'late_receipts', delay_ms: 60_000 }, {}],
    [{ kind: 'early_receipts' }, {}],
    [{ kind: 'hold' }, {}],
    [{ kind: 'reorder' }, {}],
  ])('%j is scripted, and shown with what goes without saying', async (fault, more) => {
    await using site = await listeningInbox([probeEmulator()]);
    const id = expect.stringMatching(/^[\da-f-]{36}$/) as string;
    const shown = { id, vendor: null, to: null, fault: { ...fault, ...more }, next: 2 };
    const response = await postFault(site, { fault, next: 2 });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual(shown);
    expect(await listFaults(site)).toEqual([shown]);
  });

  test('the fault that was scripted is the one that emulators see', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    await postFault(site, { fault: { kind: 'rate_limited', retry_after_seconds: 7 }, next: 1 });
    await postFault(site, { fault: { kind: 'late_receipts', delay_ms: 9 }, next: 1 });
    expect(await site.carrier.faultFor('probe', alice)).toEqual({ kind: 'rate_limited', retryAfterSeconds: 7 });
    expect(await site.carrier.faultFor('probe', alice)).toEqual({ kind: 'late_receipts', delayMs: 9 });
    expect(await site.carrier.faultFor('probe', alice)).toBeNull();
  });

  test('of racing messages exactly so many are hit, and the list says what is left', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    await postFault(site, { vendor: 'probe', to: alice, fault: { kind: 'refused' }, next: 12 });
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await sendProbe(site, { to: alice })).status),
    );
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 400));
    expect(await listFaults(site)).toMatchObject([{ vendor: 'probe', to: alice, next: 2 }]);
    const others = await Promise.all(
      Array.from({ length: 10 }, async () => (await sendProbe(site, { to: alice })).status),
    );
    expect(others.filter((status) => status === 400)).toHaveLength(2);
    expect(await listFaults(site)).toEqual([]);
  });

  test('a delay is waited for, and then the message is taken', async () => {
    const waits: number[] = [];
    await using site = await listeningInbox([probeEmulator()], { wait: async (ms) => void waits.push(ms) });
    await postFault(site, { fault: { kind: 'delay', delay_ms: 1_500 }, next: 1 });
    expect((await sendProbe(site)).status).toBe(201);
    expect((await sendProbe(site)).status).toBe(201);
    expect(waits).toEqual([1_500]);
  });

  test('DELETE forgets those of a vendor, or all', async () => {
    await using site = await listeningInbox([probeEmulator(), probeEmulator('other')]);
    const forget = (query = '') => fetch(`${site.url}/inbox/api/faults${query}`, { method: 'DELETE' });
    await postFault(site, { vendor: 'probe', fault: { kind: 'dropped' }, next: 1 });
    await postFault(site, { vendor: 'other', fault: { kind: 'dropped' }, probability: 0.5 });
    expect((await forget('?vendor=probe')).status).toBe(204);
    expect(await listFaults(site)).toMatchObject([{ vendor: 'other', probability: 0.5 }]);
    expect((await forget('?vendors=other')).status).toBe(400);
    expect((await forget()).status).toBe(204);
    expect(await listFaults(site)).toEqual([]);
  });

  test('DELETE with an id forgets that one, also when some of it is used up, and no other', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const ids = [];
    for (const code of ['1', '2', '3']) {
      const response = await postFault(site, { fault: { kind: 'refused', code }, next: 2 });
      ids.push(((await response.json()) as { id: string }).id);
    }
    await sendProbe(site);
    const forget = async (id = '') => (await fetch(`${site.url}/inbox/api/faults/${id}`, { method: 'DELETE' })).status;
    expect(await listFaults(site)).toMatchObject(ids.map((id) => ({ id })));
    expect(await forget(ids[0])).toBe(204);
    expect(await listFaults(site)).toMatchObject([{ id: ids[1] }, { id: ids[2] }]);
    expect(await forget(ids[0])).toBe(204);
    expect(await listFaults(site)).toMatchObject([{ id: ids[1] }, { id: ids[2] }]);
  });

  const dropped = { kind: 'dropped' };
  test.each([
    ['nothing', null, ['/']],
    ['no fault', { next: 1 }, ['/fault']],
    ['an unknown kind', { fault: { kind: 'drop' }, next: 1 }, ['/fault/kind']],
    ['an unknown vendor', { vendor: 'twillio', fault: dropped, next: 1 }, ['/vendor']],
    ['a number that is none', { to: '202-555-0143', fault: dropped, next: 1 }, ['/to']],
    ['an unknown field', { fault: dropped, next: 1, times: 2 }, ['/times']],
    ['an unknown field of the fault', { fault: { kind: 'dropped', code: '1' }, next: 1 }, ['/fault/code']],
    ['a delay without its length', { fault: { kind: 'delay' }, next: 1 }, ['/fault/delay_ms']],
    ['a delay that is too long', { fault: { kind: 'delay', delay_ms: 60_001 }, next: 1 }, ['/fault/delay_ms']],
    ['a status that is no error', { fault: { kind: 'server_error', status: 429 }, next: 1 }, ['/fault/status']],
    ['a code that is no string', { fault: { kind: 'refused', code: 21_211 }, next: 1 }, ['/fault/code']],
    ['neither how many nor how likely', { fault: dropped }, ['/next']],
    ['both how many and how likely', { fault: dropped, next: 1, probability: 1 }, ['/next']],
    ['none at all', { fault: dropped, next: 0 }, ['/next']],
    ['half a message', { fault: dropped, next: 1.5 }, ['/next']],
    ['a probability of 0', { fault: dropped, probability: 0 }, ['/probability']],
    ['a probability above 1', { fault: dropped, probability: 30 }, ['/probability']],
  ])('%s is refused, and the answer says where', async (_, entry, pointers) => {
    await using site = await listeningInbox([probeEmulator()]);
    const response = await postFault(site, entry);
    const problem = (await response.json()) as Problem;
    expect({ status: response.status, code: problem.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(await listFaults(site)).toEqual([]);
  });

  test('each call in the documentation is one that the inbox takes, and there is one for each kind', async () => {
    await using site = await listeningInbox(vendorEmulators());
    const page = readFileSync('docs/emulators.md', 'utf8');
    const entries = Array.from(page.matchAll(/-d '(\{.*"fault".*\})'/g), ([, body = '']) => JSON.parse(body));
    for (const entry of entries) expect((await postFault(site, entry)).status).toBe(201);
    const kinds = site.carrier.faults.list().map(({ fault }) => fault.kind);
    expect([...new Set(kinds)].toSorted()).toEqual([
      'cut_after',
      'cut_before',
      'delay',
      'dropped',
      'duplicate',
      'early_receipts',
      'hold',
      'late_receipts',
      'rate_limited',
      'refused',
      'reorder',
      'server_error',
      'undelivered',
    ]);
  });

  test('a script does not grow without end', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    for (let index = 0; index < 1_000; index += 1) site.carrier.faults.add({ fault: { kind: 'dropped' }, next: 1 });
    expect((await postFault(site, { fault: dropped, next: 1 })).status).toBe(400);
    expect(site.carrier.faults.list()).toHaveLength(1_000);
  });

  test('websites script nothing', async () => {
    await using site = await listeningInbox([probeEmulator()]);
    const entry = { fault: dropped, next: 1 };
    expect((await postFault(site, entry, { origin: 'https://example.com' })).status).toBe(403);
    expect((await postFault(site, entry, { 'content-type': 'text/plain' })).status).toBe(415);
    expect(await listFaults(site)).toEqual([]);
  });
});
