import type { VerifierEvent } from '../../events.ts';

/** How a provider does in one country, from 0 to 1. */
export interface ProviderScore {
  readonly provider: string;
  /** ISO 3166-1 alpha-2; null for numbers of no country. */
  readonly country: string | null;
  readonly score: number;
}

/** How providers do, by what a verifier tells of them. */
export interface Health {
  onEvent(event: VerifierEvent): void;
  /** From 0 to 1. A provider of which nothing is known does as the others of that country do on average; where nothing is known of any, 1. */
  score(provider: string, country: string | null): number;
  scores(): readonly ProviderScore[];
}

/** So much good of so many in all. Both decay. */
interface Tally {
  good: number;
  all: number;
}

/** What is known of one provider in one country. */
interface Known {
  /** Of the texts that it was asked to send, those that it took. */
  readonly accepted: Tally;
  /** Of the texts that receipts told of, those that arrived. */
  readonly delivered: Tally;
  /** Of the texts that it took, those whose code was typed in time. */
  readonly converted: Tally;
  /** Milliseconds of all calls, and calls. */
  readonly took: Tally;
  decayedAtMs: number;
}

/** A text that was taken, and of whose code nothing is known yet. */
interface Awaited {
  readonly country: string | null;
  readonly provider: string;
  readonly sinceMs: number;
  readonly told: Set<string>;
}

/** A code that is not typed by then counts as not converted. */
const awaitMs = 120_000;
/** More at a time are not followed up: those that are tell enough. */
const maxAwaited = 10_000;
/** As if it had been asked so often before, with what is average among the others. */
const priorTexts = 5;
/** A call that takes as long as this, or longer, costs this part of the score. */
const slowMs = 4_000;
const slowCosts = 0.2;

/** They speak of the number, not of the provider. */
const ofTheNumber = new Set<string | null>(['invalid_number', 'not_sms_capable', 'opted_out', 'blocked_destination']);

/** Makes a memory of how the providers of these names do. It forgets half of it in each `halfLifeMs`. */
export function createHealth({
  names,
  halfLifeMs,
  now,
}: {
  names: ReadonlySet<string>;
  halfLifeMs: number;
  now: () => number;
}): Health {
  const countries = new Map<string | null, Map<string, Known>>();
  /** By the id of the verification, the oldest first. */
  const awaited = new Map<string, Awaited>();

  function recordOf(provider: string, country: string | null): Known {
    const records = countries.get(country) ?? new Map<string, Known>();
    countries.set(country, records);
    const record = records.get(provider) ?? nothingKnown(now());
    records.set(provider, record);
    return decay(record);
  }

  function decay(record: Known): Known {
    const left = 0.5 ** ((now() - record.decayedAtMs) / halfLifeMs);
    for (const tally of [record.accepted, record.delivered, record.converted, record.took]) {
      tally.good *= left;
      tally.all *= left;
    }
    record.decayedAtMs = now();
    return record;
  }

  /** No code was typed for the text: in time, or before the person asked for another. */
  function giveUp(id: string): void {
    const text = awaited.get(id);
    awaited.delete(id);
    if (text) count(recordOf(text.provider, text.country).converted, 0);
  }

  function giveUpOld(): void {
    for (const [id, { sinceMs }] of awaited) {
      if (now() - sinceMs < awaitMs) return;
      giveUp(id);
    }
  }

  function score(provider: string, country: string | null): number {
    const records = [...(countries.get(country) ?? [])]
      .filter(([name]) => names.has(name))
      .map(([name, record]) => ({ name, record: decay(record) }));
    /** What is known of the provider, drawn towards what is known of all by a few texts. */
    function share(of: keyof Omit<Known, 'decayedAtMs'>, unknown: number): number {
      const own = records.find(({ name }) => name === provider)?.record[of] ?? { good: 0, all: 0 };
      const good = records.reduce((sum, { record }) => sum + record[of].good, 0);
      const all = records.reduce((sum, { record }) => sum + record[of].all, 0);
      const average = all > 0 ? good / all : unknown;
      return (own.good + priorTexts * average) / (own.all + priorTexts);
    }
    const slowness = Math.min(1, share('took', 0) / slowMs);
    return share('accepted', 1) * share('delivered', 1) * share('converted', 1) * (1 - slowCosts * slowness);
  }

  return {
    score,
    scores: () =>
      [...countries].flatMap(([country, records]) =>
        [...records.keys()]
          .filter((provider) => names.has(provider))
          .map((provider) => ({ provider, country, score: score(provider, country) })),
      ),
    onEvent(event) {
      giveUpOld();
      switch (event.type) {
        case 'delivery.settled': {
          const { id, provider, country, status, durationMs } = event;
          if (ofTheNumber.has(event.errorKind)) return;
          const { accepted, took } = recordOf(provider, country);
          count(accepted, status === 'accepted' ? 1 : 0);
          count(took, durationMs);
          if (status !== 'accepted') return;
          giveUp(id);
          if (awaited.size < maxAwaited) awaited.set(id, { country, provider, sinceMs: now(), told: new Set() });
          return;
        }
        case 'delivery.reported': {
          const { id, delivery, provider, status } = event;
          const text = awaited.get(id);
          if (!text || ofTheNumber.has(event.errorKind) || (status !== 'delivered' && status !== 'failed')) return;
          // Vendors tell a thing more than once.
          const told = `${delivery} ${provider} ${status}`;
          if (!text.told.has(told)) count(recordOf(provider, text.country).delivered, status === 'delivered' ? 1 : 0);
          text.told.add(told);
          return;
        }
        case 'verification.approved': {
          const text = awaited.get(event.id);
          if (text) count(recordOf(text.provider, text.country).converted, 1);
          awaited.delete(event.id);
          return;
        }
        case 'verification.canceled':
          awaited.delete(event.id);
          return;
        default:
      }
    },
  };
}

function nothingKnown(nowMs: number): Known {
  const none = (): Tally => ({ good: 0, all: 0 });
  return { accepted: none(), delivered: none(), converted: none(), took: none(), decayedAtMs: nowMs };
}

function count(tally: Tally, good: number): void {
  tally.good += good;
  tally.all += 1;
}
