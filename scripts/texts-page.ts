import { localeTexts } from '../src/texts/locales.ts';
import { previewTexts, type TextPreview } from '../src/texts/preview.ts';
import { allLocales } from '../src/texts/texts.ts';

const brand = 'Brandname';
const origin = 'example.com';

const intro = `<!-- Made by scripts/texts-page.ts from src/texts/locales: change them there, then run scripts/write-texts-docs.ts. -->

# Texts

What people read: a text with a code, as short as one SMS, in their language.

\`\`\`sh
phoneproof message preview --brand Acme --origin example.com
\`\`\`

shows every text as it goes out with your brand and origin: its encoding, how many characters it takes, how many SMS, and which wording was taken. Name languages to
see those alone. In the library, \`createVerifier({ brand, origin, ... })\` takes all of the options below under their names in camel case.

## Which language

The first of these that there are texts in:

1. what the call says: \`"locale": "pt-AO"\`. The nearest counts, as RFC 4647 looks languages up: Angolan Portuguese is read as \`pt\`, \`zh-Hant-HK\` as \`zh-HK\`, \`no\` as \`nb\`, \`iw\` as \`he\`
2. the country of the number, by the language that most people there are likely to read (CLDR): \`+43\` gets German. Where there are no texts in it, and where services write to people in English
   or no language is most people's (Belgium, India, Kenya, the Philippines, Switzerland, Uganda): English. \`PHONEPROOF_LOCALE_BY_COUNTRY=false\` leaves the country out
3. \`PHONEPROOF_LOCALE\`
4. English

No tag is an error. The language that was taken is in the message that a provider gets, as \`locale\`; \`notice\` in the answer of a start comes in the language of the first three, too.
\`PHONEPROOF_LOCALES=en,de,fr\` says which languages there are at all: for those who have looked their texts over, or who want one alone.

## Which wording

An SMS holds 160 characters of its own alphabet (GSM-7), or 70 as soon as one character is not of it. Each language has up to four wordings, and the first that fits into **one** SMS is taken:

| wording    | what it is                                                                            |
| ---------- | ------------------------------------------------------------------------------------- |
| \`standard\` | as people of the language write                                                       |
| \`plain\`    | the same in letters of the SMS alphabet, where people are used to read it so          |
| \`compact\`  | fewer words, and in the SMS alphabet where the language can be written in it          |
| \`bare\`     | \`compact\` without the warning, so that what browsers and apps read stays in its place |

Which one it is depends on language, brand, origin and the length of codes, and on nothing else: it is found once. A language in which not even the last fits is refused when the verifier is made, with the
number of characters that are too many. Shorten the brand or the origin, name the languages that you need (\`PHONEPROOF_LOCALES\`), or set \`PHONEPROOF_LONG_TEXTS=without_last_line\`, which lets the last
line go there. No text is ever split by itself. Where \`brand\` is not set, a word stands in its place, as in "your verification code".

## The last line

**For browsers**: with \`PHONEPROOF_ORIGIN=example.com\` the last line is \`@example.com #493817\` ([WebOTP](https://wicg.github.io/sms-one-time-codes/)): Chrome, Safari, iOS and macOS offer the code on that website alone. It is
written so that the algorithm of the draft and Chromium's parser, which differ, find the same in it.

**For an Android app**: \`PHONEPROOF_APP_HASH=FA+9qCX9VSu\` and \`"hint": "android"\` in the call. The text begins with \`<#> \`, its last line is the hash, and it has at most 140 bytes, as
[SMS Retriever](https://developers.google.com/identity/sms-retriever/verify) wants it. Without an origin every text is one for the app. The hash tells nothing secret.

**For both**: \`PHONEPROOF_APP_HASH_WITH_ORIGIN=true\` writes \`@example.com #493817 FA+9qCX9VSu\`. Both parsers of the first read it, and it ends with the hash; it has not been tried on devices.

## Texts of your own

\`PHONEPROOF_TEXTS=/etc/phoneproof/texts.json\` (in the library: \`templates\`):

\`\`\`json
{
  "templates": [
    { "locale": "en", "text": "{code} is your {brand} code. It is good for {minutes} minutes." },
    {
      "country": "IN",
      "locale": "en",
      "text": "{code} is your OTP for Acme. Do not share it with anyone. - ACME",
      "brand": "Acme",
      "entityId": "1101000000000012345",
      "templateId": "1107000000000067890",
      "variables": { "code": "numeric" }
    },
    { "tenant": "shop", "locale": "de", "text": "{code} ist Ihr Code für den Acme-Laden.", "brand": "Acme" }
  ]
}
\`\`\`

| field        | meaning                                                                                                                      |
| ------------ | ---------------------------------------------------------------------------------------------------------------------------- |
| \`text\`       | With \`{code}\` once, \`{brand}\` or the brand itself, and \`{minutes}\`, for how long the code is good. No link. Needed.          |
| \`locale\`     | The language that it is in (BCP 47): also one that there are no texts in otherwise. Needed.                                  |
| \`tenant\`     | For this tenant alone.                                                                                                       |
| \`country\`    | For numbers of this country alone, as two capital letters.                                                                   |
| \`brand\`      | Whose code it is, where that is not \`PHONEPROOF_BRAND\`.                                                                      |
| \`entityId\`   | What a registry calls the sender (India, DLT: the principal entity).                                                         |
| \`templateId\` | What it calls the text. Handed to the provider with each message, as is \`entityId\`.                                          |
| \`variables\`  | The types under which they are registered, \`numeric\` or \`alphanumeric\`. Unset: \`alphanumeric\` for the brand, else \`numeric\`. |
| \`lastLine\`   | Whether the last line follows. Unset: where there is no \`templateId\`, as what is registered has to be sent as it is.         |
| \`segments\`   | How many SMS it may take, 1 or 2. Unset: 1.                                                                                  |

**Who gets which**: texts for a country are the only ones there, those of the tenant before those of everyone; the language chooses among them, and the first is for all whose language has none. Elsewhere a text of the
tenant's goes before one of everyone's, and that before the one made here, language by language.

Everything that is wrong is said at once when the service starts: a code that is missing or there twice, no brand, a link, a name that nobody fills in, a text that is too long with the longest code, or one in which phones would find another
code. A message from such a template has \`template: { entityId, templateId, variables: [{ name, type, value }] }\` for the provider, where it is registered; which providers hand it on is on their pages.
`;

