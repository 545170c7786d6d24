import type { Context } from 'hono';
import { listReceived, received } from './android-gateway-inbox.ts';
import { deviceId, newId, takeGatewayWebhooks, toldToWebhooks, type Happened } from './android-gateway-webhooks.ts';
import { breakOff, type Emulator, type End, type Fault } from './emulator.ts';

export interface AndroidGatewayEmulatorOptions {
  /** Asked of who calls; unset: any user and password are taken. */
  username?: string;
  password?: string;
  /** Signs what is told to webhooks. */
  signingKey?: string;
  /** The number of the SIM, in E.164; one that nobody has when unset. Texts in the inbox for it, by whomever they were sent, are ones that the phone received. */
  number?: string;
}

type State = 'Pending' | 'Processed' | 'Sent' | 'Delivered' | 'Failed';

interface StoredMessage {
  readonly id: string;
  readonly to: string;
  states: Partial<Record<State, string>>;
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
const maxMessages = 1_000;

/**
 * Stands in for the app SMS Gateway for Android (https://sms-gate.app): as the server on the phone at `/message` and `/messages`, and as the cloud server below `/3rdparty/v1`,
 * which differs in that it refuses an id that it has (409), where the phone takes it and does nothing. Keeps the latest messages in memory, tells webhooks what became of them and
 * what the phone received, and lists that below `/inbox`.
 */
export function androidGatewayEmulator({
  username,
  password,
  signingKey = 'inbox-signing-key',
  number: ownNumber = '+12025550100',
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
      const told = (happened: readonly Happened[]) => toldToWebhooks(carrier, webhooks(), happened, signingKey);
      carrier.onArrival((message) => {
        const receipts = message.to === ownNumber ? told([received(message)]) : [];
        if (typeof receipts !== 'string') for (const plan of receipts) carrier.tell({ ...plan, fault: null });
      });
      for (const path of ['/inbox', '/3rdparty/v1/inbox']) {
        app.get(path, (c) => listReceived(c, carrier.inbox.list({ to: ownNumber, limit: 1_000 })));
      }

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
        const sent = read.numbers.map((number) => newMessage(read, number, fault, carrier.now()));
        if (sent[0]) messages.set(read.id, sent[0]);
        if (messages.size > maxMessages) messages.delete(messages.keys().next().value ?? '');
        for (const message of sent) {
          carrier.carry({
            text: { to: message.to, from: ownNumber, body: read.text, provider: vendor },
            fault,
            became: (end) => hasEnded(message, end, read, carrier.now()),
            receipts: (end) => told(happenedTo(message, end, read, ownNumber)),
            reply(body) {
              const receivedAt = new Date(carrier.now());
              return told([received({ id: newId(), to: ownNumber, from: message.to, body, receivedAt })]);
            },
          });
        }
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
  const numbers = phoneNumbers.filter((one) => typeof one === 'string');
  if (numbers.length < phoneNumbers.length) return 'failed to parse body';
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

/** Where a message stands when the phone is done with it: nobody knows yet whether it arrives. */
function newMessage({ id }: NewGatewayMessage, to: string, fault: Fault | null, nowMs: number): StoredMessage {
  const state = fault?.kind === 'undelivered' ? 'Processed' : 'Sent';
  const at = new Date(nowMs).toISOString();
  const passed = new Set<State>(['Pending', 'Processed', state]);
  return { id, to, state, error: null, states: Object.fromEntries([...passed].map((one) => [one, at])) };
}

/** It arrived, or did not: the phone hears of the first only where a report was asked for. */
function hasEnded(
  message: StoredMessage,
  { status, code }: End,
  { withDeliveryReport }: NewGatewayMessage,
  nowMs: number,
): void {
  const state = status === 'failed' ? 'Failed' : withDeliveryReport ? 'Delivered' : 'Sent';
  const error = status === 'failed' ? reasonOf(code) : null;
  Object.assign(message, { state, error, states: { ...message.states, [state]: new Date(nowMs).toISOString() } });
}

function happenedTo(
  { id: messageId, to }: StoredMessage,
  { status, code, isAnother }: End,
  { withDeliveryReport }: NewGatewayMessage,
  sender: string,
): readonly Happened[] {
  const common = { messageId, phoneNumber: to, recipient: to, sender, simNumber: 1 };
  const sent: Happened = { event: 'sms:sent', payload: (sentAt) => ({ ...common, partsCount: 1, sentAt }) };
  const delivered: Happened = { event: 'sms:delivered', payload: (deliveredAt) => ({ ...common, deliveredAt }) };
  const reason = reasonOf(code);
  const failed: Happened = { event: 'sms:failed', payload: (failedAt) => ({ ...common, failedAt, reason }) };
  if (status === 'failed') return [failed];
  if (!withDeliveryReport) return [sent];
  return isAnother ? [delivered] : [sent, delivered];
}

function reasonOf(code = 'RESULT_ERROR_GENERIC_FAILURE'): string {
  return `Send result: ${code}`;
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
