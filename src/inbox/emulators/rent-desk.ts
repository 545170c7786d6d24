import { ConfigurationError } from '../../errors.ts';
import type { InboxMessage } from '../messages.ts';
import type { LeasedNumber } from '../numbers.ts';
import type { Carrier, Fault } from './emulator.ts';

/** On what terms an emulator rents numbers. */
export interface RentOptions {
  /** How long a number is the customer's; 1,200 when unset. */
  leaseSeconds?: number;
  /** What a number costs, in the vendor's currency; 0.5 when unset. Given back where no text arrived. */
  price?: number;
  /** What each customer has at first; 100 when unset. */
  balance?: number;
  /** How many numbers a customer may rent within a minute; what the vendor says when unset. */
  numbersPerMinute?: number;
  /** How long after a text arrived its customer is told of it; 0 when unset. */
  textDelayMs?: number;
}

/** A number that a customer rented. */
export interface Order {
  readonly id: number;
  readonly customer: string;
  /** What it is booked for, as the customer named it. */
  readonly service: string;
  /** As the customer named it. */
  readonly country: string;
  readonly lease: LeasedNumber;
  readonly cost: number;
  /** `over`: its time is up, or someone took the number back. */
  readonly state: OrderState;
}

export type OrderState = 'open' | 'finished' | 'canceled' | 'banned' | 'over';

export interface RentWish {
  readonly customer: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly countryName: string;
  readonly service: string;
  /** This very number, in E.164. */
  readonly number?: string | undefined;
}

/** Why a number was not rented: too many within a minute, no money, no number is free, or what was scripted. */
export type NotRented = 'too_many' | 'no_money' | 'no_numbers' | Fault;

/** Rents the inbox's numbers to customers, and keeps their accounts. */
export interface RentDesk {
  /**
   * Of racing calls no two get the same number, and no customer more than the terms allow. Takes one scripted fault for each number that would be rented: `isCut` says that it
   * breaks the connection before the answer. Customers that never get a number: `poor`, `busy` and `empty`.
   */
  rent(wish: RentWish): Promise<{ readonly order: Order; readonly isCut: boolean } | NotRented>;
  find(customer: string, id: string): Order | undefined;
  /** The latest first. */
  ordersOf(customer: string): readonly Order[];
  /** What the customer is told of so far, the oldest first: what arrived while the number was theirs. */
  texts(order: Order): readonly InboxMessage[];
  /** Gives the number back, and the money where no text was told of. An order that has ended stays as it is. */
  end(order: Order, state: Exclude<OrderState, 'open' | 'over'>): void;
  /** What is left, and how much of what was spent can still come back. */
  balanceOf(customer: string): { readonly left: number; readonly frozen: number };
  readonly price: number;
}

type MutableOrder = { -readonly [Key in keyof Order]: Order[Key] } & {
  rentedAtMs: number;
  /** How long after a text arrived its customer is told of it. */
  tellsAfterMs: number;
  /** What was told until then is the customer's. */
  endedAtMs: number;
};

interface Account {
  spentCents: number;
  /** When numbers were rented, within the last minute. */
  rentedAtMs: number[];
  /** Those that have not ended, as far as that was noticed. */
  readonly open: Set<MutableOrder>;
}

const maxOrders = 10_000;
const maxAccounts = 10_000;
const firstId = 635_468_021;

/** Fills in what is unset. Throws a `ConfigurationError` for terms on which nothing can be rented. */
export function rentTerms(options: RentOptions, numbersPerMinute = Infinity): Required<RentOptions> {
  const usual = { leaseSeconds: 1_200, price: 0.5, balance: 100, numbersPerMinute, textDelayMs: 0 };
  const terms = { ...usual, ...options };
  const faults = Object.entries(terms).flatMap(([name, value]) => (value >= 0 ? [] : [`${name} must be at least 0`]));
  if (!(terms.leaseSeconds >= 1 && terms.leaseSeconds <= 86_400)) faults.push('leaseSeconds must be from 1 to 86,400');
  if (faults.length > 0) throw new ConfigurationError(faults);
  return terms;
}

