import { createSign, generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { Context, Hono } from 'hono';
import { xml, xmlError } from './aws-answers.ts';
import type { Carrier, Receipts } from './emulator.ts';

/** Signed over, by type, in this order. */
const signedFields = {
  Notification: ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;

interface Subscription {
  readonly topicArn: string;
  readonly endpoint: string;
  readonly token: string;
  isConfirmed: boolean;
}

export interface TopicOptions {
  /** How messages are signed: `1` with SHA-1, as topics are unless changed, `2` with SHA-256. */
  readonly signatureVersion: '1' | '2';
  readonly retryAfterMs: readonly number[];
}

/** What SNS does between a configuration set and whoever subscribed. */
export interface Topic {
  /** Adds `/sns`: `Subscribe` and `ConfirmSubscription` of its API, and the certificate. */
  mount(app: Hono, carrier: Carrier): void;
  /** How each event is told, in its order, to whoever confirmed a subscription to such a topic. `make` gives an event's content. */
  published(
    carrier: Carrier,
    isMeant: (topicArn: string) => boolean,
    statuses: readonly string[],
    make: (status: string) => object,
  ): readonly Receipts[];
}

const maxSubscriptions = 100;
const topicForm = /^arn:aws(-cn|-us-gov)?:sns:([a-z\d-]+):\d{12}:[\w-]{1,256}$/;

/**
 * Stands in for SNS. Its addresses are written as SNS writes them (`https://sns.us-east-1.amazonaws.com/…`); they are answered below `/sns` here, under the same paths. Instead of a
 * certificate it gives the bare public key, as PEM, of a pair that it makes when the first is needed.
 */
export function createTopic({ signatureVersion, retryAfterMs }: TopicOptions): Topic {
  /** By token, the oldest first. */
  const subscriptions = new Map<string, Subscription>();
  const certificate = `SimpleNotificationService-${randomBytes(16).toString('hex')}.pem`;
  let pair: ReturnType<typeof makePair> | undefined;
  const keys = (): ReturnType<typeof makePair> => (pair ??= makePair());

  async function signed(type: keyof typeof signedFields, fields: Readonly<Record<string, string>>): Promise<string> {
    const { privateKey } = await keys();
    const all: Record<string, string> = { Type: type, MessageId: randomUUID(), ...fields };
    const text = signedFields[type].map((name) => `${name}\n${all[name] ?? ''}\n`).join('');
    const signature = createSign(signatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256')
      .update(text)
      .sign(privateKey, 'base64');
    return JSON.stringify(
      {
        ...all,
        SignatureVersion: signatureVersion,
        Signature: signature,
        SigningCertURL: `${addressOf(all['TopicArn'] ?? '')}/${certificate}`,
      },
      null,
      2,
    );
  }

  /** As SNS posts it, the first time and each time again. */
  function post({ endpoint, topicArn }: Subscription, type: string, body: string): Request {
    const headers = {
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': type,
      'x-amz-sns-message-id': (JSON.parse(body) as { MessageId: string }).MessageId,
      'x-amz-sns-topic-arn': topicArn,
    };
    return new Request(endpoint, { method: 'POST', headers, body });
  }

  function posts(
    subscription: Subscription,
    type: keyof typeof signedFields,
    statuses: readonly string[],
    make: (status: string) => Promise<string>,
  ): Receipts {
    const made = new Map<string, Promise<string>>();
    return {
      statuses,
      retryAfterMs,
      accepts: (status) => status < 500 && status !== 429,
      async make(status) {
        const body = made.get(status) ?? make(status);
        made.set(status, body);
        return post(subscription, type, await body);
      },
    };
  }

  function subscribe(carrier: Carrier, query: URLSearchParams): Response {
    const topicArn = query.get('TopicArn') ?? '';
    const endpoint = query.get('Endpoint') ?? '';
    const protocol = query.get('Protocol') ?? '';
    if (!topicForm.test(topicArn))
      return xmlError('InvalidParameter', 'TopicArn is not like arn:aws:sns:us-east-1:000000000000:sms-events');
    if (!/^https?$/.test(protocol) || !URL.canParse(endpoint) || !endpoint.startsWith(`${protocol}://`)) {
      return xmlError('InvalidParameter', 'Endpoint and Protocol must be an http or https address and its scheme');
    }
    for (const [token, other] of subscriptions) {
      if (other.topicArn === topicArn && other.endpoint === endpoint) subscriptions.delete(token);
    }
    const subscription = { topicArn, endpoint, token: randomBytes(48).toString('hex'), isConfirmed: false };
    subscriptions.set(subscription.token, subscription);
    if (subscriptions.size > maxSubscriptions) subscriptions.delete(subscriptions.keys().next().value ?? '');
    const content = () =>
      signed('SubscriptionConfirmation', {
        Token: subscription.token,
        TopicArn: topicArn,
        Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
        SubscribeURL: `${addressOf(topicArn)}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${subscription.token}`,
        Timestamp: new Date(carrier.now()).toISOString(),
      });
    const type = 'SubscriptionConfirmation';
    carrier.tell({ ...posts(subscription, type, [type], content), fault: null });
    return xml('Subscribe', '<SubscriptionArn>pending confirmation</SubscriptionArn>');
  }

  function confirm(query: URLSearchParams): Response {
    const subscription = subscriptions.get(query.get('Token') ?? '');
    if (subscription?.topicArn !== query.get('TopicArn')) return xmlError('InvalidParameter', 'Invalid token');
    subscription.isConfirmed = true;
    return xml('ConfirmSubscription', `<SubscriptionArn>${subscription.topicArn}:${randomUUID()}</SubscriptionArn>`);
  }

  return {
    mount(app, carrier) {
      const act = (query: URLSearchParams): Response => {
        const action = query.get('Action');
        if (action === 'Subscribe') return subscribe(carrier, query);
        if (action === 'ConfirmSubscription') return confirm(query);
        return xmlError('InvalidAction', 'Only Subscribe and ConfirmSubscription are there');
      };
      app.post('/sns/*', async (c) => act(new URLSearchParams(await c.req.text())));
      app.get('/sns/*', async (c: Context) => {
        const { pathname, searchParams } = new URL(c.req.url);
        // A page can make a browser follow a link, so nothing that sends anything is done by GET; to confirm takes what only the subscriber was told.
        if (searchParams.get('Action') === 'ConfirmSubscription') return confirm(searchParams);
        if (!pathname.endsWith(`/${certificate}`)) return c.text('There is no such certificate.', 404);
        const { publicKey } = await keys();
        return c.body(publicKey.export({ type: 'spki', format: 'pem' }), 200, {
          'content-type': 'application/x-pem-file',
        });
      });
    },
    published: (carrier, isMeant, statuses, make) =>
      [...subscriptions.values()]
        .filter(({ isConfirmed, topicArn }) => isConfirmed && isMeant(topicArn))
        .map((subscription) =>
          posts(subscription, 'Notification', statuses, (status) =>
            signed('Notification', {
              TopicArn: subscription.topicArn,
              Message: JSON.stringify(make(status)),
              Timestamp: new Date(carrier.now()).toISOString(),
            }),
          ),
        ),
  };
}

function makePair() {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
}

/** Of SNS, in a topic's region. */
function addressOf(topicArn: string): string {
  const [, partition, region] = topicForm.exec(topicArn) ?? [];
  return `https://sns.${region ?? ''}.amazonaws.com${partition === '-cn' ? '.cn' : ''}`;
}
