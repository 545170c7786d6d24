import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { InboxHistory, KeptMessage, KeptPlaces } from '../../../src/inbox/inbox-history.ts';
import { createInbox, type Inbox, type InboxEvent, type InboxMessage } from '../../../src/inbox/messages.ts';
import { virtualClock } from '../../../src/testing/clock.ts';

const alice = '+12025550143';
const bob = '+447400123456';

function text(inbox: Inbox, to: string, body = '493817 is your Example code.'): InboxMessage {
  return inbox.add({ to, from: 'Example', body, provider: 'inbox' });
}

const ids = (messages: readonly InboxMessage[]) => messages.map(({ id }) => id);

describe('a message', () => {
  test('tells when it came, what it says and how it travels', () => {
    const clock = virtualClock();
    const message = text(createInbox({ clock: clock.now }), alice);
    expect(message).toEqual({
      id: expect.stringMatching(/^[0-9a-z]{23}$/),
      to: alice,
      from: 'Example',
      body: '493817 is your Example code.',
      code: '493817',
      provider: 'inbox',
      status: 'delivered',
      receivedAt: new Date(clock.now()),
      segments: 1,
      encoding: 'GSM-7',
      run: null,
      request: null,
      byHand: [],
    });
  });

  test('bears the run of whoever has the number when it comes', () => {
    const inbox = createInbox();
    const lease = inbox.numbers.lease({ number: alice, run: 'checkout' });
    const during = text(inbox, alice);
    inbox.numbers.release(lease!.number);
    expect([during.run, text(inbox, alice).run, text(inbox, bob).run]).toEqual(['checkout', null, null]);
  });

  test('tells by which request it came, and what can be done about it by hand', () => {
    const request = { method: 'POST', path: '/twilio/Messages.json', headers: { host: 'localhost' }, body: 'To=1' };
    const about = {
      to: alice,
      from: 'Example',
      body: 'Hello',
      provider: 'twilio',
      request,
      byHand: ['reply'],
    } as const;
    expect(createInbox().add(about)).toMatchObject({ request, byHand: ['reply'] });
  });

  test('without a code has none', () => {
    expect(text(createInbox(), alice, 'Hello').code).toBeNull();
  });

  test.each([
    ['a'.repeat(160), 1, 'GSM-7'],
    ['a'.repeat(161), 2, 'GSM-7'],
    ['€'.repeat(80), 1, 'GSM-7'],
    ['€'.repeat(81), 2, 'GSM-7'],
    ['ç'.repeat(70), 1, 'UCS-2'],
    ['ç'.repeat(71), 2, 'UCS-2'],
    ['ç'.repeat(135), 3, 'UCS-2'],
  ])('of so many characters takes so many SMS (%#)', (body, segments, encoding) => {
    expect(text(createInbox(), alice, body)).toMatchObject({ segments, encoding });
  });

  test('cannot be changed from outside', () => {
    const inbox = createInbox();
    const message = text(inbox, alice);
    expect(() => Object.assign(message, { code: '000000' })).toThrow(TypeError);
    expect(inbox.list()[0]?.code).toBe('493817');
  });
});

describe('a list', () => {
  test('has the newest first, and no more than the limit', () => {
    const inbox = createInbox();
    const [first, second, third] = [text(inbox, alice), text(inbox, bob), text(inbox, alice)];
    expect(inbox.list()).toEqual([third, second, first]);
    expect(inbox.list({ limit: 2 })).toEqual([third, second]);
    expect(inbox.list({ to: alice })).toEqual([third, first]);
    expect(inbox.list({ after: first.id })).toEqual([third, second]);
    expect(inbox.list({ to: alice, after: first.id, limit: 5 })).toEqual([third]);
    expect(inbox.list({ after: inbox.cursor() })).toEqual([]);
  });

  test.each(['+12025550143', '12025550143', ' 12025550143', '+1 (202) 555-0143', '0012025550143', '+1.202.555.0143'])(
    'finds a number spelled %j',
    (to) => {
      const inbox = createInbox();
      const message = text(inbox, alice);
      text(inbox, bob);
      expect(inbox.list({ to })).toEqual([message]);
    },
  );

  test.each(['2025550143', '+1202555014', '+120255501430', '', '+', 'alice'])('finds nothing for %j', (to) => {
    const inbox = createInbox();
    text(inbox, alice);
    expect(inbox.list({ to })).toEqual([]);
  });

  test('forgets the oldest when there are too many', () => {
    const inbox = createInbox({ maxMessages: 3 });
    const added = Array.from({ length: 5 }, () => text(inbox, alice));
    expect(inbox.list()).toEqual(added.slice(2).toReversed());
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])('of at most %d messages is refused', (maxMessages) => {
    expect(() => createInbox({ maxMessages })).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });
});

