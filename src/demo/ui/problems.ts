/** A problem as the API tells it (RFC 9457), in the members that this page uses. */
export interface Problem {
  /** The API's stable word, or one of ours: `unreachable`, `unexpected_answer`. */
  code: string;
  detail?: string;
  errors?: readonly { pointer: string; detail: string }[];
  checks_left?: number;
  scope?: 'verification' | 'number';
  /** Which limit refused: `sends`, `sends_daily`, `gap`, `attempts`, or one that numbers share, such as `address`. */
  limit?: string;
}

/** What a person is told, by the problem's code. Every code of the API has its sentence. */
const sentences: Record<string, string | ((problem: Problem) => string)> = {
  invalid_request: ({ errors }) =>
    requestSentences[errors?.[0]?.pointer ?? ''] ?? 'Something in this request is not right.',
  unauthorized: 'This service asks for an API key, which a web page cannot keep. Try the demo with phoneproof dev.',
  verification_not_found: 'This code is no longer good. Send a new one.',
  verification_expired: 'This code has expired. Send a new one.',
  verification_canceled: 'This verification was canceled. Send a new code.',
  verification_used: 'This code was used already. Send a new one.',
  verification_superseded: 'A newer code was sent to this number. Send another one here.',
  verification_failed: 'The text could not be sent. Send a new code.',
  payload_too_large: 'That is too long.',
  // What is wrong with a number only the API can say: it knows the kind of line and the country.
  destination_not_allowed: ({ detail }) => detail ?? 'We cannot send texts to this number.',
  invalid_phone_number: ({ detail }) => detail ?? 'That is not a phone number we can text.',
  incorrect_code: ({ checks_left: left }) => `That is not the code. ${incorrectCodeAdvice(left)}`,
  rate_limited: ({ limit }) => limitSentences[limit ?? ''] ?? 'That is as many texts as this number can get for now.',
  too_many_checks: ({ scope }) =>
    scope === 'verification'
      ? 'Too many wrong codes. Send a new one.'
      : 'Too many wrong codes were typed for this number. It has to rest for a while.',
  request_in_progress: 'The same request is being done already. Wait a moment.',
  idempotency_key_reused: 'This was asked for before, in other words. Try again.',
  receipt_refused: 'This was no receipt of a vendor.',
  delivery_failed: 'The carrier did not take the text. Check the number and try again.',
  store_unavailable: 'The service cannot work right now. Nothing was sent; try again in a moment.',
  provider_unavailable: 'No carrier takes texts right now. Try again in a moment.',
  not_found: 'There is no phoneproof service behind this page.',
  method_not_allowed: 'There is no phoneproof service behind this page.',
  unsupported_media_type: 'Something between this page and the service changed the request. Try again.',
  internal_error: 'Something went wrong on the side of the service. Try again.',
  not_ready: 'The service is not ready. Try again in a moment.',
  unreachable: 'The service does not answer. Is it still running?',
};

const limitSentences: Record<string, string> = {
  sends_daily: 'That is as many texts as this number can get in a day.',
  attempts: 'Texts to this number were refused too often. Wait a while before the next try.',
  gap: 'The last text is still fresh. Wait a moment before the next one.',
  address: 'Too many codes were asked for from here. Try again later.',
  network: 'Too many codes were asked for from here. Try again later.',
  country: 'Too many texts go to this country just now. Try again later.',
  tenant: 'Too many texts go out just now. Try again later.',
  service: 'Too many texts go out just now. Try again later.',
};

const requestSentences: Record<string, string> = {
  '/to': 'Type a phone number.',
  '/code': 'That is not the whole code. Type all the digits of the text.',
};

/** Says a problem in plain words. */
export function sentenceFor(problem: Problem): string {
  const sentence = sentences[problem.code] ?? 'Something went wrong here. Try again.';
  return typeof sentence === 'string' ? sentence : sentence(problem);
}

function incorrectCodeAdvice(left: number | undefined): string {
  if (left === undefined) return 'Look at the text again.';
  if (left === 0) return 'It was the last try: send a new code.';
  return left === 1 ? 'One try is left.' : `${left} tries are left.`;
}
