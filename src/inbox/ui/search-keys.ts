import type { InboxMessage } from './api.ts';

/** A way to go on with a search. */
export interface Suggestion {
  /** What the last word becomes. */
  text: string;
  says: string;
}

const keys: readonly Suggestion[] = [
  { text: 'to:', says: 'the number, or a part of it: to:0143' },
  { text: 'from:', says: 'the sender: from:Acme' },
  { text: 'provider:', says: 'who carried it: provider:twilio' },
  { text: 'code:', says: 'the code: code:493817' },
  { text: 'has:code', says: 'a code was found' },
  { text: 'status:', says: 'delivered or failed' },
  { text: 'run:', says: 'the test run that had the number' },
  { text: 'after:', says: 'since: after:10m, after:2027-01-31' },
  { text: 'before:', says: 'until: before:2h' },
  { text: '-', says: 'not: -code, -from:Acme' },
  { text: '"', says: 'words in a row: "never share"' },
];

const mostValues = 6;

/** How to go on where a search is empty or its last word begins a key, or one of the few values that a key has. */
export function suggestionsFor(query: string, messages: readonly InboxMessage[]): readonly Suggestion[] {
  if (query.trim() === '') return keys;
  const word = /(?:^|\s)-?([^\s"]+)$/.exec(query)?.[1];
  if (word === undefined) return [];
  const [, key = '', begun = ''] = /^(\w+):(.*)$/.exec(word) ?? [];
  if (key === '') return keys.filter(({ text }) => text !== word && text.startsWith(word.toLowerCase()));
  return valuesOf(key, messages)
    .filter((value) => value !== begun && value.toLowerCase().startsWith(begun.toLowerCase()))
    .slice(0, mostValues)
    .map((value) => ({ text: `${key}:${/\s/.test(value) ? `"${value}"` : value}`, says: '' }));
}

/** A search with its last word as suggested. */
export function withSuggestion(query: string, { text }: Suggestion): string {
  if (query.trim() === '') return text;
  return query.replace(/(^|\s)(-?)[^\s"]+$/, (_, blank: string, minus: string) => `${blank}${minus}${text}`);
}

function valuesOf(key: string, messages: readonly InboxMessage[]): readonly string[] {
  switch (key) {
    case 'status':
      return ['delivered', 'failed'];
    case 'has':
      return ['code', 'run'];
    case 'after':
    case 'before':
      return ['10m', '1h', '1d'];
    case 'provider':
    case 'from':
    case 'run':
      return [...new Set(messages.map((message) => message[key]))].filter((value) => value !== null).toSorted();
    default:
      return [];
  }
}
