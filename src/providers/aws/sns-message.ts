import { verify, type KeyObject } from 'node:crypto';
import { ReceiptError } from '../../errors.ts';
import { readObject } from '../exchange.ts';
import type { ReceiptRequest } from '../provider.ts';

/** What SNS said, once it is known to be SNS that said it. */
export interface SnsMessage {
  readonly type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly text: string;
  /** Visiting it confirms the subscription; unset in a notification. */
  readonly subscribeUrl: URL | undefined;
}

/** What a signature is over, by type: those that are there, in this order. */
const signed: Readonly<Record<SnsMessage['type'], readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

const digests = new Map([
  ['1', 'sha1'],
  ['2', 'sha256'],
]);

/** SNS tries again for an hour at most, and always with the first time. */
const oldestMs = 3_600_000;

/**
 * SNS of a region, and nobody else: a bucket may be called `sns` (`sns.s3-us-west-2.amazonaws.com`), so that the region must look like one.
 */
const snsHost = /^sns\.[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?$/;
const certificatePath = /^\/SimpleNotificationService-[\dA-Za-z]{1,128}\.pem$/;

export interface SnsReading {
  /** The provider's: stands in errors. */
  readonly name: string;
  readonly topicArns: readonly string[];
  /** The public key of the certificate at an address that has been checked. */
  keyAt(certificateUrl: URL): Promise<KeyObject>;
}

/**
 * Reads an HTTP(S) delivery of SNS and checks its signature (versions 1 and 2), its topic and its time. Rejects with a `ReceiptError` for what is not from SNS, is not of one
 * of the topics, or is more than an hour away. A delivery of raw messages bears no signature: refused.
 */
export async function readSnsMessage(
  { body, nowMs }: ReceiptRequest,
  { name, topicArns, keyAt }: SnsReading,
): Promise<SnsMessage> {
  const refuse = (why: string): never => {
    throw new ReceiptError(`${name}: ${why}`);
  };
  const content = readObject(new TextDecoder().decode(body));
  const field = (key: string): string => {
    const value = content?.[key];
    return typeof value === 'string' ? value : '';
  };
  const type = field('Type');
  if (!isType(type)) return refuse('this is no message of SNS; raw message delivery must be off in the subscription');
  if (!topicArns.includes(field('TopicArn'))) return refuse('a message of SNS is of a topic that is not in topicArns');
  const atMs = Date.parse(field('Timestamp'));
  // Not a number where it is no time.
  if (!(Math.abs(nowMs - atMs) <= oldestMs))
    return refuse('a message of SNS is more than an hour away from this clock');
  const digest = digests.get(field('SignatureVersion')) ?? refuse('the signature version of SNS is neither 1 nor 2');
  const certificateUrl = snsUrl(field('SigningCertURL'));
  if (certificateUrl?.search !== '' || !certificatePath.test(certificateUrl.pathname)) {
    return refuse('the certificate of a message is not at an address of SNS');
  }
  const names = signed[type].filter((key) => key !== 'Subject' || typeof content?.[key] === 'string');
  // A line end inside would move the borders between what is signed.
  if (names.some((key) => key !== 'Message' && key !== 'Subject' && !/^[^\n]+$/.test(field(key)))) {
    return refuse('a field of a message of SNS is missing or not a line');
  }
  const signedText = names.map((key) => `${key}\n${field(key)}\n`).join('');
  const key = await keyAt(certificateUrl);
  if (!verify(digest, Buffer.from(signedText), key, Buffer.from(field('Signature'), 'base64'))) {
    return refuse('the signature of a message of SNS is wrong');
  }
  if (type === 'Notification') return { type, text: field('Message'), subscribeUrl: undefined };
  return {
    type,
    text: field('Message'),
    subscribeUrl:
      snsUrl(field('SubscribeURL')) ?? refuse('a subscription would be confirmed at an address that is not of SNS'),
  };
}

function isType(type: string): type is SnsMessage['type'] {
  return Object.hasOwn(signed, type);
}

/** An address of SNS itself; undefined for any other. */
function snsUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isSns = url.protocol === 'https:' && snsHost.test(url.host) && url.username === '' && url.password === '';
  return isSns ? url : undefined;
}
