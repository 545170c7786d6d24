import { InvalidRequestError, type RequestFault } from '../errors.ts';
import { exampleMobile, parsePhoneNumber } from '../phone-number.ts';

/** A number that is a test's own for a while: no one else is given it. */
export interface LeasedNumber {
  /** E.164. */
  readonly number: string;
  /** ISO 3166-1 alpha-2: the number's own, or the one that was wished for where no numbering plan knows the number. */
  readonly country: string;
  /** The name that the run of tests gave itself; texts to the number bear it. */
  readonly run: string | null;
  readonly leasedAt: Date;
  readonly expiresAt: Date;
  /** Where the inbox stood: what arrives on the number after it is the lease's. */
  readonly cursor: string;
}

export interface NumberWish {
  /** ISO 3166-1 alpha-2; US when unset. Of no account where a number is wished for that belongs to another. */
  country?: string | undefined;
  run?: string | null | undefined;
  /** For how long, at most 31,536,000; 1,200 when unset. */
  seconds?: number | undefined;
  /** This very number, in E.164, whether or not it is of the pool. */
  number?: string | undefined;
}

/** Numbers of the inbox, each lent to one at a time. */
export interface NumberPool {
  /**
   * Of racing calls no two get the same number: the one that was free for longest goes first. Null where none is free, or nobody knows a number of the country. Throws an
   * `InvalidRequestError` for a number that is not E.164, and for a time that is none.
   */
  lease(wish?: NumberWish): LeasedNumber | null;
  /** The lease of a number, the same object for as long as it lasts; undefined where nobody has it. */
  find(number: string): LeasedNumber | undefined;
  /** The latest first. */
  list(): readonly LeasedNumber[];
  /** Whether it was leased. */
  release(number: string): boolean;
  /** How many numbers of a country (US when unset) are free. */
  free(country?: string): number;
}

const usualSeconds = 1_200;
/** A year: whoever needs a number for longer has none that is lent. */
const longestSeconds = 31_536_000;

/** The numbers of one country. */
interface Pool {
  /** All that are lent. */
  readonly all: ReadonlySet<string>;
  /** Those that nobody has, the one that was freed last at the end. */
  readonly free: string[];
}

/**
 * Makes the pool of an inbox. In the United States and Canada the numbers are of the range 555-0100 to 555-0199, which nobody has; elsewhere they follow libphonenumber's
 * example of a mobile, since the fictional ranges there count as invalid. `clock` tells milliseconds since 1970, `cursor` where the inbox stands.
 */
export function createNumberPool({ clock, cursor }: { clock: () => number; cursor: () => string }): NumberPool {
  const leases = new Map<string, LeasedNumber>();
  /** By country, made when first asked for. */
  const pools = new Map<string, Pool>();
  /** No lease ends before this. */
  let soonestEndMs = Infinity;

  function poolOf(country: string): Pool {
    let pool = pools.get(country);
    if (!pool) {
      const all = numbersOf(country);
      const free = all.filter((number) => !leases.has(number));
      pools.set(country, (pool = { all: new Set(all), free }));
    }
    return pool;
  }

  function end({ country, number }: LeasedNumber): void {
    leases.delete(number);
    const { all, free } = poolOf(country);
    if (all.has(number)) free.push(number);
  }

  /** In the order in which they ended, whenever that is noticed: so the one that was free for longest is known. */
  function endOverdue(): void {
    const now = clock();
    if (now < soonestEndMs) return;
    const overdue = [...leases.values()].filter(({ expiresAt }) => expiresAt.getTime() <= now);
    for (const lease of overdue.toSorted((one, other) => Number(one.expiresAt) - Number(other.expiresAt))) end(lease);
    soonestEndMs = Infinity;
    for (const { expiresAt } of leases.values()) soonestEndMs = Math.min(soonestEndMs, expiresAt.getTime());
  }

  return {
    lease(wish = {}) {
      const { run = null, seconds = usualSeconds, number } = wish;
      refuseUnusable(wish);
      endOverdue();
      // A number's own country, not the wished one: there it may be among those that are lent.
      const country = (number === undefined ? null : countryOf(number)) ?? wish.country ?? 'US';
      const { free } = poolOf(country);
      const wanted = number ?? free[0];
      if (wanted === undefined || leases.has(wanted)) return null;
      const place = free.indexOf(wanted);
      if (place >= 0) free.splice(place, 1);
      const now = clock();
      const lease = Object.freeze({
        number: wanted,
        country,
        run,
        leasedAt: new Date(now),
        expiresAt: new Date(now + seconds * 1_000),
        cursor: cursor(),
      });
      leases.set(wanted, lease);
      soonestEndMs = Math.min(soonestEndMs, lease.expiresAt.getTime());
      return lease;
    },
    find(number) {
      const lease = leases.get(number);
      if (lease === undefined || lease.expiresAt.getTime() > clock()) return lease;
      endOverdue();
      return undefined;
    },
    list() {
      endOverdue();
      return [...leases.values()].toReversed();
    },
    release(number) {
      endOverdue();
      const lease = leases.get(number);
      if (lease) end(lease);
      return lease !== undefined;
    },
    free(country = 'US') {
      endOverdue();
      return poolOf(country).free.length;
    },
  };
}

function refuseUnusable({ number, seconds = usualSeconds }: NumberWish): void {
  const faults: RequestFault[] = [];
  if (number !== undefined && !/^\+[1-9]\d{6,14}$/.test(number)) {
    faults.push({ pointer: '/number', detail: 'must be a number in E.164, like +12025550143' });
  }
  if (!(seconds > 0 && seconds <= longestSeconds)) {
    faults.push({ pointer: '/seconds', detail: `must be above 0 and at most ${longestSeconds}` });
  }
  if (faults.length > 0) throw new InvalidRequestError(faults);
}

/** Null for numbers that no plan knows. */
function countryOf(number: string): string | null {
  const parsed = parsePhoneNumber(number);
  return parsed.valid ? parsed.number.country : null;
}

/** Every number of a country that the pool lends: valid ones, in the spelling that everyone gets. */
function numbersOf(country: string): string[] {
  if (country === 'US' || country === 'CA') return fictionalNumbers(country);
  const example = exampleMobile(country) ?? '';
  const neighbours = Array.from(
    { length: 1_000 },
    (_, ending) => example.slice(0, -3) + String(ending).padStart(3, '0'),
  );
  return neighbours.filter((number) => isNumberOf(country, number));
}

/** All areas with the first ending, then all with the next: neighbours are told apart at a glance. */
function fictionalNumbers(country: string): string[] {
  const areas = Array.from({ length: 800 }, (_, index) => `+1${200 + index}55501`);
  const itsAreas = areas.filter((area) => isNumberOf(country, `${area}00`));
  return Array.from({ length: 100 }, (_, ending) =>
    itsAreas.map((area) => area + String(ending).padStart(2, '0')),
  ).flat();
}

/** Whether it is a number of the country that texts go to: area codes are used for premium and toll-free lines too. */
function isNumberOf(country: string, number: string): boolean {
  const parsed = parsePhoneNumber(number);
  if (!parsed.valid || parsed.number.e164 !== number || parsed.number.country !== country) return false;
  return parsed.number.lineType === 'mobile' || parsed.number.lineType === 'fixed_line_or_mobile';
}
