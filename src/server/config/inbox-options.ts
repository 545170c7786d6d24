import type { Prices } from '../../inbox/price.ts';
import type { OptionRow } from './option-row.ts';
import { number, oneOf, separate, text, yesOrNo, type OptionType } from './option-types.ts';

const group = 'Inbox';
const inboxes = ['dev', 'inbox'] as const;

/** `USD:*=0.05,+1=0.0083`: a currency, and the price of one segment by what the number begins with. */
const prices: OptionType<Prices> = {
  placeholder: '<prices>',
  read(given) {
    const [, currency, list = ''] = /^([A-Z]{3}):(.*)$/s.exec(given) ?? [];
    if (currency === undefined) {
      return { faults: ['must begin with a currency (ISO 4217) and a colon, like USD:*=0.05,+1=0.0083'] };
    }
    const entries = separate(list).map((entry) => /^(\*|\+[1-9]\d{0,14})\s*=\s*(\d{1,6}(?:\.\d{1,6})?)$/.exec(entry));
    const beginnings = entries.map((entry) => entry?.[1]);
    const faults = entries.flatMap((entry, at) => {
      if (!entry)
        return [
          `(entry ${at + 1}) must be what numbers begin with and a price, like +1=0.0083, or *=0.05 for all others`,
        ];
      return beginnings.indexOf(entry[1]) < at ? [`(entry ${at + 1}) gives a second price for the same numbers`] : [];
    });
    if (entries.length === 0) faults.push('must give at least one price, like USD:*=0.05');
    if (faults.length > 0) return { faults };
    const perSegment = entries.flatMap((entry): [string, number][] => (entry ? [[entry[1]!, Number(entry[2])]] : []));
    return { value: { currency, perSegment: Object.fromEntries(perSegment) } };
  },
  show: ({ currency, perSegment }) =>
    `${currency}:${Object.entries(perSegment)
      .map((entry) => entry.join('='))
      .join(',')}`,
};

/** Options of the inbox. */
export const inboxRows = {
  inboxHistory: {
    type: text('<path>'),
    description:
      'SQLite file in which the inbox keeps its texts, so that they are there after a restart; made if it is not there. Unset: they are kept in memory.',
    group,
    commands: inboxes,
  },
  inboxMaxMessages: {
    type: number('<count>', { least: 1, greatest: 5_000 }),
    default: '5000',
    description: 'How many texts the inbox keeps: when there are more, the oldest go.',
    group,
    commands: inboxes,
  },
  inboxKeepHours: {
    type: number('<hours>', { least: 0.1, greatest: 87_600, fraction: true }),
    description: 'For how long the inbox keeps a text. Unset: until there are too many.',
    group,
    commands: inboxes,
  },
  inboxPrices: {
    type: prices,
    description:
      'What your carrier takes for one segment, by what numbers begin with, so that the page says what texts would cost: `USD:*=0.05,+1=0.0083`. Unset: it says nothing of costs.',
    group,
    commands: inboxes,
  },
  inboxPassword: {
    type: text('<password>', {
      pattern: /^[!-~]{8,128}$/,
      rule: '8 to 128 letters, digits and signs of ASCII, without blanks: make one with `openssl rand -hex 12`',
    }),
    secret: true,
    description:
      'Who reads the inbox must give it, as a bearer token, by HTTP Basic, or as `?key=` of the page. Needed to listen on an address that other machines reach. Unset: this machine only, and nobody is asked.',
    group,
    commands: ['inbox'],
  },
  inboxEmulators: {
    type: oneOf('this-machine', 'anyone'),
    default: 'this-machine',
    description:
      'Whose calls the stand-ins for vendors answer where PHONEPROOF_INBOX_PASSWORD is set: vendors have credentials of their own, so they ask for no password. `anyone`: of everyone who reaches the port, such as other containers.',
    group,
    commands: ['inbox'],
  },
  inboxAllowProduction: {
    type: yesOrNo,
    default: 'false',
    description: 'Lets the inbox run where NODE_ENV is production.',
    group,
    commands: ['inbox'],
  },
} as const satisfies Record<string, OptionRow>;
