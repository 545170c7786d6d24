import { setImmediate as otherRequests } from 'node:timers/promises';
import * as acts from '../../src/stores/record.ts';
import type { LiveVerification, NumberRecord } from '../../src/stores/record.ts';
import type { Clock, SettleRequest, Store, StoredDelivery } from '../../src/stores/store.ts';
import { bentStore } from './bent-store.ts';
import type { BrokenStore } from './broken-stores.ts';

interface Settling {
  record: NumberRecord;
  live: LiveVerification;
  /** The hand-overs of the send that is settled. */
  send: StoredDelivery[];
  nowMs: number;
}

const isRejected = ({ status }: { status: string }): boolean => status === 'rejected';

/** A right store, but for what happens `before` a send that has begun is settled, or `after` it, while it is live. */
function settling(
  bends: {
    before?(request: SettleRequest, settling: Settling): SettleRequest;
    after?(request: SettleRequest, settling: Settling): void;
  },
  bendOthers: (store: Store) => Partial<Store> = () => ({}),
): (clock: Clock) => Store {
  return (clock) =>
    bentStore(clock, (records, straight) => ({
      async settle(request) {
        const settled = (): Settling | null => {
          const record = records.of(request.subject);
          const live = record.live.find(({ nonce }) => nonce === request.nonce);
          const send = live?.deliveries.filter(({ delivery }) => delivery === request.delivery) ?? [];
          return live && send.length > 0 ? { record, live, send, nowMs: records.nowMs() } : null;
        };
        const before = settled();
        await straight.settle((before && bends.before?.(request, before)) ?? request);
        const after = settled();
        if (after) bends.after?.(request, after);
      },
      ...bendOthers(straight),
    }));
}

