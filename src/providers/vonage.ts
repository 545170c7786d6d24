import { ConfigurationError } from '../errors.ts';
import { postToVendor } from './exchange.ts';
import type { Provider } from './provider.ts';
import { withoutPlus } from './vonage/api.ts';
import { messagesApi } from './vonage/messages.ts';
import { readReceipts } from './vonage/receipts.ts';
import { smsApi } from './vonage/sms.ts';

export interface VonageOptions {
  /** Stands in deliveries, logs and the addresses of receipts. `vonage` when unset. */
  readonly name?: string | undefined;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** The sender: a number of the account in E.164, or a name of at most 11 letters and digits where the country allows one. */
  readonly from: string;
  /** By which of its two APIs Vonage takes messages. `sms` when unset. */
  readonly api?: 'sms' | 'messages' | undefined;
  /** What Vonage signs receipts with. When set, a receipt that is not signed with it is refused; unset: their address and reference alone are believed. */
  readonly signatureSecret?: string | undefined;
  /** Instead of `https://rest.nexmo.com` or, for Messages, `https://api.nexmo.com`. */
  readonly baseUrl?: string | undefined;
  /** How long a send may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

const apis = { sms: smsApi, messages: messagesApi };

/** Makes the provider that hands texts to Vonage, by its SMS API or its Messages API. Throws a `ConfigurationError` that names every fault. */
export function vonageProvider(options: VonageOptions): Provider {
  assertOptions(options);
  const { name = 'vonage', apiKey, apiSecret, signatureSecret, timeoutMs } = options;
  const api = apis[options.api ?? 'sms'];
  const from = withoutPlus(options.from);
  const url = `${(options.baseUrl ?? api.address).replace(/\/+$/, '')}${api.path}`;
  const headers = {
    authorization: `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  return {
    name,
    channels: ['sms'],
    ...(timeoutMs !== undefined && { timeoutMs }),
    async send(message, { signal }) {
      const body = JSON.stringify(api.request(message, from, message.receiptUrl(name)));
      return { messageId: api.messageId(name, await postToVendor({ name, url, headers, body, signal })) };
    },
    async receipts(request) {
      return readReceipts(request, signatureSecret);
    },
  };
}

function assertOptions({
  name = 'vonage',
  apiKey,
  apiSecret,
  from,
  api = 'sms',
  signatureSecret,
  baseUrl,
  timeoutMs,
}: Partial<VonageOptions>): void {
  const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
  const faults: string[] = [];
  if (!/^[a-z0-9-]{1,32}$/.test(name)) faults.push('vonage: name must be 1 to 32 of a-z, 0-9 and -');
  if (!isText(apiKey) || apiKey?.includes(':'))
    faults.push('vonage: apiKey must be the API key of the Vonage dashboard');
  if (!isText(apiSecret)) faults.push('vonage: apiSecret must be the API secret of the Vonage dashboard');
  if (!isText(from)) faults.push('vonage: from must be a number of your account, or a sender name');
  if (!Object.hasOwn(apis, api)) faults.push(`vonage: api must be one of: ${Object.keys(apis).join(', ')}`);
  if (signatureSecret !== undefined && !isText(signatureSecret)) {
    faults.push('vonage: signatureSecret must be the signature secret of the Vonage dashboard, or left out');
  }
  if (baseUrl !== undefined && !(URL.canParse(baseUrl) && /^https?:/.test(baseUrl))) {
    faults.push('vonage: baseUrl must be an address that begins with https:// or http://');
  }
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    faults.push('vonage: timeoutMs must be a number of milliseconds above 0');
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
}