describe('waiting', () => {
  test('after a cursor gives the next message that is there, the oldest first', async () => {
    const inbox = createInbox();
    const [first, , third, fourth] = [text(inbox, alice), text(inbox, bob), text(inbox, alice), text(inbox, alice)];
    expect(await inbox.wait({ to: alice, after: first.id })).toBe(third);
    expect(await inbox.wait({ to: alice, after: third.id })).toBe(fourth);
  });

  test('after a cursor never gives an earlier message', async () => {
    const inbox = createInbox();
    text(inbox, alice);
    const waiting = inbox.wait({ to: alice, after: inbox.cursor() });
    const next = text(inbox, alice);
    expect(await waiting).toBe(next);
  });

  test('after the cursor of an empty inbox gives its first message', async () => {
    const inbox = createInbox();
    const after = inbox.cursor();
    const first = text(inbox, alice);
    text(inbox, alice);
    expect(await inbox.wait({ after })).toBe(first);
  });

  test('without a cursor gives the newest message of the number that is there, else the next', async () => {
    const inbox = createInbox();
    text(inbox, alice);
    const newest = text(inbox, alice);
    text(inbox, bob);
    expect(await inbox.wait({ to: alice })).toBe(newest);
    const waiting = inbox.wait({ to: '+33612345678' });
    text(inbox, alice);
    const next = text(inbox, '+33612345678');
    expect(await waiting).toBe(next);
  });

  test('for any number gives the next that comes', async () => {
    const inbox = createInbox();
    const waiting = inbox.wait();
    const message = text(inbox, bob);
    expect(await waiting).toBe(message);
  });

  test('after a cursor from before a restart gives what is there', async () => {
    const clock = virtualClock();
    const before = createInbox({ clock: clock.now });
    const after = text(before, alice).id;
    clock.advance(-60_000);
    const inbox = createInbox({ clock: clock.now });
    const message = text(inbox, alice);
    expect(await inbox.wait({ to: alice, after, timeoutMs: 0 })).toBe(message);
  });

  test('gives up when the time is up, and is then not woken by what comes later', async () => {
    const inbox = createInbox();
    const waiting = inbox.wait({ to: alice, timeoutMs: 0 });
    expect(await waiting).toBeNull();
    text(inbox, alice);
    expect(await waiting).toBeNull();
  });

  test('without end is not over at once', async () => {
    const inbox = createInbox();
    const waiting = inbox.wait({ to: alice, timeoutMs: Infinity });
    await inbox.wait({ to: bob, timeoutMs: 20 });
    const message = text(inbox, alice);
    expect(await waiting).toBe(message);
  });

  test('rejects when its signal aborts, before or during', async () => {
    const inbox = createInbox();
    const reason = new Error('enough');
    await expect(inbox.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = inbox.wait({ signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test('goes on when messages are cleared', async () => {
    const inbox = createInbox();
    text(inbox, bob);
    const waiting = inbox.wait({ to: alice });
    inbox.clear();
    const message = text(inbox, alice);
    expect(await waiting).toBe(message);
  });

  test('hears of a message that a burst pushes out at once', async () => {
    const inbox = createInbox({ maxMessages: 1 });
    const waiting = inbox.wait({ to: alice });
    const message = text(inbox, alice);
    text(inbox, bob);
    expect(await waiting).toBe(message);
  });

  test('a hundred waits and a hundred messages at once: each number gets its own, none is missed', async () => {
    const inbox = createInbox();
    const numbers = Array.from({ length: 100 }, (_, index) => `+1202555${String(index).padStart(4, '0')}`);
    const after = inbox.cursor();
    const waits = numbers.map(async (to, index) => {
      if (index % 2 === 0) await Promise.resolve();
      return inbox.wait({ to, after, timeoutMs: 5_000 });
    });
    const adds = numbers.toReversed().map(async (to, index) => {
      if (index % 3 === 0) await Promise.resolve();
      return text(inbox, to);
    });
    const added = new Map((await Promise.all(adds)).map((message) => [message.to, message]));
    expect(await Promise.all(waits)).toEqual(numbers.map((to) => added.get(to)));
  });

  test('from one message to the next misses none and repeats none, however both sides are interleaved', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom(alice, bob), { maxLength: 12 }),
        async (scheduler, tos) => {
          const inbox = createInbox();
          const wanted = tos.filter((to) => to === alice).length;
          const start = inbox.cursor();
          const heard: string[] = [];
          const reader = async () => {
            let after = start;
            while (heard.length < wanted) {
              await scheduler.schedule(Promise.resolve('reads'));
              const message = await inbox.wait({ to: alice, after, timeoutMs: 1_000 });
              if (message === null) return;
              heard.push(message.id);
              after = message.id;
            }
          };
          const reading = reader();
          for (const to of tos) void scheduler.schedule(Promise.resolve(`text to ${to}`)).then(() => text(inbox, to));
          await scheduler.waitFor(reading);
          expect(heard).toEqual(ids(inbox.list({ to: alice })).toReversed());
        },
      ),
    );
  });
});

describe('events', () => {
  async function next(events: AsyncIterable<InboxEvent>, count: number): Promise<InboxEvent[]> {
    const heard: InboxEvent[] = [];
    for await (const event of events) {
      heard.push(event);
      if (heard.length === count) break;
    }
    return heard;
  }

  test('without a cursor tell what happens from the call on', async () => {
    const inbox = createInbox();
    text(inbox, alice);
    const events = inbox.events();
    const message = text(inbox, bob);
    expect(await next(events, 1)).toEqual([{ type: 'message', cursor: message.id, message }]);
  });

  test('say whose messages were cleared to whoever has seen all before, and let others start over', async () => {
    const inbox = createInbox();
    const [first, second] = [text(inbox, alice), text(inbox, bob)];
    const late = inbox.events({ after: first.id })[Symbol.asyncIterator]();
    const live = inbox.events()[Symbol.asyncIterator]();
    inbox.clear({ to: '1 202 555 0143' });
    expect((await live.next()).value).toMatchObject({ type: 'cleared', to: alice });
    expect((await late.next()).value).toMatchObject({ type: 'cleared', to: null });
    expect((await late.next()).value).toMatchObject({ type: 'message', message: second });
    const next = [live.next(), late.next()];
    inbox.clear({ to: '447400123456' });
    for (const { value } of await Promise.all(next)) expect(value).toMatchObject({ type: 'cleared', to: bob });
  });

  test('start over again for whoever left between being told to start over and the messages that are there', async () => {
    const inbox = createInbox();
    const start = inbox.cursor();
    text(inbox, alice);
    const kept = text(inbox, bob);
    inbox.clear({ to: alice });
    const [cleared] = await next(inbox.events({ after: start }), 1);
    expect(cleared).toMatchObject({ type: 'cleared', to: null });
    const back = await next(inbox.events({ after: cleared!.cursor }), 2);
    expect(back).toMatchObject([
      { type: 'cleared', to: null },
      { type: 'message', message: kept },
    ]);
  });

  test('say nothing when there was nothing to clear', async () => {
    const inbox = createInbox();
    text(inbox, alice);
    const events = inbox.events();
    inbox.clear({ to: bob });
    inbox.clear({ to: '' });
    const message = text(inbox, alice);
    expect(await next(events, 1)).toMatchObject([{ type: 'message', message }]);
    expect(inbox.list()).toHaveLength(2);
  });

  test('end when the signal aborts', async () => {
    const inbox = createInbox();
    const controller = new AbortController();
    const reading = next(inbox.events({ signal: controller.signal }), 1);
    controller.abort();
    expect(await reading).toEqual([]);
    expect(await next(inbox.events({ signal: controller.signal }), 1)).toEqual([]);
  });

  test('tell a message again when its status changed, once, also to whoever was away then', async () => {
    const inbox = createInbox();
    const start = inbox.cursor();
    const [first, second] = [text(inbox, alice), text(inbox, bob)];
    const seen = inbox.cursor();
    const live = inbox.events();
    expect(inbox.setStatus(first.id, 'failed')).toBe(true);
    expect(inbox.setStatus(first.id, 'failed')).toBe(true);
    const failed = { type: 'message', message: { ...first, status: 'failed' } };
    const [told] = await next(live, 1);
    expect(told).toMatchObject(failed);
    expect(told!.cursor > second.id).toBe(true);
    expect(await next(inbox.events({ after: seen }), 1)).toEqual([told]);
    const late = inbox.events({ after: start });
    // Nothing is left to tell, until the next one comes.
    const rest = inbox.events({ after: told!.cursor });
    const third = text(inbox, alice);
    expect(await next(rest, 1)).toMatchObject([{ message: third }]);
    expect(await next(late, 3)).toMatchObject([{ message: second }, failed, { message: third }]);
    expect(inbox.list()).toMatchObject([{ id: third.id }, { id: second.id }, { id: first.id, status: 'failed' }]);
    expect(inbox.find(first.id)).toMatchObject({ status: 'failed' });
  });

  test('do not take a changed status for an arrival', async () => {
    const inbox = createInbox();
    const message = text(inbox, alice);
    const after = inbox.cursor();
    const waiting = inbox.wait({ to: alice, after, timeoutMs: 20 });
    inbox.setStatus(message.id, 'failed');
    expect(await waiting).toBeNull();
    expect(inbox.list({ after })).toEqual([]);
    expect(inbox.setStatus('nothing', 'failed')).toBe(false);
  });

  test('tell what is left after a search was cleared, to everyone, and whoever leaves before the last of it starts over', async () => {
    const inbox = createInbox();
    const [first, , third] = [text(inbox, alice, 'one'), text(inbox, alice, 'two'), text(inbox, bob, 'three')];
    const live = inbox.events();
    inbox.clear({ query: 'two' });
    const expected = [
      { type: 'cleared', to: null },
      { type: 'message', message: first },
      { type: 'message', message: third },
    ];
    const told = await next(live, 3);
    expect(told).toMatchObject(expected);
    expect(await next(inbox.events({ after: told[1]!.cursor }), 3)).toMatchObject(expected);
    const rest = inbox.events({ after: told[2]!.cursor });
    const fourth = text(inbox, bob);
    expect(await next(rest, 1)).toMatchObject([{ type: 'message', message: fourth }]);
  });

  test('tell which ones were forgotten, those of a burst together', async () => {
    const inbox = createInbox({ maxMessages: 2 });
    const live = inbox.events();
    const [, , third, fourth, fifth] = Array.from({ length: 5 }, () => text(inbox, alice));
    expect(await next(live, 3)).toMatchObject([
      { type: 'message', message: fourth },
      { type: 'message', message: fifth },
      { type: 'forgotten', through: third!.id },
    ]);
  });

  test.each([
    ['in memory', false],
    ['with a history', true],
  ])('keep whoever follows them in step, through everything that happens to an inbox %s', async (_, lasts) => {
    const number = fc.constantFrom(alice, bob);
    const act = fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('add' as const), to: number }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('status' as const), which: fc.nat(3) }) },
      fc.record({ type: fc.constant('clear' as const), to: fc.constantFrom(alice, bob, undefined) }),
      fc.record({
        type: fc.constant('search' as const),
        query: fc.constantFrom('is:failed', 'is:delivered', 'to:0143'),
      }),
      { arbitrary: fc.record({ type: fc.constant('later' as const) }), weight: 1 },
      {
        weight: 4,
        arbitrary: fc.record({ type: fc.constant('read' as const), count: fc.integer({ min: 1, max: 4 }) }),
      },
      fc.record({ type: fc.constant('reconnect' as const) }),
      fc.record({ type: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const clock = virtualClock();
        const history = lasts ? rememberedHistory() : undefined;
        const open = () => createInbox({ clock: clock.now, maxMessages: 3, keepHours: 1, history });
        let inbox = open();
        const reader = follower(() => inbox);
        for (const done of acts) {
          if (done.type === 'add') text(inbox, done.to);
          if (done.type === 'status') {
            const message = inbox.list()[done.which];
            if (message) inbox.setStatus(message.id, message.status === 'failed' ? 'delivered' : 'failed');
          }
          if (done.type === 'clear') inbox.clear({ to: done.to });
          if (done.type === 'search') inbox.clear({ query: done.query });
          if (done.type === 'later') clock.advance(20 * 60_000);
          if (done.type === 'read') await reader.read(done.count);
          if (done.type === 'restart') {
            const before = inbox;
            inbox = open();
            if (lasts)
              expect(inbox.list()).toEqual(before.list().filter(({ receivedAt }) => isYoung(receivedAt, clock)));
          }
          if (done.type === 'restart' || done.type === 'reconnect') reader.reconnect();
        }
        await reader.read(Infinity);
        expect(reader.held()).toEqual(inbox.list().toReversed());
      }),
      { numRuns: 400 },
    );
  });
});

