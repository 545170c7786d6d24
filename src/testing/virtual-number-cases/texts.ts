import assert from 'node:assert/strict';
import { VirtualNumberError } from '../../errors.ts';
import type { Poll } from '../../virtual-numbers/virtual-number.ts';
import type { VirtualNumberCase } from './case.ts';
import { meaningOf, onStage } from './stage.ts';

const texts: Readonly<Record<string, string>> = {
  'the sign and the code on the last line': '493817 is your Example code.\n\n@example.com #493817',
  'the mark and the hash of Android': '<#> Your code is 493817\nFA+9qCX9VSu',
  'letters and signs of GSM 03.38': 'code 493817 @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ^{}\\[~]|€ ÄÖÑܧ¿äöñüà',
  'emoji, joined and with a tone of skin': '493817 🔐👍🏽👩‍👩‍👧 ok',
  'scripts that are not Latin': 'رمزك هو 493817 — 验证码 493817 — कोड 493817',
  'quotes and a backslash': `it's "493817" \\ \`493817\` «»`,
  'what lists are made of': 'Your code is 493817 (a|b,c:d;e=f&g #STATUS_OK)',
  'a text of several parts': `493817 ist dein Code. ${'Müßig, so lange. '.repeat(20).trimEnd()}`,
};

export const textCases: readonly VirtualNumberCase[] = [
  {
    name: 'nothing there yet is waiting, as often as it is asked',
    run: (underTest) =>
      onStage(underTest, async ({ lease, poll, clock }) => {
        const given = await lease();
        for (let polls = 0; polls < 3; polls++) {
          const polled = await poll(given);
          assert.equal(meaningOf(polled), 'waiting');
          clock.advance(5_000);
        }
      }),
  },
  {
    name: 'a text is received whole, with its sender, or its code where the vendor tells that alone',
    async run(underTest) {
      for (const [what, text] of Object.entries(texts)) {
        await onStage(underTest, async ({ lease, poll, arrive, clock }) => {
          const given = await lease();
          clock.advance(4_000);
          await arrive({ text });
          const [received, ...others] = textsOf(await poll(given));
          assert.deepEqual(others, [], 'one text is one text');
          if (underTest.tellsText) assert.equal(received?.text, text, what);
          else assert.deepEqual([received?.text, received?.code], [null, '493817']);
          assert.equal(received?.from, underTest.tellsSender ? '+12025550199' : null);
        });
      }
    },
  },
  {
    name: 'of several texts the newest is the last, and a poll tells them again',
    run: (underTest) =>
      onStage(underTest, async ({ lease, poll, arrive, clock }) => {
        const given = await lease();
        for (const code of ['111222', '333444']) {
          clock.advance(4_000);
          await arrive({ text: `Your code is ${code}`, code });
        }
        for (let polls = 0; polls < 2; polls++) {
          const newest = textsOf(await poll(given)).at(-1);
          assert.ok(`${newest?.text} ${newest?.code}`.includes('333444'), 'the newest is the last');
        }
      }),
  },
  {
    name: 'a poll tells nothing that arrived before the lease',
    run: (underTest) =>
      onStage(underTest, async ({ lease, poll, arrive, clock, change }) => {
        await arrive({ text: 'Your code is 111222', code: '111222', atMs: clock.now() });
        clock.advance(60_000);
        await arrive({ text: 'Your code is 333444', code: '333444', atMs: clock.now() });
        clock.advance(5_000);
        change({ leasedAtMs: clock.now() });
        const given = await lease();
        assert.equal(meaningOf(await poll(given)), 'waiting');
        clock.advance(5_000);
        await arrive({ text: 'Your code is 555666', code: '555666' });
        const received = textsOf(await poll(given));
        assert.ok(`${received[0]?.text} ${received[0]?.code}`.includes('555666'));
        assert.equal(received.length, 1, 'and nothing else');
      }),
  },
  {
    name: 'a number that the vendor took back is lost',
    run: (underTest) =>
      onStage(underTest, async ({ lease, poll, change, clock }) => {
        const given = await lease();
        if (!underTest.canBeLost) return;
        clock.advance(60_000);
        change({ isLost: true });
        assert.equal(meaningOf(await poll(given)), 'lost');
      }),
  },
];

function textsOf(polled: Poll | VirtualNumberError) {
  return !(polled instanceof VirtualNumberError) && polled.state === 'received'
    ? polled.texts
    : assert.fail(`a text is received, not ${meaningOf(polled)}`);
}
