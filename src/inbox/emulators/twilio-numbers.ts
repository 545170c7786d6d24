import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { Carrier } from './emulator.ts';
import { listPage } from './twilio-lists.ts';
import { apiVersion, rfc2822 } from './twilio-message.ts';
import type { Refusal } from './twilio-refusals.ts';
import { isWebAddress } from './web-address.ts';

/** A number of an account, as Twilio tells it, in so far as it is about texts. */
interface NumberResource {
  readonly sid: string;
  readonly account_sid: string;
  readonly phone_number: string;
  readonly friendly_name: string;
  readonly capabilities: Readonly<Record<'voice' | 'sms' | 'mms' | 'fax', boolean>>;
  readonly date_created: string;
  readonly api_version: string;
  readonly status: 'in-use';
  readonly origin: 'twilio';
  readonly uri: string;
  date_updated: string;
  sms_url: string;
  sms_method: 'POST';
}

/** The numbers of accounts. */
export interface TwilioNumbers {
  /** Where a number tells of what it receives; undefined: nowhere. */
  smsUrlOf(account: string, number: string): string | undefined;
}

export interface TwilioNumbersParts {
  readonly app: Hono;
  readonly carrier: Carrier;
  withAccount(
    answer: (c: Context, account: string) => Response | Promise<Response>,
  ): (c: Context) => Response | Promise<Response>;
  refuse(c: Context, refusal: Refusal): Response;
  notFound(c: Context): Refusal;
}

const maxNumbers = 1_000;

/**
 * Answers `IncomingPhoneNumbers`: numbers are added with their `SmsUrl`, changed, fetched, listed and deleted. A number that is asked for by itself is owned, whether or not it was
 * added; one that is fetched or changed must have been added or asked for.
 */
export function takeTwilioNumbers({ app, carrier, withAccount, refuse, notFound }: TwilioNumbersParts): TwilioNumbers {
  /** By sid, the oldest first. */
  const numbers = new Map<string, NumberResource>();
  const list = `/${apiVersion}/Accounts/:account/IncomingPhoneNumbers.json`;
  const file = `/${apiVersion}/Accounts/:account/IncomingPhoneNumbers/:file{PN[0-9a-f]+\\.json}`;

  function owned(account: string, number: string): NumberResource {
    const sid = sidOf(account, number);
    const there = numbers.get(sid) ?? newNumber(account, number, sid, carrier.now());
    numbers.set(sid, there);
    if (numbers.size > maxNumbers) numbers.delete(numbers.keys().next().value ?? '');
    return there;
  }

  function found(c: Context, account: string): NumberResource | undefined {
    const number = numbers.get((c.req.param('file') ?? '').replace(/\.json$/, ''));
    return number?.account_sid === account ? number : undefined;
  }

  function change(number: NumberResource, form: URLSearchParams): Refusal | null {
    const smsUrl = form.get('SmsUrl') ?? number.sms_url;
    if (smsUrl !== '' && !isWebAddress(smsUrl)) return invalid(`SmsUrl is not a valid URL: ${smsUrl}`);
    number.sms_url = smsUrl;
    number.date_updated = rfc2822(carrier.now());
    return null;
  }

  app.get(
    list,
    withAccount((c, account) => {
      const query = new URL(c.req.url).searchParams;
      const asked = query.get('PhoneNumber');
      const shown =
        asked !== null && isNumber(asked)
          ? [owned(account, asked)]
          : [...numbers.values()].filter((one) => one.account_sid === account && asked === null).toReversed();
      const path = list.replace(':account', account);
      return c.json(listPage(path, 'incoming_phone_numbers', shown, query));
    }),
  );
  app.post(
    list,
    withAccount(async (c, account) => {
      const form = new URLSearchParams(await c.req.text());
      const asked = form.get('PhoneNumber') ?? '';
      if (!isNumber(asked)) return refuse(c, invalid('PhoneNumber must be in E.164, like +12025550143.'));
      const number = owned(account, asked);
      const refused = change(number, form);
      return refused ? refuse(c, refused) : c.json(number, 201);
    }),
  );
  app.get(
    file,
    withAccount((c, account) => {
      const number = found(c, account);
      return number ? c.json(number) : refuse(c, notFound(c));
    }),
  );
  app.post(
    file,
    withAccount(async (c, account) => {
      const number = found(c, account);
      if (!number) return refuse(c, notFound(c));
      const refused = change(number, new URLSearchParams(await c.req.text()));
      return refused ? refuse(c, refused) : c.json(number);
    }),
  );
  app.delete(
    file,
    withAccount((c, account) => {
      const number = found(c, account);
      if (!number) return refuse(c, notFound(c));
      numbers.delete(number.sid);
      return c.body(null, 204);
    }),
  );

  return { smsUrlOf: (account, number) => numbers.get(sidOf(account, number))?.sms_url || undefined };
}

function invalid(message: string): Refusal {
  return { status: 400, code: 20_001, message };
}

function isNumber(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}

function sidOf(account: string, number: string): string {
  return `PN${createHash('sha256').update(`${account} ${number}`).digest('hex').slice(0, 32)}`;
}

function newNumber(account: string, number: string, sid: string, nowMs: number): NumberResource {
  const at = rfc2822(nowMs);
  return {
    sid,
    account_sid: account,
    phone_number: number,
    friendly_name: number,
    capabilities: { voice: false, sms: true, mms: false, fax: false },
    date_created: at,
    date_updated: at,
    sms_url: '',
    sms_method: 'POST',
    status: 'in-use',
    origin: 'twilio',
    api_version: apiVersion,
    uri: `/${apiVersion}/Accounts/${account}/IncomingPhoneNumbers/${sid}.json`,
  };
}
