import { ProviderError, type ProviderErrorKind } from '../../errors.ts';
import { kindOfStatus, readObject, retryAfterSeconds, type VendorAnswer } from '../exchange.ts';

/** What an exception says where its reason says no more: those of the API first, then those that every service of AWS shares. */
const exceptions = new Map<string, ProviderErrorKind>([
  ['AccessDeniedException', 'auth'],
  ['ConflictException', 'config'],
  ['InternalServerException', 'ambiguous'],
  ['ResourceNotFoundException', 'config'],
  ['ServiceQuotaExceededException', 'config'],
  ['ThrottlingException', 'rate_limited'],
  ['ValidationException', 'config'],
  ['ExpiredToken', 'auth'],
  ['ExpiredTokenException', 'auth'],
  ['IncompleteSignature', 'auth'],
  ['IncompleteSignatureException', 'auth'],
  ['InternalFailure', 'ambiguous'],
  ['InvalidClientTokenId', 'auth'],
  ['InvalidSignatureException', 'auth'],
  ['MalformedHttpRequestException', 'config'],
  ['MissingAuthenticationToken', 'auth'],
  ['MissingAuthenticationTokenException', 'auth'],
  ['NotAuthorized', 'auth'],
  ['OptInRequired', 'auth'],
  ['RequestExpired', 'auth'],
  ['RequestTimeoutException', 'temporary'],
  ['SerializationException', 'config'],
  ['ServiceUnavailable', 'temporary'],
  ['ServiceUnavailableException', 'temporary'],
  ['SignatureDoesNotMatch', 'auth'],
  ['TooManyRequestsException', 'rate_limited'],
  ['UnknownOperationException', 'config'],
  ['UnrecognizedClientException', 'auth'],
  ['ValidationError', 'config'],
]);

/** The reasons that a send can meet. The others that are documented are about other calls. */
const reasons = new Map<string, ProviderErrorKind>([
  ['ACCOUNT_DISABLED', 'auth'],
  ['INSUFFICIENT_ACCOUNT_REPUTATION', 'auth'],
  ['DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION', 'blocked_destination'],
  ['DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE', 'blocked_destination'],
  ['DESTINATION_PHONE_NUMBER_NOT_VERIFIED', 'config'],
  ['DESTINATION_PHONE_NUMBER_OPTED_OUT', 'opted_out'],
  ['MESSAGE_TYPE_MISMATCH', 'config'],
  ['NO_ORIGINATION_IDENTITIES_FOUND', 'config'],
  ['NOTIFY_CONFIGURATION_NOT_ACTIVE', 'config'],
  ['NUMBER_CAPABILITIES_MISMATCH', 'config'],
  ['RESOURCE_NOT_ACTIVE', 'config'],
  ['DAILY_NOTIFY_TIER_MESSAGE_LIMIT', 'funds'],
  ['MONTHLY_SPEND_LIMIT_REACHED_FOR_MEDIA', 'funds'],
  ['MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY', 'funds'],
  ['MONTHLY_SPEND_LIMIT_REACHED_FOR_RCS', 'funds'],
  ['MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT', 'funds'],
  ['MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE', 'funds'],
  ['CHANNEL_NOT_ENABLED', 'config'],
  ['COUNTRY_CODE_MISMATCH', 'config'],
  ['COUNTRY_NOT_ENABLED', 'config'],
  ['DESTINATION_COUNTRY_BLOCKED', 'blocked_destination'],
  ['INTERNATIONAL_SENDING_NOT_SUPPORTED', 'config'],
  ['INVALID_IDENTITY_FOR_DESTINATION_COUNTRY', 'config'],
  ['PRICE_OVER_THRESHOLD', 'config'],
  ['RESOURCE_NOT_ACCESSIBLE', 'config'],
  ['SENDER_ID_NOT_REGISTERED', 'config'],
  ['SENDER_ID_NOT_SUPPORTED', 'config'],
  ['SENDER_ID_REQUIRES_REGISTRATION', 'config'],
]);

/** What a `ValidationException` can be about. */
const fields: readonly string[] = [
  'DestinationPhoneNumber',
  'OriginationIdentity',
  'MessageBody',
  'ConfigurationSetName',
  'TimeToLive',
  'Context',
  'DestinationCountryParameters',
  'NotifyConfigurationId',
  'TemplateId',
  'TemplateVariables',
];

/** The error of an answer that gives no message id. */
export function failureOf(name: string, answer: VendorAnswer): ProviderError {
  const content = answer.status >= 400 ? readObject(answer.text) : null;
  const exception = known(
    exceptions,
    exceptionOf(content?.['__type']) ?? exceptionOf(answer.headers.get('x-amzn-errortype')),
  );
  const reason = known(reasons, content?.['Reason']);
  const field = exception === 'ValidationException' ? fieldOf(content?.['Fields']) : undefined;
  const kind =
    reasons.get(reason ?? '') ??
    (field === 'DestinationPhoneNumber' ? 'invalid_number' : undefined) ??
    exceptions.get(exception ?? '') ??
    kindOfStatus(answer.status);
  const words = [exception ?? `status ${answer.status}`, reason, field].filter((word) => word !== undefined);
  return new ProviderError(kind, `${name} refused the message: ${kind} (${words.join(', ')})`, {
    retryAfterSeconds: retryAfterSeconds(answer),
  });
}

/** `com.amazonaws.pinpointsmsvoicev2#ConflictException:http://…` is a `ConflictException`. */
function exceptionOf(type: unknown): string | undefined {
  return typeof type === 'string' ? type.split(/[,:]/)[0]?.split('#').pop() : undefined;
}

function known(words: ReadonlyMap<string, ProviderErrorKind>, word: unknown): string | undefined {
  return typeof word === 'string' && words.has(word) ? word : undefined;
}

function fieldOf(content: unknown): string | undefined {
  const names = (Array.isArray(content) ? content : []).map((field: unknown) =>
    typeof field === 'object' && field !== null && 'Name' in field ? String(field.Name).toLowerCase() : '',
  );
  return fields.find((field) => names.includes(field.toLowerCase()));
}
