import { ConfigurationError } from '../../errors.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
}

export interface AwsOptions {
  /** `aws` when unset. */
  readonly name?: string | undefined;
  /** Where the origination identities are: `us-east-1`. */
  readonly region: string;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** In place of the three above: asked for at each send, so keep them until they end, as the credential providers of AWS's SDK do. */
  readonly credentials?: (() => Promise<AwsCredentials>) | undefined;
  /** A number, sender id, pool, or the ARN of one; AWS chooses when unset. Not with `notifyConfiguration`. */
  readonly originationIdentity?: string | undefined;
  /** Its event destinations get the events that `topicArns` are about. */
  readonly configurationSet?: string | undefined;
  /** Sends by Notify: the words are AWS's own template, and only the code is passed. */
  readonly notifyConfiguration?: string | undefined;
  /** The configuration's own when unset. */
  readonly notifyTemplate?: string | undefined;
  /** The SNS topics whose messages are receipts; without them there are none. */
  readonly topicArns?: readonly string[] | undefined;
  /** For sender ids in India: the registered entity, and the template that the text is of. */
  readonly entityId?: string | undefined;
  readonly templateId?: string | undefined;
  /** `https://sms-voice.<region>.amazonaws.com` when unset. */
  readonly baseUrl?: string | undefined;
  /**
   * For tests: who is asked for certificates and confirms subscriptions in place of `https://sns.<region>.amazonaws.com`, under the same paths. Whoever is there can forge receipts.
   */
  readonly snsBaseUrl?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

const isOneWord = (text: string): boolean => /^[\u0021-\u007E]+$/.test(text);

/** Whether credentials fit into a request. */
export function areUsable({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): boolean {
  return [accessKeyId, secretAccessKey, sessionToken ?? 'none'].every(
    (part) => typeof part === 'string' && isOneWord(part),
  );
}

/** Throws a `ConfigurationError` that names every setting that cannot work. Empty ones count as unset. */
export function assertOptions(options: Partial<AwsOptions>): void {
  const {
    name = 'aws',
    region = '',
    accessKeyId = '',
    secretAccessKey = '',
    sessionToken,
    timeoutMs,
    topicArns = [],
  } = options;
  const has = (option: keyof AwsOptions): boolean => options[option] !== undefined && options[option] !== '';
  const faults: string[] = [];
  function need(isMet: boolean, fault: string): void {
    if (!isMet) faults.push(`aws: ${fault}`);
  }

  need(/^[a-z\d-]{1,32}$/.test(name), 'name must be 1 to 32 of a-z, 0-9 and -');
  need(/^[a-z\d-]{1,64}$/.test(region), 'region must be where your origination identities are, like us-east-1');
  if (has('credentials')) {
    const alone = !has('accessKeyId') && !has('secretAccessKey') && !has('sessionToken');
    need(alone, 'credentials come either from the function, or as accessKeyId and secretAccessKey');
  } else {
    need(isOneWord(accessKeyId), 'accessKeyId must be the id of an access key');
    need(isOneWord(secretAccessKey), 'secretAccessKey must be the secret of that access key');
    need(
      !has('sessionToken') || isOneWord(sessionToken ?? ''),
      'sessionToken must be the token of temporary credentials, or left out',
    );
  }
  if (has('notifyConfiguration')) {
    need(
      !has('originationIdentity'),
      'originationIdentity goes with words of your own, notifyConfiguration with those of AWS: set one of them',
    );
    need(!has('templateId'), 'templateId goes with words of your own: Notify takes notifyTemplate');
  } else {
    need(!has('notifyTemplate'), 'notifyTemplate needs notifyConfiguration');
  }
  need(has('entityId') === has('templateId'), 'entityId and templateId go together');
  const areTopics = topicArns.every((arn) => /^arn:aws[a-z-]*:sns:[a-z\d-]+:\d{12}:[\w-]{1,256}$/.test(arn));
  need(areTopics, 'topicArns must be ARNs of SNS topics, like arn:aws:sns:us-east-1:123456789012:sms-events');
  for (const option of ['baseUrl', 'snsBaseUrl'] as const) {
    const url = options[option] ?? '';
    const isUrl = URL.canParse(url) && /^https?:\/\/[^?#@]+$/.test(url);
    need(!has(option) || isUrl, `${option} must be an address that begins with https:// or http://, without a query`);
  }
  need(
    timeoutMs === undefined || (Number.isFinite(timeoutMs) && timeoutMs > 0),
    'timeoutMs must be a number of milliseconds above 0',
  );
  if (faults.length > 0) throw new ConfigurationError(faults);
}
