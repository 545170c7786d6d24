import type { Context } from 'hono';
import type { InboxMessage } from '../messages.ts';
import { breakOff, type Emulator } from './emulator.ts';
import { aroundRents, plain, refused, tooMany } from './rent-answers.ts';
import { nameOfCountry } from './rent-countries.ts';
import { countryOfId } from './rent-country-ids.ts';
import { createRentDesk, rentTerms, type Order, type RentDesk, type RentOptions } from './rent-desk.ts';

export interface HandlerApiEmulatorOptions extends RentOptions {
  /** For how long an activation cannot be canceled; 120 when unset. */
  keepSeconds?: number;
  /** Whether errors come with the 4xx that some sites pair them with; at most sites, and when unset, all is 200. */
  errorStatuses?: boolean;
}

const vendor = 'handler-api';
const path = '/stubs/handler_api.php';
/** What these sites call every service that has no name of its own. */
const anyService = 'ot';

/** With `errorStatuses`, as privatesms.vip documents them. */
const errorStatuses: Readonly<Record<string, number>> = {
  BAD_ACTION: 400,
  BAD_KEY: 401,
  BAD_SERVICE: 400,
  BAD_STATUS: 400,
  BANNED: 403,
  EARLY_CANCEL_DENIED: 403,
  NO_ACTIVATION: 404,
  WRONG_COUNTRY: 400,
};

interface Call {
  readonly c: Context;
  readonly customer: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly shop: Shop;
}

interface Shop {
  readonly desk: RentDesk;
  readonly keepMs: number;
  readonly free: (country: string) => number;
  readonly now: () => number;
  /** The text after which another one was asked for. */
  readonly askedAfter: WeakMap<Order, InboxMessage>;
  say(c: Context, words: string): Response;
}

const actions = new Map<string, (call: Call) => Response | Promise<Response>>([
  [
    'getBalance',
    ({ c, customer, shop }) => shop.say(c, `ACCESS_BALANCE:${shop.desk.balanceOf(customer).left.toFixed(2)}`),
  ],
  ['getNumber', getNumber],
  ['getNumberV2', getNumber],
  ['getStatus', getStatus],
  ['getStatusV2', getStatus],
  ['setStatus', setStatus],
  ['getNumbersStatus', getNumbersStatus],
  ['getPrices', getPrices],
  ['getCountries', getCountries],
]);

/**
 * Stands in for the sites that took over SMS-Activate's protocol (HeroSMS, GrizzlySMS and others): rents the inbox's numbers and tells what arrives on them, at
 * `/stubs/handler_api.php`. Any key is a customer's, but for a few that get errors (docs/emulators.md).
 */
export function handlerApiEmulator({
  keepSeconds = 120,
  errorStatuses: withStatuses = false,
  ...options
}: HandlerApiEmulatorOptions = {}): Emulator {
  const terms = rentTerms(options);
  return {
    vendor,
    rootPaths: [path],
    mount(app, carrier) {
      const shop: Shop = {
        desk: createRentDesk(vendor, carrier, terms),
        keepMs: keepSeconds * 1_000,
        free: (country) => carrier.inbox.numbers.free(country),
        now: () => carrier.now(),
        askedAfter: new WeakMap(),
        say(c, words) {
          const status = withStatuses ? errorStatuses[/^[A-Z_]+/.exec(words)?.[0] ?? ''] : undefined;
          return plain(c, words, status);
        },
      };
      app.use(aroundRents);
      app.on(['GET', 'POST'], path, async (c) => {
        const form = c.req.method === 'POST' ? Object.fromEntries(new URLSearchParams(await c.req.text())) : {};
        const fields = { ...form, ...c.req.query() };
        const { api_key: customer = 'unknown', action = '' } = fields;
        if (customer === 'unknown' || customer === '') return shop.say(c, 'BAD_KEY');
        if (customer === 'sql') return shop.say(c, 'ERROR_SQL');
        if (customer === 'banned')
          return shop.say(c, `BANNED:${clockTime(carrier.now() + 3_600_000).replaceAll(':', '-')}`);
        return actions.get(action)?.({ c, customer, fields, shop }) ?? shop.say(c, 'BAD_ACTION');
      });
      app.all('*', (c) => plain(c, 'File not found.', 404));
    },
  };
}