/** The docs page of all texts, as it is committed in `docs/texts.md`. */
export function textsPage(): string {
  const previews = previewTexts(allLocales.values(), { brand, origin, codeLength: 6 });
  const unread = previews.filter(({ reviewed }) => !reviewed).map(({ locale }) => locale);
  const read =
    unread.length === previews.length
      ? 'None of them has been read over yet by someone whose language it is: corrections are welcome.'
      : `Not read over yet by someone whose language it is: ${unread.join(', ')}.`;
  const all = `## The ${previews.length} languages

As they go out for the brand ${brand}, the origin ${origin} and codes of six digits. Below each stands what it is made of: its wordings, the richest first, what stands in place of a brand where there is none,
what \`notice\` says, and what it says of a test number. ${read}
`;
  return [intro, all, ...previews.map(section)].join('\n');
}

function section({ language, locale, sent }: TextPreview): string {
  const heading = `### ${locale}: ${language}`;
  if (!sent) throw new Error(`The text in ${locale} does not fit.`);
  const { encoding, form, room, segments, text, units } = sent;
  const length = `${form}, ${encoding}, ${units} of ${room} characters, ${segments} SMS`;
  const {
    standard,
    plain,
    compact,
    bare,
    unbranded,
    unbranded_plain: unbrandedPlain,
    notice,
    test_notice: testNotice,
  } = localeTexts.get(locale)!;
  const wordings = [standard, plain, compact, bare, unbranded, unbrandedPlain, notice, testNotice];
  return `${heading}\n\n${length}\n\n${block([text])}\n${block(wordings.filter((wording) => wording !== null))}`;
}

function block(lines: readonly string[]): string {
  return `\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`;
}
