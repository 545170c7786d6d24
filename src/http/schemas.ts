import { z } from 'zod';
import { parseIpAddress } from '../ip-address.ts';
import { argumentPatterns } from '../requests.ts';
import { deliveryStatuses, type VerificationStatus } from '../verification.ts';
import type { ProblemCode } from './problem.ts';

/** The schemas that have a name in the OpenAPI document. */
export const wire = z.registry<{ id: string }>();

const exampleId = 'v1Zk3mT9pQxWc7LhR2sYbV5dNfG8jKaE4uHtCqXoPz1iMq7wB0rSe6Uy';

const to = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'The phone number as people type it.', examples: ['+12025550143'] });
const country = z
  .string()
  .regex(argumentPatterns.country, 'must be a country as two letters, such as US')
  .meta({
    description:
      'ISO 3166-1 alpha-2: how a number without a country code is read. The configured default country, if unset.',
    examples: ['US'],
  });
const purpose = z
  .string()
  .regex(
    argumentPatterns.purpose,
    'must be 1 to 32 small letters, digits, dashes or underscores, never five digits in a row',
  )
  .meta({
    description: 'What the verification is for: one can be pending for each number and purpose. `default`, if unset.',
    examples: ['sign-in'],
  });
const channel = z
  .string()
  .regex(argumentPatterns.channel, 'must be a channel such as sms')
  .meta({ description: 'How the code reaches the person. `sms`, if unset.', examples: ['sms'] });
const id = z
  .string()
  .min(1)
  .max(128)
  .meta({ description: 'The id of a verification. Opaque.', examples: [exampleId] });
const code = z
  .string()
  .regex(/^[0-9]{4,10}$/, 'must be a string of 4 to 10 digits')
  .meta({ description: 'The digits that the person typed. A string: leading zeros count.', examples: ['493817'] });
const ip = z
  .string()
  .max(45, { abort: true })
  .refine((address) => parseIpAddress(address) !== null, 'must be an IP address, without a zone')
  .meta({
    description:
      "The person's address, when a backend calls for them: texts are limited per address and IPv6 network too. Goes before the address that the service takes from the connection, if it takes one.",
    examples: ['203.0.113.9'],
    anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }],
  });

/** Body of POST /v1/verifications. */
export const startInput = z
  .strictObject({
    to,
    country: country.optional(),
    channel: channel.optional(),
    purpose: purpose.optional(),
    locale: z
      .string()
      .max(35, { abort: true })
      .regex(argumentPatterns.locale, 'must be a language tag such as en or pt-BR')
      .meta({
        description:
          "The person's language (BCP 47), for the text and `notice`. If unset, or one without texts: that of the number's country.",
        examples: ['en'],
      })
      .optional(),
    hint: z
      .enum(['web', 'android'], 'must be web or android')
      .meta({
        description:
          "What reads the text beside the person: the page where the code is typed (WebOTP), or an Android app (SMS Retriever), where the app's hash is configured. The page, if unset.",
        examples: ['web'],
      })
      .optional(),
    ip: ip.optional(),
    code: code
      .meta({
        description: "The caller's own code, where the policy allows it. Made at random, if unset.",
        examples: ['493817'],
      })
      .optional(),
  })
  .meta({ examples: [{ to: '(202) 555-0143', country: 'US' }] })
  .register(wire, { id: 'StartInput' });

/** Body of POST /v1/verifications/check: by id, or by number and purpose. */
export const checkInput = z
  .strictObject({
    id: id.optional(),
    to: to.optional(),
    country: country.optional(),
    purpose: purpose.optional(),
    code,
  })
  .meta({
    description: 'By `id`, or by `to` and its `purpose`: exactly one of `id` and `to`.',
    oneOf: [{ required: ['id'] }, { required: ['to'] }],
    dependentRequired: { country: ['to'], purpose: ['to'] },
    examples: [
      { id: exampleId, code: '493817' },
      { to: '+12025550143', purpose: 'sign-in', code: '493817' },
    ],
  })
  .register(wire, { id: 'CheckInput' });

/** A number, and which of its verifications is meant. */
export const numberAndPurposeInput = z
  .strictObject({ to, country: country.optional(), purpose: purpose.optional() })
  .meta({ examples: [{ to: '+12025550143', purpose: 'sign-in' }] })
  .register(wire, { id: 'NumberAndPurposeInput' });

/** A number alone. */
export const numberInput = z
  .strictObject({ to, country: country.optional() })
  .meta({ examples: [{ to: '+12025550143' }] })
  .register(wire, { id: 'NumberInput' });

/** What `{id}` in a path stands for. */
export const idInput = z.strictObject({ id });

/** What `{provider}` and `{token}` in a path stand for. */
export const receiptInput = z.strictObject({
  provider: z.string().meta({ description: 'Name of the provider whose vendor tells.', examples: ['twilio'] }),
  token: z.string().meta({ description: 'What no one but the vendor was told.', examples: ['r3QkVJ0mWc8yTzX1bL5pNg'] }),
});

/** Body of a call whose path says it all. */
export const emptyInput = z.strictObject({});

const time = (description: string) => z.string().meta({ format: 'date-time', description });
const count = (description: string) => z.int().min(0).meta({ description });

const about = {
  id: z.string().meta({ description: 'Opaque.' }),
  to: z.string().meta({ description: 'The number in E.164.' }),
  channel: z.string().meta({ description: 'How the code reaches the person.' }),
  purpose: z.string().meta({ description: 'What the verification is for.' }),
};
const test = {
  test: z
    .literal(true)
    .meta({
      description: 'There only of a test number: no text is sent to it, and its code stands in the configuration.',
    })
    .optional(),
};
/** What an answer says of a test number, and does not of others. */
export function testMark({ test: isTest }: { test: boolean }): { test?: true } {
  return isTest ? { test: true } : {};
}

