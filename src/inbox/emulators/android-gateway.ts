import { createHmac, randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { takeGatewayWebhooks, type GatewayWebhook } from './android-gateway-webhooks.ts';
import { breakOff, type Carrier, type Emulator, type Fault } from './emulator.ts';

export interface AndroidGatewayEmulatorOptions {
  /** Asked of who calls; unset: any user and password are taken. */
  username?: string;
  password?: string;
  /** Signs what is told to webhooks. */
  signingKey?: string;
}

type State = 'Pending' | 'Processed' | 'Sent' | 'Delivered' | 'Failed';

interface StoredMessage {
  readonly id: string;
  readonly to: string;
  readonly states: Partial<Record<State, string>>;
  state: State;
  error: string | null;
}

/** A message as the app reads it from a request. */
interface NewGatewayMessage {
  readonly id: string;
  readonly text: string;
  readonly numbers: readonly string[];
  readonly withDeliveryReport: boolean;
}

const vendor = 'android-gateway';
const deviceId = 'emulated-device';
const maxMessages = 1_000;
/** The number of the SIM: from a range that nobody has. */
const ownNumber = '+12025550100';
/** Ten seconds, then twice as long each time, 14 times. */
const retryAfterMs = Array.from({ length: 14 }, (_, index) => 10_000 * 2 ** index);

/**
 * Stands in for the app SMS Gateway for Android (https://sms-gate.app): as the server on the phone at `/message` and `/messages`, and as the cloud server below `/3rdparty/v1`,
 * which differs in that it refuses an id that it has (409), where the phone takes it and does nothing. Keeps the latest messages in memory, tells webhooks what became of them.
 */
export function androidGatewayEmulator({
  username,
  password,
  signingKey = 'inbox-signing-key',
}: AndroidGatewayEmulatorOptions = {}): Emulator {
  return {
    vendor,
    mount(app, carrier) {
      /** The oldest first. */
      const messages = new Map<string, StoredMessage>();

      app.use(async (c, next) => {
        const [, encoded = ''] = /^Basic (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
        const [, user = '', pass = ''] = /^([^:]+):(.+)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
        if (user !== '' && user === (username ?? user) && pass === (password ?? pass)) return next();
        return c.json({ message: 'Unauthorized' }, 401, { 'www-authenticate': 'Basic realm="Access to SMS Gateway"' });
      });

      const webhooks = takeGatewayWebhooks(app, ['/webhooks', '/3rdparty/v1/webhooks']);

      const take = async (c: Context): Promise<Response> => {
        const isCloud = c.req.path.includes('/3rdparty/');
        const read = readMessage(await c.req.json().catch(() => null), c.req.query('skipPhoneValidation') === 'true');
        if (typeof read === 'string') return refuse(c, 400, read);
        const there = messages.get(read.id);
        if (there) return isCloud ? refuse(c, 409, 'duplicate id') : c.json(pending(read), 202);
        const to = read.numbers[0] ?? '';
        const fault = await carrier.faultFor(vendor, to);
        const refused = refusalOf(c, fault);
        if (refused) return refused;
        const [message] = read.numbers.map((number) => send(carrier, read, number, fault));
        if (message) messages.set(read.id, message);
        if (messages.size > maxMessages) messages.delete(messages.keys().next().value ?? '');
        tell(carrier, webhooks(), read, fault, signingKey);
        return fault?.kind === 'cut_after' ? breakOff(c) : c.json(pending(read), 202);
      };
      const show = (c: Context): Response => {
        const message = messages.get(c.req.param('id') ?? '');
        return message ? c.json(wireMessage(message)) : c.json({ message: 'message not found' }, 404);
      };
      for (const path of ['/message', '/messages', '/3rdparty/v1/message', '/3rdparty/v1/messages']) {
        app.post(path, take);
        app.get(`${path}/:id`, show);
      }
      app.all('*', (c) => c.json({ message: 'Not Found' }, 404));
    },
  };
}

/** The message, or what the app says is wrong with it. */
function readMessage(body: unknown, skipPhoneValidation: boolean): NewGatewayMessage | string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'failed to parse body';
  const {
    id,
    message,
    textMessage,
    dataMessage,
    phoneNumbers,
    simNumber,
    ttl,
    validUntil,
    priority,
    withDeliveryReport,
  } = body as Readonly<Record<string, unknown>>;
  const contents = [textMessage, dataMessage, message].filter((one) => one !== undefined && one !== null);
  if (contents.length === 0) return 'Must specify exactly one of: textMessage, dataMessage, or message';
  if (contents.length > 1) return 'Cannot specify multiple message types simultaneously';
  if (contents[0] === dataMessage) return 'This emulator takes text messages only';
  const text = typeof message === 'string' ? message : (textMessage as { text?: unknown }).text;
  if (typeof text !== 'string' || text === '') return 'Text message is empty';
  if (!Array.isArray(phoneNumbers) || phoneNumbers.length === 0) return 'phoneNumbers is empty';
  const numbers = phoneNumbers.map(String);
  if (!skipPhoneValidation && !numbers.every((one) => /^\+[1-9]\d{6,14}$/.test(one))) return 'invalid phone number';
  if (simNumber !== undefined && !within(simNumber, 1, 3)) return 'simNumber must be >= 1';
  if (ttl !== undefined && validUntil !== undefined) return 'fields conflict: ttl and validUntil';
  if (ttl !== undefined && !within(ttl, 5, Infinity)) return "Field validation for 'TTL' failed on the 'min' tag";
  if (priority !== undefined && !within(priority, -128, 127))
    return "Field validation for 'Priority' failed on the 'max' tag";
  if (id !== undefined && (typeof id !== 'string' || id.length > 36))
    return "Field validation for 'ID' failed on the 'max' tag";
  return {
    id: id === undefined || id === '' ? newId() : id,
    text,
    numbers,
    withDeliveryReport: withDeliveryReport !== false,
  };
}

function within(value: unknown, least: number, greatest: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest;
}

/** How a fault that keeps the message from being taken looks there; null: the message is taken. A code is the message of the answer, with `_` for each blank: `invalid_phone_number`. */
function refusalOf(c: Context, fault: Fault | null): Response | null {
  switch (fault?.kind) {
    case 'cut_before':
      return breakOff(c);
    case 'rate_limited':
      c.header('retry-after', String(fault.retryAfterSeconds));
      return refuse(c, 429, 'Too Many Requests');
    case 'server_error':
      return refuse(c, fault.status, 'failed to handle request');
    case 'refused':
      return fault.code === undefined
        ? refuse(c, 503, 'queue limits exceeded')
        : refuse(c, 400, fault.code.replaceAll('_', ' '));
    default:
      return null;
  }
}

function refuse(c: Context, status: number, message: string): Response {
  return c.json({ message }, status as 400);
}

/** Delivers a message, or does not, and says where it stands then. */
function send(carrier: Carrier, message: NewGatewayMessage, to: string, fault: Fault | null): StoredMessage {
  const { id, text, withDeliveryReport } = message;
  const error = fault?.kind === 'undelivered' ? reasonOf(fault.code) : null;
  if (error === null && fault?.kind !== 'dropped') {
    for (let left = fault?.kind === 'duplicate' ? 2 : 1; left > 0; left -= 1) {
      carrier.deliver({ to, from: ownNumber, body: text, provider: vendor });
    }
  }
  const isDelivered = withDeliveryReport && fault?.kind !== 'dropped';
  const state = error !== null ? 'Failed' : isDelivered ? 'Delivered' : 'Sent';
  const passed = { Failed: ['Processed'], Delivered: ['Processed', 'Sent'], Sent: ['Processed'] }[state];
  const at = new Date(carrier.now()).toISOString();
  return { id, to, state, error, states: Object.fromEntries(['Pending', ...passed, state].map((one) => [one, at])) };
}

function reasonOf(code = 'RESULT_ERROR_GENERIC_FAILURE'): string {
  return `Send result: ${code}`;
}

/** Tells the webhooks: those at one address one after the other, in the order in which things happen. */
function tell(
  carrier: Carrier,
  webhooks: readonly GatewayWebhook[],
  { id: messageId, numbers: [phoneNumber], withDeliveryReport }: NewGatewayMessage,
  fault: Fault | null,
  signingKey: string,
): void {
  const sent = withDeliveryReport ? (['sms:sent', 'sms:delivered'] as const) : (['sms:sent'] as const);
  const happened = fault?.kind === 'undelivered' ? (['sms:failed'] as const) : sent;
  const reason = reasonOf(fault?.kind === 'undelivered' ? fault.code : undefined);
  for (const url of new Set(webhooks.map((webhook) => webhook.url))) {
    const told = happened.flatMap((event) => webhooks.filter((one) => one.url === url && one.event === event));
    const requests = new Map(told.map(({ id, event }) => [id, { event, webhookId: id, id: newId() }]));
    carrier.tell({
      statuses: [...requests.keys()],
      fault,
      retryAfterMs,
      accepts: (status) => status >= 200 && status < 300,
      make(webhookId) {
        const about = requests.get(webhookId);
        if (!about) return null;
        const at = new Date(carrier.now()).toISOString();
        const common = { messageId, phoneNumber, recipient: phoneNumber, sender: ownNumber, simNumber: 1 };
        const payload = {
          'sms:sent': { ...common, partsCount: 1, sentAt: at },
          'sms:delivered': { ...common, deliveredAt: at },
          'sms:failed': { ...common, failedAt: at, reason },
        }[about.event];
        return signedRequest(url, JSON.stringify({ deviceId, ...about, payload }), signingKey, carrier.now());
      },
    });
  }
}

function signedRequest(url: string, body: string, signingKey: string, nowMs: number): Request {
  const seconds = String(Math.floor(nowMs / 1_000));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'me.capcom.smsgateway',
    'x-signature': createHmac('sha256', signingKey).update(body).update(seconds).digest('hex'),
    'x-timestamp': seconds,
  };
  return new Request(url, { method: 'POST', headers, body });
}

function newId(): string {
  return randomBytes(16).toString('base64url').slice(0, 21);
}

/** As the answer to the call tells it: nothing happened yet. */
function pending({ id, numbers }: NewGatewayMessage) {
  const recipients = numbers.map((phoneNumber) => ({ phoneNumber, state: 'Pending' }));
  return { id, deviceId, state: 'Pending', isHashed: false, isEncrypted: false, recipients, states: {} };
}

function wireMessage({ id, to, state, error, states }: StoredMessage) {
  const recipients = [{ phoneNumber: to, state, ...(error !== null && { error }) }];
  return { id, deviceId, state, isHashed: false, isEncrypted: false, recipients, states };
}
