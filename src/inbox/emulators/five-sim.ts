import type { Context } from 'hono';
import type { InboxMessage } from '../messages.ts';
import { breakOff, type Emulator } from './emulator.ts';
import { aroundRents, plain, refused, tooMany } from './rent-answers.ts';
import { countryNamed } from './rent-countries.ts';
import {
  createRentDesk,
  rentTerms,
  type Order,
  type OrderState,
  type RentDesk,
  type RentOptions,
} from './rent-desk.ts';

export type FiveSimEmulatorOptions = RentOptions;

const vendor = '5sim';

/** The statuses of what the vendor says in plain text, where it is not 400. */
const statuses = new Map([
  ['Unauthorized', 401],
  ['no free phones', 200],
]);

const say = (c: Context, words: string): Response => plain(c, words, statuses.get(words) ?? 400);

/** What an order is called once it has ended without a text. */
const endings: Readonly<Record<Exclude<OrderState, 'open'>, string>> = {
  finished: 'FINISHED',
  canceled: 'CANCELED',
  banned: 'BANNED',
  over: 'TIMEOUT',
};

/**
 * Stands in for 5sim.net: rents the inbox's numbers and tells what arrives on them, by `/v1/user/buy/activation/…` and what belongs to it. Any bearer token is a customer's, but for
 * a few that get errors (docs/emulators.md).
 */
export function fiveSimEmulator(options: FiveSimEmulatorOptions = {}): Emulator {
  const terms = rentTerms(options);
  return {
    vendor,
    mount(app, carrier) {
      const desk = createRentDesk(vendor, carrier, terms);
      app.use(aroundRents);

      app.get('/v1/guest/prices', (c) => {
        const { country = 'usa', product = 'other' } = c.req.query();
        const code = countryNamed(country);
        if (code === undefined) return say(c, 'country is incorrect');
        const count = carrier.inbox.numbers.free(code);
        return c.json({ [country]: { [product]: { any: { cost: desk.price, count, rate: 99.99 } } } });
      });

      app.use('/v1/user/*', async (c: Context, next) => {
        const customer = customerOf(c);
        return customer === '' || customer === 'unknown' ? say(c, 'Unauthorized') : next();
      });
      app.get('/v1/user/profile', (c) => c.json(profile(desk.balanceOf(customerOf(c)))));
      app.get('/v1/user/buy/activation/:country/:operator/:product', (c) => buy(c, desk));
      app.get('/v1/user/:act{check|finish|cancel|ban}/:id', (c) => {
        const { act, id } = c.req.param();
        const order = desk.find(customerOf(c), id);
        if (!order) return say(c, 'order not found');
        const refusal = act === 'check' ? null : end(order, act, desk);
        return refusal === null ? c.json(wireOrder(order, desk)) : say(c, refusal);
      });

      app.all('*', (c) => plain(c, '404 page not found', 404));
    },
  };
}

function customerOf(c: Context): string {
  return /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
}

async function buy(c: Context, desk: RentDesk): Promise<Response> {
  const { country: countryName = '', operator = '', product: service = '' } = c.req.param();
  const customer = customerOf(c);
  if (customer === 'rating') return say(c, 'not enough rating');
  if (customer === 'offline') return say(c, 'server offline');
  const country = countryName === 'any' ? 'US' : countryNamed(countryName);
  if (country === undefined) return say(c, 'bad country');
  // There are no catalogues of operators and products: each is one that looks like one.
  if (!/^\w{1,40}$/.test(operator)) return say(c, 'bad operator');
  if (!/^[\w-]{1,40}$/.test(service)) return say(c, 'no product');
  const { maxPrice } = c.req.query();
  if (maxPrice !== undefined && operator === 'any' && Number(maxPrice) < desk.price) return say(c, 'no free phones');

  const rented = await desk.rent({
    customer,
    country,
    countryName: countryName === 'any' ? 'usa' : countryName,
    service,
  });
  if (rented === 'too_many') return tooMany(c);
  if (typeof rented === 'string') return say(c, rented === 'no_money' ? 'not enough user balance' : 'no free phones');
  if ('kind' in rented) return refused(c, rented, (code = 'no_free_phones') => say(c, code.replaceAll('_', ' ')));
  if (rented.isCut) return breakOff(c);
  return c.json({ ...wireOrder(rented.order, desk), operator, status: 'PENDING', sms: null });
}

/** Ends an order, or says why it cannot be ended so. */
function end(order: Order, act: string, desk: RentDesk): string | null {
  if (order.state !== 'open') return order.state === 'over' ? 'order expired' : 'order not found';
  const hasText = desk.texts(order).length > 0;
  if (act === 'finish' && !hasText) return 'order no sms';
  if (act !== 'finish' && hasText) return 'order has sms';
  desk.end(order, act === 'finish' ? 'finished' : act === 'ban' ? 'banned' : 'canceled');
  return null;
}

/** `RECEIVED` is the vendor's word for waiting too: whether something came is in `sms`. */
function wireOrder(order: Order, desk: RentDesk) {
  const { id, lease, service, cost, state, country } = order;
  const texts = desk.texts(order);
  const ended = state === 'over' && texts.length > 0 ? 'FINISHED' : state === 'open' ? null : endings[state];
  return {
    id,
    phone: lease.number,
    operator: 'any',
    product: service,
    price: cost,
    status: ended ?? 'RECEIVED',
    expires: lease.expiresAt.toISOString(),
    sms: texts.map(wireText),
    created_at: lease.leasedAt.toISOString(),
    forwarding: false,
    forwarding_number: '',
    country,
  };
}

function wireText({ receivedAt, from, body, code }: InboxMessage) {
  const at = receivedAt.toISOString();
  return { created_at: at, date: at, sender: from, text: body, code: code ?? '' };
}

function profile({ left, frozen }: { left: number; frozen: number }) {
  return {
    id: 1,
    email: 'customer@example.com',
    vendor: 'demo',
    default_forwarding_number: '',
    balance: left,
    rating: 96,
    default_country: { name: 'usa', iso: 'us', prefix: '+1' },
    default_operator: { name: '' },
    frozen_balance: frozen,
  };
}
