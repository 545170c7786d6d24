import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReceiptRequest } from '../../src/providers/provider.ts';

export const topicArn = 'arn:aws:sns:us-east-1:123456789012:sms-events';
export const certificatePath = '/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem';
export const subscribeUrl = `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=token-1`;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

export type SnsFields = Readonly<Record<string, string>>;

/** The order in which AWS documents what a signature is over. */
const signedFields: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

export interface SnsMessageOptions {
  readonly nowMs: number;
  readonly version?: '1' | '2';
  /** Instead of what stands there otherwise, and signed. */
  readonly fields?: SnsFields;
  /** Changed after it was signed. */
  readonly after?: SnsFields;
}

/** A message as SNS posts it, rightly signed unless changed after. */
export function snsRequest(
  type: string,
  { nowMs, version = '1', fields = {}, after = {} }: SnsMessageOptions,
): ReceiptRequest {
  const content: Record<string, string> = {
    Type: type,
    MessageId: randomUUID(),
    TopicArn: topicArn,
    Message: '{}',
    Timestamp: new Date(nowMs).toISOString(),
    ...(type === 'Notification'
      ? { UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe' }
      : { Token: 'token-1', SubscribeURL: subscribeUrl }),
    SignatureVersion: version,
    SigningCertURL: `https://sns.us-east-1.amazonaws.com${certificatePath}`,
    ...fields,
  };
  const names = (signedFields[type] ?? []).filter((name) => content[name] !== undefined);
  const text = names.map((name) => `${name}\n${content[name] ?? ''}\n`).join('');
  const digest = content['SignatureVersion'] === '1' ? 'sha1' : 'sha256';
  content['Signature'] = sign(digest, Buffer.from(text), privateKey).toString('base64');
  const body = Buffer.from(JSON.stringify({ ...content, ...after }, null, 2));
  const headers = new Headers({ 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': type });
  return { method: 'POST', url: 'https://verify.example.com/v1/receipts/aws/token', headers, body, nowMs };
}

/** An event of a configuration set. */
export function eventWith(over: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    eventType: 'TEXT_DELIVERED',
    eventVersion: '1.0',
    eventTimestamp: 1_686_975_103_470,
    isFinal: true,
    originationPhoneNumber: '+12065550152',
    destinationPhoneNumber: '+12025550143',
    isoCountryCode: 'US',
    messageId: 'm-1',
    messageRequestTimestamp: 1_686_975_103_170,
    messageEncoding: 'GSM',
    messageType: 'TRANSACTIONAL',
    messageStatus: 'DELIVERED',
    messageStatusDescription: 'Message has been accepted by phone',
    totalMessageParts: 1,
    totalMessagePrice: 0.09582,
    totalCarrierFee: 0,
    ...over,
  });
}

export interface SnsStandIn {
  readonly url: string;
  /** Paths with their queries, the oldest first. */
  readonly asked: string[];
  /** What it answers; the certificate, and that subscriptions are confirmed, unless set. */
  answer: ((path: string) => { status: number; body: string } | null) | null;
  close(): Promise<void>;
}

/** A server that stands where SNS gives certificates and confirms subscriptions. */
export async function snsStandIn(): Promise<SnsStandIn> {
  const certificate = selfSigned();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const isThere = path === certificatePath || path.startsWith('/?Action=ConfirmSubscription&');
    const standard = { status: isThere ? 200 : 404, body: path === certificatePath ? certificate : '<xml/>' };
    const { status, body } = standIn.answer?.(path) ?? standard;
    response.writeHead(status, { location: 'http://127.0.0.1:9/elsewhere' }).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const standIn: SnsStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return standIn;
}

/** ASN.1 in its distinguished encoding (X.690). */
function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

/** An X.509 certificate of the key, like those of SNS: what Node reads, but cannot make. */
function selfSigned(): string {
  const sequence = 0x30;
  const sha256WithRsa = der(sequence, der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
  const commonName = der(
    sequence,
    der(0x06, Buffer.from('550403', 'hex')),
    der(0x0c, Buffer.from('sns.amazonaws.com')),
  );
  const name = der(sequence, der(0x31, commonName));
  const validity = der(sequence, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const content = der(
    sequence,
    der(0x02, Buffer.from([1])),
    sha256WithRsa,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const lines = der(sequence, content, sha256WithRsa, signature).toString('base64').replaceAll(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