/** Each breaks a promise about sends that have several hand-overs. */
export const brokenHandOvers: Record<string, BrokenStore> = {
  'knows one provider of a send, the one that it heard of last': {
    store: settling({
      before(request, { send: [first] }) {
        const [latest] = request.handOvers.slice(-1);
        if (!first || !latest) return request;
        first.provider = latest.provider;
        return { ...request, handOvers: [latest] };
      },
    }),
    fails: [
      'a send that went on to further providers shows all of them, the first first, each with its time',
      'what is said of one provider leaves what is known of the others',
      'random acts, one by one and at once, are answered as the model answers them (seed 1)',
      'hand-overs of many sends and providers, some at once, are told as the model tells them',
    ],
  },
  'writes down only the first of what is said at once': {
    store: settling({ before: (request) => ({ ...request, handOvers: request.handOvers.slice(0, 1) }) }),
    fails: [
      'a send that went on to further providers shows all of them, the first first, each with its time',
      'a send that one provider rejected and another may have taken is not given back',
    ],
  },
  'lets the place that begin noted stand beside the hand-overs': {
    store: settling({
      before(request, { send: [first] }) {
        if (first) first.provider ??= '';
        return request;
      },
    }),
    fails: [
      'a send that went on to further providers shows all of them, the first first, each with its time',
      'whichever hand-over is heard of first takes the place that its begin noted, and the others join it',
    ],
  },
  'joins what is there already': {
    store: settling({
      after({ handOvers, delivery }, { live, nowMs }) {
        const others = handOvers.slice(1).map((handOver) => ({ ...handOver, delivery, atMs: nowMs }));
        live.deliveries = live.deliveries
          .concat(others.filter(({ provider }) => live.deliveries.some((one) => one.provider === provider)))
          .toSorted((a, b) => a.delivery - b.delivery);
      },
    }),
    fails: ['hand-overs that are said again, or of which more is known, change nothing'],
  },
  'puts what joins behind all sends': {
    store: settling({
      after(_, { live, nowMs }) {
        const isLate = ({ atMs }: StoredDelivery) => atMs === nowMs;
        live.deliveries.sort((a, b) => Number(isLate(a)) - Number(isLate(b)));
      },
    }),
    fails: ['a send that went on to further providers shows all of them, the first first, each with its time'],
  },
  'gives what joins the time of its send': {
    store: settling({
      after(_, { send: [first, ...others] }) {
        for (const one of others) one.atMs = first?.atMs ?? one.atMs;
      },
    }),
    fails: [
      'a send that went on to further providers shows all of them, the first first, each with its time',
      'whichever hand-over is heard of first takes the place that its begin noted, and the others join it',
    ],
  },
  'takes a hand-over that joins for a send of its own': {
    store: settling({
      after(_, { live: { deliveries }, record, nowMs }) {
        if (deliveries.length > 1 && deliveries.at(-1)?.atMs === nowMs) record.sends.push(nowMs);
      },
    }),
    fails: ['a hand-over that joins moves neither the time of the latest send nor any window'],
  },
  'takes the latest hand-over for the latest send': {
    store: settling({}, (straight) => ({
      async find(target) {
        const found = await straight.find(target);
        return found && { ...found, lastSendAtMs: found.deliveries.at(-1)?.atMs ?? found.lastSendAtMs };
      },
    })),
    fails: ['a hand-over that joins moves neither the time of the latest send nor any window'],
  },
  'has one status for all hand-overs of a send': {
    store: settling({
      after({ handOvers }, { send }) {
        const said = handOvers.at(-1);
        for (const one of send) one.status = said?.status ?? one.status;
      },
    }),
    fails: [
      'what is said of one provider leaves what is known of the others',
      'settlings of several providers that race end as any order of them does',
    ],
  },
  'lets any send of the verification be settled under the number of another': {
    store: settling({ before: (request, { live }) => ({ ...request, delivery: live.deliveryCount }) }),
    fails: ['what is said of one provider leaves what is known of the others'],
  },
  'begins the send of which it hears': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async settle(request) {
          const live = records.of(request.subject).live.find(({ nonce }) => nonce === request.nonce);
          const { delivery } = request;
          if (live?.deliveries.every((one) => one.delivery !== delivery)) {
            const begun = { delivery, provider: null, status: 'sending', atMs: records.nowMs() } as const;
            live.deliveries = live.deliveries.concat(begun);
          }
          return straight.settle(request);
        },
      })),
    fails: [
      'hand-overs of a send that has not begun join nothing',
      'of a verification ten hand-overs are kept at most, those of its latest sends, and no other send is settled',
    ],
  },
  'gives back a send whose first hand-over was rejected': {
    store: settling({
      after({ handOvers: [first, ...others] }, { record: { sends } }) {
        if (first && isRejected(first) && !others.every(isRejected)) sends.pop();
      },
    }),
    fails: ['a send that one provider rejected and another may have taken is not given back'],
  },
  'gives back a send whose last hand-over was rejected': {
    store: settling({
      after({ handOvers }, { record: { sends } }) {
        if (handOvers.slice(-1).some(isRejected) && !handOvers.every(isRejected)) sends.pop();
      },
    }),
    fails: ['a send that one provider rejected and another may have taken is not given back'],
  },
  'gives a send back for each provider that rejected it': {
    store: settling({
      after({ handOvers }, { record: { sends }, send }) {
        if (send.every(isRejected)) sends.splice(1, handOvers.length - 1);
      },
    }),
    fails: ['a send that every provider rejected is given back once, said together or one by one, and again'],
  },
  'never gives back a send that went on': {
    store: settling({
      after({ handOvers }, { record: { sends }, send: [first] }) {
        if (first && handOvers.length > 1 && handOvers.every(isRejected)) sends.push(first.atMs);
      },
    }),
    fails: ['a send that every provider rejected is given back once, said together or one by one, and again'],
  },
  'does not charge again where another provider than the first took it': {
    store: settling({
      after(_, { record: { sends }, send: [first, ...others] }) {
        if (first && isRejected(first) && others.some(({ status }) => status === 'accepted')) {
          sends.splice(sends.indexOf(first.atMs), 1);
        }
      },
    }),
    fails: [
      'a send that every provider rejected is charged again, once and as of its begin, when one took it after all',
      'a send that one provider rejected and another may have taken is not given back',
    ],
  },
  'charges again as of the time at which it hears of it': {
    store: settling({
      before(request, { record: { sends }, send: [first], nowMs }) {
        const charged = first && sends.includes(first.atMs);
        if (first && !charged && !request.handOvers.every(isRejected)) first.atMs = nowMs;
        return request;
      },
    }),
    fails: [
      'a send that every provider rejected is charged again, once and as of its begin, when one took it after all',
    ],
  },
  'fails a verification as soon as a send of it was rejected by all': {
    store: settling({
      after(_, { live, send, record, nowMs }) {
        if (!send.every(isRejected)) return;
        live.expiresAtMs = nowMs;
        acts.touch(record, nowMs);
      },
    }),
    fails: ['a verification has failed when every provider has rejected each of its sends, and not before'],
  },
  'counts hand-overs where it means sends, and so fails none that went on': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async settle(request) {
          const record = records.of(request.subject);
          const { live } = record;
          await straight.settle(request);
          if (request.handOvers.length > 1) record.live = live;
        },
      })),
    fails: ['a verification has failed when every provider has rejected each of its sends, and not before'],
  },
  'fails a verification of which all that is kept was rejected': {
    store: settling({
      after(_, { live, record, nowMs }) {
        if (!live.deliveries.every(isRejected)) return;
        live.expiresAtMs = nowMs;
        acts.touch(record, nowMs);
      },
    }),
    fails: [
      'of a verification ten hand-overs are kept at most, those of its latest sends, and no other send is settled',
    ],
  },
  'keeps every hand-over': {
    store: (clock) =>
      bentStore(clock, (records, straight) => ({
        async begin(request) {
          const { live } = records.of(request.subject);
          const before = live.map(({ deliveries }) => deliveries);
          const begun = await straight.begin(request);
          for (const [index, one] of live.entries()) {
            one.deliveries = [...new Set([...(before[index] ?? []), ...one.deliveries])];
          }
          return begun;
        },
      })),
    fails: [
      'of a verification ten hand-overs are kept at most, those of its latest sends, and no other send is settled',
    ],
  },
  'keeps the hand-overs that it heard of last': {
    store: settling({
      after({ handOvers, delivery }, { live, nowMs }) {
        if (handOvers.length <= 10) return;
        const latest = handOvers.slice(-10).map((handOver) => ({ ...handOver, delivery, atMs: nowMs }));
        live.deliveries = latest;
      },
    }),
    fails: [
      'of a send with more than ten hand-overs the first is kept, and what is known most of',
      'hand-overs of many sends and providers, some at once, are told as the model tells them',
    ],
  },
  'keeps a part of a send': {
    store: settling({
      before(request, { live }) {
        if (live.deliveries.length === 10 && request.handOvers.length === 1) live.deliveries.shift();
        return request;
      },
    }),
    fails: [
      'hand-overs of many sends and providers, some at once, are told as the model tells them',
      'of a verification ten hand-overs are kept at most, those of its latest sends, and no other send is settled',
    ],
  },
  'reads the hand-overs of a send, and writes them back after others have had their turn': {
    store: (clock) =>
      bentStore(clock, (records) => ({
        async settle(request) {
          const copy = structuredClone(records.of(request.subject));
          await otherRequests();
          acts.settle(copy, request, records.nowMs());
          records.put(request.subject, copy);
        },
      })),
    fails: [
      'hand-overs of many sends and providers, some at once, are told as the model tells them',
      'settlings of several providers that race end as any order of them does',
      'settlings that race end as any order of them does',
    ],
  },
};
