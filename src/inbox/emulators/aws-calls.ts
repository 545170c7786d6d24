import { z } from 'zod';
import type { Exception } from './aws-answers.ts';

const text = (pattern: RegExp) =>
  z.string().regex(pattern, `Value must satisfy regular expression pattern: ${pattern.source}`);

/** As the API documents them. */
const shared = {
  DestinationPhoneNumber: text(/^\+?[1-9][0-9]{1,18}$/),
  ConfigurationSetName: text(/^[A-Za-z0-9_:/-]{1,256}$/).optional(),
  TimeToLive: z.int().min(5).max(259_200).optional(),
  Context: z
    .record(text(/^\S{1,100}$/), text(/^(?!\s)[\s\S]{1,800}(?<!\s)$/))
    .refine((map) => Object.keys(map).length <= 5, 'Member must have at most 5 entries')
    .optional(),
  DryRun: z.boolean().optional(),
  MessageFeedbackEnabled: z.boolean().optional(),
};
const indianId = text(/^\S{1,64}$/).optional();

/** What each call takes. What it does not know, AWS does not look at. */
export const calls = {
  SendTextMessage: z.object({
    ...shared,
    OriginationIdentity: text(/^[A-Za-z0-9_:/+-]{1,256}$/).optional(),
    MessageBody: text(/^(?!\s*$)[\s\S]{1,1600}$/),
    MessageType: z.enum(['TRANSACTIONAL', 'PROMOTIONAL']).optional(),
    DestinationCountryParameters: z.strictObject({ IN_ENTITY_ID: indianId, IN_TEMPLATE_ID: indianId }).optional(),
  }),
  SendNotifyTextMessage: z.object({
    ...shared,
    NotifyConfigurationId: text(/^[A-Za-z0-9_:/-]{1,256}$/),
    TemplateId: text(/^[A-Za-z0-9_-]{1,256}$/).optional(),
    // Those of the template below.
    TemplateVariables: z.object({ code: text(/^\S{1,32}$/), expiry: text(/^\d{1,4}$/).optional() }),
  }),
  PutMessageFeedback: z.object({
    MessageId: text(/^[!-~]{1,256}$/),
    MessageFeedbackStatus: z.enum(['RECEIVED', 'FAILED']),
  }),
};

export type SendText = z.output<typeof calls.SendTextMessage>;
export type SendNotifyText = z.output<typeof calls.SendNotifyTextMessage>;

export const defaultTemplateId = 'notify-code-verification-english-001';

/** What a person reads: AWS keeps the real words of its templates. */
export function resolvedText({ TemplateVariables: { code, expiry } }: SendNotifyText): string {
  return `Your verification code is ${code}.${expiry === undefined ? '' : ` It expires in ${expiry} minutes.`}`;
}

/** What AWS says of a call that breaks its own rules. */
export function validationException({ issues }: z.ZodError): Exception {
  const isMissing = issues.every((issue) => issue.code === 'invalid_type' && issue.input === undefined);
  return {
    type: 'ValidationException',
    message: `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected`,
    reason: isMissing ? 'MISSING_PARAMETER' : 'FIELD_VALIDATION_FAILED',
    fields: issues.map(({ path, message }) => ({ Name: String(path[0] ?? ''), Message: message })),
  };
}
