import type { Context } from 'hono';
import { parsePhoneNumber } from '../../phone-number.ts';
import { breakOff, type Emulator } from './emulator.ts';
import { aroundRents, plain, refused, tooMany } from './rent-answers.ts';
import { countryNamed } from './rent-countries.ts';
import { createRentDesk, rentTerms, type Order, type RentDesk, type RentOptions } from './rent-desk.ts';

/** `numbersPerMinute` is 5 when unset, as at the vendor. */
export interface SmspinverifyEmulatorOptions extends RentOptions {
  /** What `get_sms.php` answers: the whole text (when unset), or the code alone. Customers whose key begins with `code-` always get the code alone. */
  answer?: 'text' | 'code';
  /** For how long a number cannot be rejected; 120 when unset. */
  keepSeconds?: number;
}

const vendor = 'smspinverify';

/** The vendor's sentences, by the codes with which a fault `refused` asks for them. */
const sentences = {
  customer_not_found: 'Customer Not Found.',
  app_not_found: 'App Not Found.',
  country_not_found: 'Country Not Found.',
  number_not_found: 'Number Not Found.',
  no_numbers: 'New Numbers registration in progress, please wait or check back later.',
  no_code: 'You have not received any code yet.',
  no_money: 'Not Enough balance',
  balance_expired: 'Your balance is expired.',
  error_102: 'Error 102, check back later.',
  rejected: 'Number Rejected.',
  not_rejected: 'Not able to reject.',
} as const;

const say = (c: Context, sentence: keyof typeof sentences): Response => plain(c, sentences[sentence]);

interface Shop {
  readonly desk: RentDesk;
  readonly answer: 'text' | 'code';
  readonly keepMs: number;
  now(): number;
}

const scripts: Readonly<Record<string, (c: Context, customer: string, shop: Shop) => Response | Promise<Response>>> = {
  'get_number.php': getNumber,
  'get_sms.php': getSms,
  'get_balance.php': (c, customer, { desk }) => c.json({ balance: desk.balanceOf(customer).left.toFixed(2) }),
  'get_history.php': (c, customer, { desk }) => c.json(desk.ordersOf(customer).map((order) => past(order, desk))),
  'get_rates.php': getRates,
  'get_reject_number.php': reject,
  'reject_code.php': reject,
};
const paths = ['/user', '/user/api', '/json'].flatMap((folder) =>
  Object.keys(scripts).map((name) => `${folder}/${name}`),
);

/**
 * Stands in for SMS Pin Verify and the sites of its kind: rents the inbox's numbers and tells what arrives on them, by `/user/get_number.php` and its siblings; the same below
 * `/user/api`, as PVAPins has them, and below `/json`. Any key is a customer's, but for a few that get errors (docs/emulators.md).
 */
export function smspinverifyEmulator({
  answer = 'text',
  keepSeconds = 120,
  ...options
}: SmspinverifyEmulatorOptions = {}): Emulator {
  const terms = rentTerms(options, 5);
  return {
    vendor,
    rootPaths: paths,
    mount(app, carrier) {
      const desk = createRentDesk(vendor, carrier, terms);
      const shop = { desk, answer, keepMs: keepSeconds * 1_000, now: () => carrier.now() };
      app.use(aroundRents);
      for (const path of paths) {
        const name = path.slice(path.lastIndexOf('/') + 1);
        app.get(path, (c) => {
          const customer = c.req.query('customer') || (name === 'get_rates.php' ? 'anyone' : 'unknown');
          return customer === 'unknown'
            ? say(c, 'customer_not_found')
            : (scripts[name]?.(c, customer, shop) ?? c.notFound());
        });
      }
      app.all('*', (c) => plain(c, 'File not found.', 404));
    },
  };
}

async function getNumber(c: Context, customer: string, { desk }: Shop): Promise<Response> {
  const { app: service = '', country: countryName = '', number: former = '', shownid } = c.req.query();
  if (customer === 'error102') return say(c, 'error_102');
  if (service.trim() === '') return say(c, 'app_not_found');
  const country = countryNamed(countryName);
  if (country === undefined) return say(c, 'country_not_found');
  const number =
    former === '' ? undefined : desk.ordersOf(customer).find((order) => isNumberOf(order, former))?.lease.number;
  if (former !== '' && number === undefined) return say(c, 'number_not_found');

  const rented = await desk.rent({ customer, country, countryName, service, number });
  if (rented === 'too_many') return tooMany(c);
  if (typeof rented === 'string') return say(c, rented);
  if ('kind' in rented) {
    return refused(c, rented, (code = 'error_102') =>
      plain(c, Object.entries(sentences).find(([name]) => name === code)?.[1] ?? code.replaceAll('_', ' ')),
    );
  }
  const { id, lease } = rented.order;
  if (rented.isCut) return breakOff(c);
  return plain(c, lease.number.slice(1) + (shownid === '1' ? `|${id}` : ''));
}

function getSms(c: Context, customer: string, { desk, answer }: Shop): Response {
  if (customer === 'expired') return say(c, 'balance_expired');
  if (customer === 'error102') return say(c, 'error_102');
  const order = orderMeant(c, customer, desk);
  if (!order) return say(c, 'number_not_found');
  const text = desk.texts(order).at(-1);
  const told = answer === 'code' || customer.startsWith('code-') ? text?.code : text?.body;
  return told ? plain(c, told) : say(c, 'no_code');
}

function reject(c: Context, customer: string, { desk, keepMs, now }: Shop): Response {
  const order = orderMeant(c, customer, desk);
  if (!order) return say(c, 'number_not_found');
  const isKept = now() - order.lease.leasedAt.getTime() < keepMs;
  if (isKept || desk.texts(order).length > 0) return say(c, 'not_rejected');
  desk.end(order, 'canceled');
  return say(c, 'rejected');
}

function getRates(c: Context, _: string, { desk }: Shop): Response {
  if (countryNamed(c.req.query('country') ?? '') === undefined) return say(c, 'country_not_found');
  // There is no catalogue of apps: all cost the same.
  return c.json([{ app: 'Any app', business_code: 'any', rate: desk.price.toFixed(2) }]);
}

/** The order that a call is about, if it is still open: by its id, or by number, app and country, all as they were booked. */
function orderMeant(c: Context, customer: string, desk: RentDesk): Order | undefined {
  const { n_id: id, number = '', app = '', country = '' } = c.req.query();
  const isMeant = (order: Order): boolean =>
    order.state === 'open' &&
    (id === undefined
      ? isNumberOf(order, number) &&
        order.service.toLowerCase() === app.toLowerCase() &&
        countryNamed(order.country) === countryNamed(country)
      : String(order.id) === id);
  return desk.ordersOf(customer).find(isMeant);
}

/** Also as it is dialled within its country: the vendor's own example polls with such a one. */
function isNumberOf({ lease }: Order, given: string): boolean {
  const digits = given.replaceAll(/\D/g, '');
  if (lease.number === `+${digits}`) return true;
  const parsed = parsePhoneNumber(digits, lease.country);
  return parsed.valid && parsed.number.e164 === lease.number;
}

function past(order: Order, desk: RentDesk) {
  const { id, lease, service, country, cost } = order;
  return {
    n_id: String(id),
    number: lease.number.slice(1),
    app: service,
    country,
    rate: cost.toFixed(2),
    sms: desk.texts(order).at(-1)?.body ?? null,
    date: lease.leasedAt.toISOString().slice(0, 19).replace('T', ' '),
  };
}
