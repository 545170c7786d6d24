import { randomUUID } from 'node:crypto';

/** An exception, as AWS JSON 1.0 tells it. */
export interface Exception {
  readonly type: string;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly fields?: readonly { readonly Name: string; readonly Message: string }[];
  readonly resource?: { readonly type: string; readonly id: string };
  /** 400 when unset. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
}

export function answer(content: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(content), {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID(), ...headers },
  });
}

export function refuse({
  type,
  message,
  reason,
  fields,
  resource,
  status = 400,
  retryAfterSeconds,
}: Exception): Response {
  const content = {
    __type: `com.amazonaws.pinpointsmsvoicev2#${type}`,
    Message: message,
    Reason: reason,
    Fields: fields,
    ResourceType: resource?.type,
    ResourceId: resource?.id,
  };
  return answer(content, status, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
}

/** Which exception bears a reason, of those that a send can meet. */
const bearers = new Map(
  Object.entries({
    AccessDeniedException: ['ACCOUNT_DISABLED', 'INSUFFICIENT_ACCOUNT_REPUTATION'],
    ServiceQuotaExceededException: [
      'DAILY_NOTIFY_TIER_MESSAGE_LIMIT',
      'MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY',
      'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT',
    ],
    ValidationException: [
      'COUNTRY_CODE_MISMATCH',
      'COUNTRY_NOT_ENABLED',
      'DESTINATION_COUNTRY_BLOCKED',
      'INTERNATIONAL_SENDING_NOT_SUPPORTED',
      'INVALID_IDENTITY_FOR_DESTINATION_COUNTRY',
      'PRICE_OVER_THRESHOLD',
      'SENDER_ID_NOT_REGISTERED',
      'SENDER_ID_NOT_SUPPORTED',
      'SENDER_ID_REQUIRES_REGISTRATION',
    ],
  }).flatMap(([type, reasons]) => reasons.map((reason) => [reason, type] as const)),
);

/** The exception of a code that was scripted: its name, or its reason. A reason that is not listed is a conflict's. */
export function exceptionOf(code = 'MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT'): Exception {
  const message = 'It was scripted that this message is refused.';
  if (code === 'InternalServerException') return { type: code, message, status: 500 };
  if (!/^[A-Z\d_]+$/.test(code)) return { type: code, message };
  return { type: bearers.get(code) ?? 'ConflictException', message, reason: code };
}

/** As SNS answers a call. */
export function xml(action: string, result: string): Response {
  return xmlResponse(
    `<${action}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${action}Response>`,
    200,
  );
}

export function xmlError(code: string, message: string): Response {
  return xmlResponse(
    `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code>` +
      `<Message>${message}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
    400,
  );
}

function xmlResponse(content: string, status: number): Response {
  return new Response(content, { status, headers: { 'content-type': 'text/xml' } });
}
