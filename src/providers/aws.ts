import { AwsV4Signer } from 'aws4fetch';
import { ProviderError } from '../errors.ts';
import { readEvent, referenceKey } from './aws/events.ts';
import { failureOf } from './aws/failures.ts';
import { areUsable, assertOptions, type AwsCredentials, type AwsOptions } from './aws/options.ts';
import { readSnsMessage } from './aws/sns-message.ts';
import { snsService } from './aws/sns-service.ts';
import { postToVendor, readObject } from './exchange.ts';
import type { Message, Provider } from './provider.ts';

export type { AwsCredentials, AwsOptions } from './aws/options.ts';

/** For how long a text may be tried, in seconds, as AWS takes it. */
const shortestLifetimeSeconds = 5;
const longestLifetimeSeconds = 259_200;

/**
 * Makes the provider that sends by AWS End User Messaging SMS (v2): with words of its own (`SendTextMessage`) or, by Notify, with AWS's template and the code alone
 * (`SendNotifyTextMessage`). Receipts are the events of a configuration set, over SNS topics. Throws a `ConfigurationError` that names every fault at once.
 */
export function awsProvider(options: AwsOptions): Provider {
  assertOptions(options);
  const { name = 'aws', region, timeoutMs, topicArns = [] } = options;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = `${withoutSlash(options.baseUrl || `https://sms-voice.${region}.${suffix}`)}/`;
  const sns = snsService({ name, baseUrl: options.snsBaseUrl ? withoutSlash(options.snsBaseUrl) : undefined });

  async function credentials(): Promise<AwsCredentials> {
    const { credentials: ask, accessKeyId = '', secretAccessKey = '', sessionToken } = options;
    if (!ask) return { accessKeyId, secretAccessKey, sessionToken };
    let given: AwsCredentials | null = null;
    try {
      given = await ask();
    } catch {
      // What was thrown may hold what it was about.
    }
    if (given && areUsable(given)) return given;
    throw new ProviderError('auth', `${name}: the function credentials gave none that can be used`);
  }

  async function signedHeaders(operation: string, body: string): Promise<Record<string, string>> {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    const signer = new AwsV4Signer({
      url,
      body,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `PinpointSMSVoiceV2.${operation}` },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      region,
      service: 'sms-voice',
      allHeaders: true,
    });
    const { headers } = await signer.sign();
    return Object.fromEntries(headers);
  }

  return {
    name,
    channels: ['sms'],
    ...(timeoutMs !== undefined && { timeoutMs }),
    // AWS documents that events bear the context, which holds the reference; where one does not, the message id leads to it.
    returnsReference: false,
    async send(message, { signal }) {
      const [operation, call] = callFor(message, options);
      const body = JSON.stringify(call);
      const headers = await signedHeaders(operation, body);
      const answer = await postToVendor({ name, url, headers, body, signal });
      const messageId =
        answer.status >= 200 && answer.status < 300 ? readObject(answer.text)?.['MessageId'] : undefined;
      if (typeof messageId === 'string' && messageId !== '') return { messageId };
      throw failureOf(name, answer);
    },
    ...(topicArns.length > 0 &&
      ({
        async receipts(request) {
          const { type, text, subscribeUrl } = await readSnsMessage(request, { name, topicArns, keyAt: sns.keyAt });
          if (type === 'Notification') return readEvent(name, text);
          if (type === 'SubscriptionConfirmation' && subscribeUrl) await sns.confirm(subscribeUrl);
          return [];
        },
      } satisfies Partial<Provider>)),
  };
}

/** The call and what it takes. Settings that are empty count as unset. */
function callFor(message: Message, options: AwsOptions): [operation: string, call: object] {
  const { to, text, code, country, lifetimeSeconds, reference } = message;
  const { originationIdentity, configurationSet, notifyConfiguration, notifyTemplate } = options;
  // What the text itself is registered as goes before what is configured for all of them.
  const { entityId, templateId } = {
    entityId: message.template?.entityId ?? options.entityId,
    templateId: message.template?.templateId ?? options.templateId,
  };
  const shared = {
    DestinationPhoneNumber: to,
    ConfigurationSetName: configurationSet || undefined,
    TimeToLive: Math.min(Math.max(lifetimeSeconds, shortestLifetimeSeconds), longestLifetimeSeconds),
    Context: { [referenceKey]: reference },
  };
  if (notifyConfiguration) {
    return [
      'SendNotifyTextMessage',
      {
        ...shared,
        NotifyConfigurationId: notifyConfiguration,
        TemplateId: notifyTemplate || undefined,
        TemplateVariables: { code },
      },
    ];
  }
  return [
    'SendTextMessage',
    {
      ...shared,
      OriginationIdentity: originationIdentity || undefined,
      MessageBody: text,
      MessageType: 'TRANSACTIONAL',
      ...(entityId && templateId && country === 'IN'
        ? { DestinationCountryParameters: { IN_ENTITY_ID: entityId, IN_TEMPLATE_ID: templateId } }
        : {}),
    },
  ];
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
