import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { z } from 'zod';
import { answer, exceptionOf, refuse } from './aws-answers.ts';
import {
  calls,
  defaultTemplateId,
  resolvedText,
  validationException,
  type SendNotifyText,
  type SendText,
} from './aws-calls.ts';
import { eventContent, replyContent } from './aws-events.ts';
import { signatureException, type EmulatorCredentials } from './aws-signature.ts';
import { failingNumbers } from './aws-simulator-numbers.ts';
import { createTopic } from './aws-topic.ts';
import { breakOff, type Emulator, type Fault, type Receipts } from './emulator.ts';
import { whyNoReplyTo } from './replies.ts';

export interface AwsEmulatorOptions {
  /** Who may call, with a signature that is checked; unset: anybody whose signature has the form of one. */
  readonly credentials?: EmulatorCredentials;
  /** How SNS signs: `1` (SHA-1), as topics do unless changed, or `2` (SHA-256). */
  readonly signatureVersion?: '1' | '2';
  /** When SNS tries again; as it does when unset: three times, 20 seconds apart. */
  readonly retryAfterMs?: readonly number[];
  /** The topic that replies are told to, and nothing else is; the one of `us-east-1` and account 000000000000 that is called `sms-replies` when unset. */
  readonly twoWayTopicArn?: string;
}

const maxMessages = 10_000;
/** Of messages that do not arrive, what the simulator's failing numbers get. */
const failure = 'TEXT_BLOCKED';

/**
 * Stands in for AWS End User Messaging SMS v2: `SendTextMessage`, `SendNotifyTextMessage` and `PutMessageFeedback`, by the JSON protocol of its SDKs; and, below `/sns`, for the SNS
 * topics that get the events of every configuration set, and replies. As at AWS, a message without a configuration set has no events.
 */
export function awsEmulator({
  credentials,
  signatureVersion = '1',
  retryAfterMs = [20_000, 20_000, 20_000],
  twoWayTopicArn = 'arn:aws:sns:us-east-1:000000000000:sms-replies',
}: AwsEmulatorOptions = {}): Emulator {
  return {
    vendor: 'aws',
    mount(app, carrier) {
      const topic = createTopic({ signatureVersion, retryAfterMs });
      /** The latest message ids, the oldest first. */
      const messageIds = new Set<string>();
      topic.mount(app, carrier);

      const remember = (messageId: string): void => {
        messageIds.add(messageId);
        const [oldest] = messageIds;
        if (messageIds.size > maxMessages && oldest !== undefined) messageIds.delete(oldest);
      };

      const actions: Readonly<Record<string, (c: Context, content: unknown) => Response | Promise<Response>>> = {
        SendTextMessage: (c, content) =>
          withCall(calls.SendTextMessage, content, (call) =>
            send(c, call, call.MessageBody, call.OriginationIdentity ?? 'AWS', (messageId) => ({
              MessageId: messageId,
            })),
          ),
        SendNotifyTextMessage: (c, content) =>
          withCall(calls.SendNotifyTextMessage, content, (call) =>
            send(c, call, resolvedText(call), 'AWS', (messageId) => ({
              MessageId: messageId,
              TemplateId: call.TemplateId ?? defaultTemplateId,
              ResolvedMessageBody: resolvedText(call),
            })),
          ),
        PutMessageFeedback: (_c, content) =>
          withCall(calls.PutMessageFeedback, content, (call) =>
            messageIds.has(call.MessageId)
              ? answer(call)
              : refuse({
                  type: 'ResourceNotFoundException',
                  message: 'Message not found',
                  resource: { type: 'message', id: call.MessageId },
                }),
          ),
      };

      async function send(
        c: Context,
        call: SendText | SendNotifyText,
        text: string,
        from: string,
        accepted: (messageId: string) => object,
      ): Promise<Response> {
        const messageId = randomUUID();
        if (call.DryRun === true) return answer(accepted(messageId));
        const to = `+${call.DestinationPhoneNumber.replace('+', '')}`;
        const fault = await carrier.faultFor('aws', to);
        const refused = refusalOf(c, fault);
        if (refused) return refused;
        remember(messageId);
        const about = { call, messageId, to, from, requestedAtMs: carrier.now() };
        carrier.carry({
          text: { to, from, body: text, provider: 'aws' },
          fault,
          failure: failingNumbers.has(to) ? failure : null,
          receipts({ status, code = failure, message: delivered, isAnother }) {
            if (call.ConfigurationSetName === undefined)
              return 'The call named no configuration set, so it has no events.';
            const last = status === 'failed' ? code : 'TEXT_DELIVERED';
            const statuses = isAnother ? [last] : ['TEXT_SENT', last];
            const make = (type: string): object =>
              eventContent(type, type === last, carrier.now(), { ...about, delivered });
            const isEvents = (topicArn: string): boolean => topicArn !== twoWayTopicArn;
            return orNobody(topic.published(carrier, isEvents, statuses, make), 'a topic of events');
          },
          reply(reply) {
            const whyNot = whyNoReplyTo(from);
            if (whyNot !== null) return whyNot;
            const inboundMessageId = randomUUID();
            const make = (): object => replyContent(reply, inboundMessageId, about);
            const isReplies = (topicArn: string): boolean => topicArn === twoWayTopicArn;
            return orNobody(topic.published(carrier, isReplies, ['received'], make), twoWayTopicArn);
          },
        });
        return fault?.kind === 'cut_after' ? breakOff(c) : answer(accepted(messageId));
      }

      // With a slash at the end, as the SDKs call it, and without.
      app.post('*', async (c) => {
        const body = await c.req.text();
        const { url, headers } = c.req.raw;
        const unsigned = await signatureException({ url, headers, body, nowMs: carrier.now() }, credentials ?? null);
        if (unsigned) return refuse(unsigned);
        const [, operation = ''] = /^PinpointSMSVoiceV2\.(\w+)$/.exec(headers.get('x-amz-target') ?? '') ?? [];
        const action = Object.hasOwn(actions, operation) ? actions[operation] : undefined;
        if (!action)
          return refuse({ type: 'UnknownOperationException', message: 'The emulator does not know this operation.' });
        return action(c, readJson(body));
      });
    },
  };
}

function withCall<Schema extends z.ZodType>(
  schema: Schema,
  content: unknown,
  act: (call: z.output<Schema>) => Response | Promise<Response>,
): Response | Promise<Response> {
  if (content === undefined) return refuse({ type: 'SerializationException', message: 'The body is not JSON.' });
  const parsed = schema.safeParse(content, { reportInput: true });
  return parsed.success ? act(parsed.data) : refuse(validationException(parsed.error));
}

/** Undefined for what is no JSON. */
function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The answer to a message that is not taken; null: it is. */
function refusalOf(c: Context, fault: Fault | null): Response | null {
  switch (fault?.kind) {
    case 'rate_limited':
      return refuse({
        type: 'ThrottlingException',
        message: 'Rate exceeded',
        status: 429,
        retryAfterSeconds: fault.retryAfterSeconds,
      });
    case 'server_error':
      return refuse({ type: 'InternalServerException', message: 'Internal server error', status: fault.status });
    case 'refused':
      return refuse(exceptionOf(fault.code));
    case 'cut_before':
      return breakOff(c);
    default:
      return null;
  }
}

function orNobody(receipts: readonly Receipts[], topic: string): readonly Receipts[] | string {
  return receipts.length > 0 ? receipts : `Nobody has confirmed a subscription to ${topic}, below /aws/sns.`;
}