async function getNumber({ c, customer, fields, shop }: Call): Promise<Response> {
  const { action, service = '', country: countryName = '', maxPrice } = fields;
  // There is no catalogue of services: each is one that looks like one.
  if (!/^[\w-]{1,40}$/.test(service)) return shop.say(c, 'BAD_SERVICE');
  const country = countryOfId.get(countryName);
  if (country === undefined) return shop.say(c, 'WRONG_COUNTRY');
  const { desk } = shop;
  if (maxPrice !== undefined && Number(maxPrice) < desk.price) return shop.say(c, `WRONG_MAX_PRICE:${desk.price}`);

  const rented = await desk.rent({ customer, country, countryName, service });
  if (rented === 'too_many') return tooMany(c);
  if (typeof rented === 'string') return shop.say(c, rented === 'no_money' ? 'NO_BALANCE' : 'NO_NUMBERS');
  if ('kind' in rented) return refused(c, rented, (code = 'ERROR_SQL') => shop.say(c, code));
  if (rented.isCut) return breakOff(c);
  const { id, lease, cost } = rented.order;
  const digits = lease.number.slice(1);
  if (action === 'getNumber') return shop.say(c, `ACCESS_NUMBER:${id}:${digits}`);
  return c.json({
    activationId: id,
    phoneNumber: digits,
    activationCost: cost,
    currency: 840,
    countryCode: countryName,
    canGetAnotherSms: '1',
    activationTime: clockTime(lease.leasedAt.getTime()),
    activationOperator: 'any',
  });
}

function getStatus({ c, customer, fields, shop }: Call): Response {
  const order = shop.desk.find(customer, fields['id'] ?? '');
  if (!order) return shop.say(c, 'NO_ACTIVATION');
  if (order.state !== 'open') return shop.say(c, 'STATUS_CANCEL');
  const text = newText(order, shop);
  const former = shop.askedAfter.get(order);
  if (!text) return shop.say(c, former ? `STATUS_WAIT_RETRY:${codeIn(former)}` : 'STATUS_WAIT_CODE');
  if (fields['action'] === 'getStatus') return shop.say(c, `STATUS_OK:${codeIn(text)}`);
  const dateTime = clockTime(text.receivedAt.getTime());
  return c.json({ verificationType: 0, sms: { dateTime, code: codeIn(text), text: text.body } });
}

function setStatus({ c, customer, fields, shop }: Call): Response {
  const { id = '', status } = fields;
  if (!/^\d+$/.test(id)) return shop.say(c, 'WRONG_ACTIVATION_ID');
  const order = shop.desk.find(customer, id);
  if (!order) return shop.say(c, 'NO_ACTIVATION');
  if (order.state !== 'open') return shop.say(c, 'BAD_STATUS');
  const { desk, askedAfter } = shop;
  const text = newText(order, shop);
  const hasCode = text !== undefined || askedAfter.has(order);
  if (status === '1') return shop.say(c, 'ACCESS_READY');
  if (status === '3' && hasCode) {
    if (text) askedAfter.set(order, text);
    return shop.say(c, 'ACCESS_RETRY_GET');
  }
  if (status === '6') {
    desk.end(order, 'finished');
    return shop.say(c, 'ACCESS_ACTIVATION');
  }
  if ((status === '8' || status === '-1') && !hasCode) {
    if (shop.now() - order.lease.leasedAt.getTime() < shop.keepMs) return shop.say(c, 'EARLY_CANCEL_DENIED');
    desk.end(order, 'canceled');
    return shop.say(c, 'ACCESS_CANCEL');
  }
  return shop.say(c, 'BAD_STATUS');
}

function getNumbersStatus({ c, fields, shop }: Call): Response {
  const country = countryOfId.get(fields['country'] ?? '');
  if (country === undefined) return shop.say(c, 'WRONG_COUNTRY');
  return c.json({ [anyService]: shop.free(country) });
}

function getPrices({ c, fields, shop }: Call): Response {
  const { country, service = anyService } = fields;
  const asked = [...countryOfId].filter(([id]) => (country ?? id) === id);
  const prices = asked.map(([id, one]) => {
    const count = shop.free(one);
    return [id, { [service]: { cost: shop.desk.price, count, physicalCount: count } }];
  });
  return c.json(Object.fromEntries(prices));
}

function getCountries({ c }: Call): Response {
  const countries = [...countryOfId].map(([id, country]) => {
    const [rus, eng, chn] = ['ru', 'en', 'zh'].map((language) => nameOfCountry(country, language));
    return [id, { id: Number(id), rus, eng, chn, visible: 1, retry: 1, rent: 0, multiService: 0 }];
  });
  return c.json(Object.fromEntries(countries));
}

/** The latest text, if it came after the one after which another was asked for. */
function newText(order: Order, { desk, askedAfter }: Shop): InboxMessage | undefined {
  const text = desk.texts(order).at(-1);
  return text?.id === askedAfter.get(order)?.id ? undefined : text;
}

/** The code alone, as these sites tell it; the text where it has none. */
function codeIn({ code, body }: InboxMessage): string {
  return code ?? body;
}

/** `2026-01-31 17:30:57` */
function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
