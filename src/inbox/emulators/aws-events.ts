import type { InboxMessage } from '../messages.ts';
import type { SendNotifyText, SendText } from './aws-calls.ts';
import { keywordOf } from './replies.ts';

/** What an event of a configuration set is about. */
export interface EventAbout {
  readonly call: SendText | SendNotifyText;
  readonly messageId: string;
  readonly to: string;
  readonly from: string;
  readonly requestedAtMs: number;
  /** Null where it does not arrive. */
  readonly delivered: InboxMessage | null;
}

/** An event of a configuration set, as AWS documents its form. */
export function eventContent(eventType: string, isFinal: boolean, atMs: number, about: EventAbout): object {
  const { call, messageId, to, from, requestedAtMs, delivered } = about;
  return {
    eventType,
    eventVersion: '1.0',
    eventTimestamp: atMs,
    isFinal,
    originationPhoneNumber: from,
    destinationPhoneNumber: to,
    messageId,
    messageRequestTimestamp: requestedAtMs,
    messageEncoding: delivered?.encoding === 'UCS-2' ? 'UNICODE' : 'GSM',
    messageType: ('MessageType' in call ? call.MessageType : undefined) ?? 'TRANSACTIONAL',
    messageStatus: eventType.replace(/^TEXT_/, ''),
    messageStatusDescription: 'Told by the emulator',
    ...(call.Context && { context: call.Context }),
    totalMessageParts: delivered?.segments ?? 1,
    totalMessagePrice: 0,
    totalCarrierFee: 0,
  };
}

/** What a person replied, as AWS documents its form: docs.aws.amazon.com/sms-voice, "Two-way SMS message payload". */
export function replyContent(
  reply: string,
  inboundMessageId: string,
  { to, from, messageId }: Pick<EventAbout, 'to' | 'from' | 'messageId'>,
): object {
  return {
    originationNumber: to,
    destinationNumber: from,
    messageKeyword: keywordOf(reply),
    messageBody: reply,
    previousPublishedMessageId: messageId,
    inboundMessageId,
  };
}