/** Opens the desk of a vendor. Keeps the latest 10,000 orders and accounts: older ones are forgotten, and their numbers given back. */
export function createRentDesk(vendor: string, carrier: Carrier, terms: Required<RentOptions>): RentDesk {
  const { numbers } = carrier.inbox;
  const accounts = new Map<string, Account>();
  /** The oldest first. */
  const orders = new Map<number, MutableOrder>();
  const costCents = Math.round(terms.price * 100);
  let nextId = firstId;

  function accountOf(customer: string): Account {
    let account = accounts.get(customer);
    if (!account) {
      accounts.set(customer, (account = { spentCents: 0, rentedAtMs: [], open: new Set() }));
      if (accounts.size > maxAccounts) accounts.delete(accounts.keys().next().value ?? '');
    }
    return account;
  }

  function leftCents(customer: string): number {
    const account = accountOf(customer);
    for (const order of account.open) endIfOver(order);
    return (customer === 'poor' ? 0 : Math.round(terms.balance * 100)) - account.spentCents;
  }

  function texts({ lease, tellsAfterMs, endedAtMs }: MutableOrder): InboxMessage[] {
    const untilMs = Math.min(carrier.now(), endedAtMs) - tellsAfterMs;
    return carrier.inbox
      .list({ to: lease.number, after: lease.cursor, limit: 1_000 })
      .filter(({ receivedAt }) => receivedAt.getTime() <= untilMs)
      .toReversed();
  }

  function close(order: MutableOrder, state: OrderState, atMs: number): void {
    order.endedAtMs = atMs;
    order.state = state;
    if (isTheirs(order)) numbers.release(order.lease.number);
    const account = accountOf(order.customer);
    if (account.open.delete(order) && texts(order).length === 0) account.spentCents -= costCents;
  }

  function isTheirs({ lease }: Order): boolean {
    return numbers.find(lease.number) === lease;
  }

  function endIfOver(order: MutableOrder): void {
    if (order.state !== 'open' || isTheirs(order)) return;
    close(order, 'over', Math.min(carrier.now(), order.lease.expiresAt.getTime() - 1));
  }

  function current(order: MutableOrder | undefined): MutableOrder | undefined {
    if (order) endIfOver(order);
    return order;
  }

  /** All at once: nothing is waited for between the look at the account and the charge. */
  function take({
    customer,
    country,
    countryName,
    service,
    number,
  }: RentWish): MutableOrder | Exclude<NotRented, Fault> {
    const account = accountOf(customer);
    const now = carrier.now();
    account.rentedAtMs = account.rentedAtMs.filter((atMs) => atMs > now - 60_000);
    if (customer === 'busy' || account.rentedAtMs.length >= terms.numbersPerMinute) return 'too_many';
    if (leftCents(customer) < costCents) return 'no_money';
    const lease = customer === 'empty' ? null : numbers.lease({ country, number, seconds: terms.leaseSeconds });
    if (!lease) return 'no_numbers';
    account.rentedAtMs.push(now);
    account.spentCents += costCents;
    const order: MutableOrder = {
      id: nextId++,
      customer,
      service,
      country: countryName,
      lease,
      cost: costCents / 100,
      state: 'open',
      rentedAtMs: now,
      tellsAfterMs: terms.textDelayMs,
      endedAtMs: Infinity,
    };
    account.open.add(order);
    orders.set(order.id, order);
    forgetOldest();
    return order;
  }

  function forgetOldest(): void {
    const [oldest] = orders.values();
    if (!oldest || orders.size <= maxOrders) return;
    if (oldest.state === 'open') close(oldest, 'over', carrier.now());
    orders.delete(oldest.id);
  }

  /** As if it had never been asked for. */
  function undo(order: MutableOrder): void {
    const account = accountOf(order.customer);
    const place = account.rentedAtMs.indexOf(order.rentedAtMs);
    if (place >= 0) account.rentedAtMs.splice(place, 1);
    if (order.state === 'open') close(order, 'canceled', 0);
    orders.delete(order.id);
  }

  return {
    price: costCents / 100,

    async rent(wish) {
      const order = take(wish);
      if (typeof order === 'string') return order;
      const fault = await carrier.faultFor(vendor, order.lease.number, { named: true });
      if (fault && keepsFromRenting(fault)) {
        undo(order);
        return fault;
      }
      if (fault?.kind === 'dropped' || fault?.kind === 'undelivered') order.tellsAfterMs = Infinity;
      if (fault?.kind === 'late_receipts') order.tellsAfterMs += fault.delayMs;
      return { order, isCut: fault?.kind === 'cut_after' };
    },

    find(customer, id) {
      const order = /^\d{1,15}$/.test(id) ? orders.get(Number(id)) : undefined;
      return order?.customer === customer ? current(order) : undefined;
    },

    ordersOf: (customer) =>
      [...orders.values()].filter((order) => order.customer === customer && current(order)).toReversed(),

    texts: (order) => texts(order as MutableOrder),

    end(order, state) {
      if (current(order as MutableOrder)?.state === 'open') close(order as MutableOrder, state, carrier.now());
    },

    balanceOf(customer) {
      const left = leftCents(customer) / 100;
      return { left, frozen: (accountOf(customer).open.size * costCents) / 100 };
    },
  };
}

function keepsFromRenting({ kind }: Fault): boolean {
  return kind === 'cut_before' || kind === 'rate_limited' || kind === 'server_error' || kind === 'refused';
}
