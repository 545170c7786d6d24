import assert from 'node:assert/strict';
import { setTimeout as passed } from 'node:timers/promises';
import { ProviderError } from '../../errors.ts';
import { messageWith, refusal, send, type ProviderCase, type ProviderUnderTest } from './case.ts';
import { reply, withVendor, type Received } from './vendor.ts';

const texts: Readonly<Record<string, string>> = {
  'the sign and the code on the last line': '493817 is your Example code.\n\n@example.com #493817',
  'letters and signs of GSM 03.38': '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ^{}\\[~]|€ ÄÖÑܧ¿äöñüà',
  umlauts: 'Ihr Code für Müßiggänger: 493817',
  'emoji, joined and with a tone of skin': '493817 🔐👍🏽👩‍👩‍👧 ok',
  'scripts that are not Latin': 'رمزك هو 493817 — 验证码 493817 — कोड 493817',
  'quotes and a backslash': `it's "493817" \\ \`493817\` «»`,
  'what forms and addresses are made of': 'a=1&b=2+3%20%2B;c#d?e/f 100% + 1 =2',
  'what templates are made of': '{{to}} {{text}} ${code} {0} $& $1 $$ %s %d <%= text %>',
  'what markup is made of': '<b>493817</b> &amp; <!-- --> ]]>',
  'lines and blanks at the ends': '  \n493817\r\n\ttab\n ',
  'a text of several parts': 'Ö493817 '.repeat(40),
};

/** What stands in a request; an `AssertionError` where that cannot be read. */
function readAsserted({ readRequest }: ProviderUnderTest, request: Received): { to: string; text: string | null } {
  try {
    return readRequest(request);
  } catch (error) {
    return assert.fail(`the request cannot be read: ${String(error)}`);
  }
}

export const requestCases: readonly ProviderCase[] = [
  {
    name: 'making a provider connects to nothing',
    async run({ open, accepted }) {
      await withVendor(accepted('id-1'), async (vendor) => {
        const provider = open(vendor.url);
        assert.ok(!(provider instanceof Promise), 'it is there at once');
        await passed(30);
        assert.equal(vendor.connections, 0);
      });
    },
  },
  {
    name: 'name, channels and time-out are well-formed',
    async run({ open }) {
      const { name, channels, timeoutMs, providers } = open('http://127.0.0.1:9');
      assert.match(name, /^[a-z0-9-]{1,32}$/);
      assert.ok(channels.length > 0, 'has a channel');
      assert.equal(new Set(channels).size, channels.length, 'names each channel once');
      for (const channel of channels) assert.match(channel, /^[a-z][a-z0-9_-]*$/);
      assert.ok(timeoutMs === undefined || (Number.isFinite(timeoutMs) && timeoutMs > 0), 'timeoutMs is positive');
      assert.equal(providers, undefined, 'is one provider, not a composition');
    },
  },
  {
    name: 'a request carries number and text unharmed',
    async run(underTest) {
      await withVendor(underTest.accepted('id-1'), async (vendor) => {
        const provider = underTest.open(vendor.url);
        for (const [what, text] of Object.entries(texts)) {
          for (const to of ['+12025550143', '+4915112345678', '+2908123']) {
            await send(provider, { message: messageWith({ to, text }) });
            const request = vendor.received.at(-1);
            assert.ok(request, 'the vendor got a request');
            const read = readAsserted(underTest, request);
            assert.deepEqual(read, { to, text: read.text === null ? null : text }, what);
          }
        }
      });
    },
  },
  {
    name: 'one send is one request, whatever the vendor answers',
    async run({ open, accepted, failures }) {
      const bare = [429, 500, 503].map((status) => ({ status, body: '' }));
      for (const answer of [accepted('id-1'), ...bare, ...failures.map((failure) => failure.reply)]) {
        await withVendor(answer, async (vendor) => {
          await send(open(vendor.url));
          assert.equal(vendor.received.length, 1, `requests at an answer of ${answer.status}`);
        });
      }
      await withVendor(
        (_request, response) => void response.destroy(),
        async (vendor) => {
          await refusal(open(vendor.url));
          assert.equal(vendor.received.length, 1, 'requests at a connection that breaks');
        },
      );
    },
  },
  {
    name: '50 parallel sends do not mix',
    async run(underTest) {
      const messages = Array.from({ length: 50 }, (_, index) =>
        messageWith({ to: `+120255501${String(index).padStart(2, '0')}`, text: `text ${index} of 50` }),
      );
      await withVendor(
        async (request, response) => {
          const { to, text } = readAsserted(underTest, request);
          const index = Number(to.slice(-2));
          if (text !== null) assert.equal(text, messages[index]?.text);
          await passed((index * 7) % 20);
          reply(response, underTest.accepted(`id-${to.slice(1)}`));
        },
        async (vendor) => {
          const provider = underTest.open(vendor.url);
          const came = await Promise.all(messages.map((message) => send(provider, { message })));
          const ids = came.map((one) => (one instanceof ProviderError ? one.kind : one.messageId));
          assert.deepEqual(
            ids,
            messages.map(({ to }) => `id-${to.slice(1)}`),
          );
        },
      );
    },
  },
  {
    name: 'a message is left as it is',
    async run({ open, accepted, failures }) {
      const message = Object.freeze({ ...messageWith(), earlier: Object.freeze([]) });
      const before = { ...message };
      for (const answer of [accepted('id-1'), ...failures.slice(0, 1).map((failure) => failure.reply)]) {
        await withVendor(answer, async (vendor) => send(open(vendor.url), { message }));
      }
      assert.deepEqual({ ...message }, before);
    },
  },
  {
    name: 'the address for receipts is asked for under the name of the provider, and may be missing',
    async run({ open, accepted }) {
      const asked: string[] = [];
      const receiptUrl = (name: string): null => {
        asked.push(name);
        return null;
      };
      await withVendor(accepted('id-1'), async (vendor) => {
        const provider = open(vendor.url);
        const came = await send(provider, { message: messageWith({ receiptUrl }) });
        assert.ok(!(came instanceof ProviderError), 'accepted');
        for (const name of asked) assert.equal(name, provider.name);
      });
    },
  },
];
