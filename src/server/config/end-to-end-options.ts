import type { OptionRow } from './option-row.ts';
import { address, listOf, number, oneOf, text, type OptionType } from './option-types.ts';
import { inNamesOf } from './provider-options.ts';

/** Who can lend numbers. */
export const viaNames = ['inbox', 'smspinverify', 'handler-api', '5sim', 'android-gateway', 'twilio-number'] as const;
export type ViaName = (typeof viaNames)[number];

const commands = ['e2e', 'canary'] as const;
const group = 'End-to-end run';

/** Options of `phoneproof e2e` and `phoneproof canary`, but those of who lends numbers. */
export const endToEndRows = {
  via: {
    type: oneOf(...viaNames),
    default: 'inbox',
    description: 'Who lends the numbers: the local inbox, which is free, a site that rents them, or a number of yours.',
    group,
    commands,
  },
  inboxUrl: {
    type: address('http://127.0.0.1:8080'),
    description: 'Where the inbox is that lends numbers. Unset: where the service runs.',
    group,
    commands,
  },
  inboxToken: {
    type: text('<password>'),
    secret: true,
    description: 'The password of the inbox, where it has one.',
    group,
    commands,
  },
} as const satisfies Record<string, OptionRow>;

/** One option of one who lends numbers. Which of them are needed, the adapter itself says. */
type NumberOptionRow = Pick<OptionRow, 'type' | 'description' | 'secret'>;

const baseUrl = (standard: string) =>
  ({
    type: address('https://sms.example.com'),
    description: `Where it is called in place of ${standard}: a sibling site, or an emulator.`,
  }) as const;
const service = {
  type: text('<name>'),
  description: 'What numbers are booked for, as the site names it. This or --service is needed.',
} as const;
const timeoutSeconds = {
  type: number('<seconds>', { least: 0.1, greatest: 60, fraction: true }),
  description: 'How long one call may take. Unset: 10 seconds.',
} as const;

/** By who lends numbers, as the table's and the file's keys write the name. */
const table = {
  smspinverify: {
    customer: { type: text('<key>'), secret: true, description: 'The key of the account. Needed.' },
    service,
    baseUrl: baseUrl('api.smspinverify.com'),
    timeoutSeconds,
  },
  handlerApi: {
    apiKey: { type: text('<key>'), secret: true, description: 'The key of the account. Needed.' },
    service,
    baseUrl: {
      type: address('https://sms.example.com'),
      description: 'The site, whose `/stubs/handler_api.php` is called. Needed.',
    },
    timeoutSeconds,
  },
  '5sim': {
    token: { type: text('<token>'), secret: true, description: 'The token of the account. Needed.' },
    service,
    operator: { type: text('<name>'), description: 'Whose numbers. Unset: `any`.' },
    baseUrl: baseUrl('5sim.net'),
    timeoutSeconds,
  },
  androidGatewayNumber: {
    baseUrl: {
      type: address('http://192.168.1.7:8080'),
      description: 'Where the phone, or the server of the app, is called. Needed.',
    },
    username: { type: text('<name>'), description: 'As the app shows it. Needed.' },
    password: { type: text('<password>'), secret: true, description: 'As the app shows it. Needed.' },
    number: { type: text('<number>'), description: 'The number of the SIM card in E.164, like +12025550143. Needed.' },
    simNumber: {
      type: number('<number>', { least: 1, greatest: 3 }),
      description: 'Which SIM card has the number. Unset: texts to all of them count.',
    },
    listenUrl: {
      type: address('https://sms.example.com/texts'),
      description: 'Where the phone reaches this machine, to tell of texts. Unset: the phone is asked for them.',
    },
    listenHost: { type: text('<host>'), description: 'What to listen on for that. Unset: 127.0.0.1.' },
    listenPort: {
      type: number('<port>', { least: 1, greatest: 65_535 }),
      description: 'Port to listen on for that. Needed then.',
    },
    signingKey: { type: text('<key>'), secret: true, description: 'What the app signs that with. Needed then.' },
    timeoutSeconds,
  },
  twilioNumber: {
    accountSid: { type: text('<sid>'), description: 'The account, `AC…`. Needed.' },
    authToken: {
      type: text('<token>'),
      secret: true,
      description: "The account's token. This or an API key is needed.",
    },
    apiKey: { type: text('<sid>'), description: 'An API key, `SK…`, in place of the token.' },
    apiSecret: { type: text('<secret>'), secret: true, description: 'The secret of the API key.' },
    numbers: {
      type: listOf('<numbers>', text('<number>')),
      description: 'Numbers of the account in E.164, comma-separated. Needed.',
    },
    baseUrl: baseUrl('api.twilio.com'),
    timeoutSeconds,
  },
} as const satisfies Record<string, Record<string, NumberOptionRow>>;

type Table = typeof table;
type NumberKey = keyof Table;

/** The settings of those who lend numbers that something is set of. */
export type NumberSettings = {
  readonly [Key in NumberKey]?: {
    readonly [Name in keyof Table[Key]]?: Table[Key][Name] extends { type: OptionType<infer Value> } ? Value : never;
  };
};

const keys = {
  smspinverify: 'smspinverify',
  'handler-api': 'handlerApi',
  '5sim': '5sim',
  'android-gateway': 'androidGatewayNumber',
  'twilio-number': 'twilioNumber',
} as const satisfies Record<Exclude<ViaName, 'inbox'>, NumberKey>;

/** One row for each option of each who lends numbers, in reading order. */
export const numberRows = Object.entries(keys).flatMap(([via, key]) =>
  Object.entries<NumberOptionRow>(table[key]).map(([name, row]) => ({ path: [key, name] as const, via, row })),
);

/** Names in a sentence of an adapter about its options, put as this service calls them. */
export function inNumberOptionNames(via: ViaName, sentence: string): string {
  const prefix = via === 'inbox' ? 'inbox' : keys[via];
  const names = via === 'inbox' ? ['url', 'token'] : Object.keys(table[keys[via]]);
  return inNamesOf(via, { prefix, names, chosenBy: 'PHONEPROOF_VIA' }, sentence);
}