const times = {
  created_at: time('When it was started.'),
  expires_at: time('The code is good before this.'),
  resend_at: time('When asking for the code again is advised, or possible where a gap is enforced.'),
};
const left = {
  sends_left: count('How many texts this number may still be sent now: the least over its own limits.'),
  checks_left: count('How many wrong codes are left: the least over all limits.'),
};
const statuses = [
  'pending',
  'approved',
  'expired',
  'canceled',
  'superseded',
  'max_checks_reached',
  'failed',
] as const satisfies readonly VerificationStatus[];

const exampleAbout = { id: exampleId, to: '+12025550143', channel: 'sms', purpose: 'sign-in' };
const exampleTimes = {
  created_at: '2030-01-01T12:00:00.000Z',
  expires_at: '2030-01-01T12:05:00.000Z',
  resend_at: '2030-01-01T12:00:30.000Z',
};

/** Answer of a start. */
export const startedVerification = z
  .object({
    ...about,
    ...test,
    status: z.literal('pending'),
    ...times,
    ...left,
    notice: z.string().meta({ description: "A sentence for the person, in the request's locale. Never to be parsed." }),
  })
  .meta({
    examples: [
      {
        ...exampleAbout,
        status: 'pending',
        ...exampleTimes,
        sends_left: 2,
        checks_left: 5,
        notice:
          "We sent a code to +1 202 555 0143. If you don't see it after a minute, check that the number is correct and try again.",
      },
    ],
  })
  .register(wire, { id: 'StartedVerification' });

/** A verification, whatever became of it. */
export const verification = z
  .object({
    ...about,
    ...test,
    status: z.enum(statuses).meta({ description: '`pending` is the only one that can become another.' }),
    ...times,
    ended_at: time('When it left `pending`; null while it is.').nullable(),
    ...left,
    deliveries: z
      .array(
        z.object({
          provider: z.string().nullable().meta({
            description: 'Name of the provider; null until one was asked. `test_number`: of a test number, none is.',
          }),
          status: z
            .enum(deliveryStatuses)
            .meta({ description: '`rejected`: surely not taken. `unknown`: may have been taken.' }),
          at: time('When the text was handed over.'),
        }),
      )
      .meta({ description: 'One for each text, the oldest first. Empty once the verification has ended.' }),
  })
  .meta({
    examples: [
      {
        ...exampleAbout,
        status: 'pending',
        ...exampleTimes,
        ended_at: null,
        sends_left: 2,
        checks_left: 5,
        deliveries: [{ provider: 'twilio', status: 'delivered', at: '2030-01-01T12:00:00.000Z' }],
      },
    ],
  })
  .register(wire, { id: 'Verification' });

/** Answer of a check whose code was right. */
export const approval = z
  .object({
    id: about.id,
    to: about.to,
    purpose: about.purpose,
    ...test,
    status: z.literal('approved'),
    approved_at: time('When the code was found right.'),
  })
  .meta({
    examples: [
      {
        id: exampleId,
        to: '+12025550143',
        purpose: 'sign-in',
        status: 'approved',
        approved_at: '2030-01-01T12:00:21.407Z',
      },
    ],
  })
  .register(wire, { id: 'Approval' });

/** Whether a number is verified. */
export const numberStatus = z
  .discriminatedUnion('verified', [
    z.object({ to: about.to, ...test, verified: z.literal(true), verified_at: time('When it was last verified.') }),
    z.object({ to: about.to, ...test, verified: z.literal(false) }),
  ])
  .meta({
    examples: [
      { to: '+12025550143', verified: true, verified_at: '2030-01-01T12:00:21.407Z' },
      { to: '+12025550143', verified: false },
    ],
  })
  .register(wire, { id: 'NumberStatus' });

/** Answer of a health call. */
export const health = z
  .object({ status: z.literal('ok') })
  .meta({ examples: [{ status: 'ok' }] })
  .register(wire, { id: 'Health' });

/** What a problem of a code tells besides what every problem tells. */
export const problemMembers: Partial<Record<ProblemCode, { shape: Record<string, z.ZodType>; example: object }>> = {
  invalid_request: {
    shape: {
      errors: z.array(
        z.object({
          pointer: z.string().meta({ description: 'Where: a JSON pointer (RFC 6901); empty for the whole body.' }),
          detail: z.string().meta({ description: 'What is wrong there.' }),
        }),
      ),
    },
    example: { errors: [{ pointer: '/code', detail: 'must be a string of 4 to 10 digits' }] },
  },
  incorrect_code: { shape: { checks_left: left.checks_left }, example: { checks_left: 4 } },
  rate_limited: {
    shape: {
      limit: z.string().meta({
        description:
          "Which limit. The number's own: `sends`, `sends_daily`, `gap`, or `attempts`: too many that the provider refused. Shared with other numbers: `address`, `network`, `country`, `tenant` or `service`.",
      }),
    },
    example: { limit: 'sends' },
  },
  too_many_checks: {
    shape: { scope: z.enum(['verification', 'number']).meta({ description: 'Whose wrong codes were too many.' }) },
    example: { scope: 'number' },
  },
  delivery_failed: { shape: { id: about.id }, example: { id: exampleId } },
  provider_unavailable: { shape: { id: about.id }, example: { id: exampleId } },
};