const isYoung = (receivedAt: Date, clock: { now(): number }) => receivedAt.getTime() > clock.now() - 3_600_000;

/** A history that lasts as long as this process. */
function rememberedHistory(): InboxHistory {
  const messages = new Map<string, KeptMessage>();
  let places: KeptPlaces | null = null;
  const write = (kept: KeptMessage) => void messages.set(kept.message.id, kept);
  return {
    load: () => ({
      messages: [...messages.values()].toSorted((a, b) => (a.message.id < b.message.id ? -1 : 1)),
      places,
    }),
    add: write,
    change: write,
    remove(ids, next) {
      for (const id of ids) messages.delete(id);
      places = next;
    },
  };
}

/** Someone who knows of an inbox only by its events, and comes back with the last cursor they saw. */
function follower(inbox: () => Inbox) {
  const held = new Map<string, InboxMessage>();
  let after = inbox().cursor();
  let connection = new AbortController();
  let events = inbox().events({ after, signal: connection.signal })[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<InboxEvent>> | undefined;
  const drop = (isGone: (message: InboxMessage) => boolean) => {
    for (const message of [...held.values()].filter(isGone)) held.delete(message.id);
  };
  return {
    held: () => [...held.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    reconnect() {
      connection.abort();
      connection = new AbortController();
      events = inbox().events({ after, signal: connection.signal })[Symbol.asyncIterator]();
      asked = undefined;
    },
    async read(count: number) {
      for (let heard = 0; heard < count; heard += 1) {
        asked ??= events.next();
        const nothing = new Promise<null>((resolve) => {
          setImmediate(() => resolve(null));
        });
        const result = await Promise.race([asked, nothing]);
        if (result === null || result.done) return;
        asked = undefined;
        const event = result.value;
        after = event.cursor;
        if (event.type === 'message') held.set(event.message.id, event.message);
        if (event.type === 'cleared') drop(({ to }) => event.to === null || to === event.to);
        if (event.type === 'forgotten') drop(({ id }) => id <= event.through);
      }
    },
  };
}

describe('what is searched', () => {
  test('is listed, counted and cleared', () => {
    const inbox = createInbox();
    const [, second, third] = [text(inbox, alice, 'Hello'), text(inbox, alice), text(inbox, bob)];
    expect(inbox.list({ query: 'has:code' })).toEqual([third, second]);
    expect(inbox.list({ query: 'has:code', limit: 1 })).toEqual([third]);
    expect([inbox.count(), inbox.count({ to: alice }), inbox.count({ query: 'has:code' })]).toEqual([3, 2, 2]);
    expect(inbox.count({ to: alice, query: 'has:code', after: inbox.list()[2]!.id })).toBe(1);
    inbox.clear({ to: alice, query: 'has:code' });
    expect(inbox.list()).toMatchObject([{ id: third.id }, { body: 'Hello' }]);
  });

  test('is by the clock of the inbox', () => {
    const clock = virtualClock();
    const inbox = createInbox({ clock: clock.now });
    text(inbox, alice);
    clock.advance(120_000);
    const late = text(inbox, alice);
    expect(inbox.list({ query: 'after:1m' })).toEqual([late]);
  });

  test('is refused where it makes no sense, and clears nothing', () => {
    const inbox = createInbox();
    text(inbox, alice);
    for (const act of [() => inbox.list({ query: 'before:x' }), () => inbox.clear({ query: 'before:x' })]) {
      expect(act).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
    }
    expect(inbox.count()).toBe(1);
  });
});

describe('what is too old', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('goes when the next one comes', () => {
    const clock = virtualClock();
    const inbox = createInbox({ clock: clock.now, keepHours: 2 });
    text(inbox, alice);
    clock.advance(2 * 3_600_000 - 1);
    const second = text(inbox, bob);
    expect(inbox.list()).toHaveLength(2);
    clock.advance(1);
    const third = text(inbox, bob);
    expect(inbox.list()).toEqual([third, second]);
    expect(inbox.list({ to: alice })).toEqual([]);
  });

  test('goes by itself when its time has come, and whoever follows is told', async () => {
    vi.useFakeTimers();
    const inbox = createInbox({ keepHours: 2 });
    const first = text(inbox, alice);
    vi.advanceTimersByTime(3_600_000);
    const second = text(inbox, bob);
    const events = inbox.events()[Symbol.asyncIterator]();
    vi.advanceTimersByTime(3_600_000);
    expect(inbox.list()).toEqual([second]);
    expect((await events.next()).value).toMatchObject({ type: 'forgotten', through: first.id });
    vi.advanceTimersByTime(3_600_000);
    expect(inbox.list()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([0, -1, Number.NaN])('after %d hours is refused', (keepHours) => {
    expect(() => createInbox({ keepHours })).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });
});
