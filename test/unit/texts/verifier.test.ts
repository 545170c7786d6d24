import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  ConfigurationError,
  createVerifier,
  InvalidRequestError,
  type StartOptions,
  type VerifierOptions,
} from '../../../src/index.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { recordingProvider } from '../../../src/testing/recording-provider.ts';

const vienna = '+436641234567';

function setUp(options: Partial<VerifierOptions> = {}) {
  const provider = recordingProvider();
  const verifier = createVerifier({
    secret: randomBytes(32),
    store: memoryStore(),
    provider,
    brand: 'Acme',
    ...options,
  });
  async function start(call: StartOptions) {
    const result = await verifier.start(call);
    if (result.status !== 'pending') throw new Error(`not sent: ${result.status}`);
    return { notice: result.notice, message: provider.messages.at(-1)! };
  }
  return { verifier, provider, start };
}

test('text and notice are in the language of the call, or of the country of the number, and the one used is told', async () => {
  const { start } = setUp();
  const asked = await start({ to: vienna, locale: 'fr-CA', purpose: 'a' });
  expect(asked.message).toMatchObject({ locale: 'fr', country: 'AT' });
  expect(asked.message.text).toContain('est votre code Acme');
  expect(asked.notice).toMatch(/^Nous avons envoyé un code au \+43 664 1234567/);
  const unasked = await start({ to: vienna, purpose: 'b' });
  expect(unasked.message).toMatchObject({ locale: 'de' });
  expect(unasked.notice).toMatch(/^Wir haben einen Code an \+43 664 1234567/);
  const unknown = await start({ to: vienna, purpose: 'c', locale: 'is' });
  expect(unknown.message.locale).toBe('de');
});

test('a test number gets its notice in the same language', async () => {
  const testNumbers = { codes: { '+447700900123': '424242' }, until: new Date(Date.now() + 86_400_000) };
  const { verifier } = setUp({ testNumbers });
  const result = await verifier.start({ to: '+447700900123', locale: 'es' });
  expect(result).toMatchObject({ status: 'pending', notice: expect.stringMatching(/^Este es un número de prueba/) });
});

test('a resend may be in another language, for another reader, with the same code', async () => {
  const { start } = setUp({ origin: 'example.com', appHash: 'FA+9qCX9VSu' });
  const first = await start({ to: vienna, locale: 'de' });
  const second = await start({ to: vienna, locale: 'en', hint: 'android' });
  expect(second.message.code).toBe(first.message.code);
  expect([first.message.locale, second.message.locale]).toEqual(['de', 'en']);
  expect(first.message.text.split('\n').at(-1)).toBe(`@example.com #${first.message.code}`);
  expect(second.message.text).toMatch(/^<#> .*\n\nFA\+9qCX9VSu$/);
});

test('a hint for an app that is not configured is refused before anything is charged', async () => {
  const { verifier, provider, start } = setUp();
  await expect(verifier.start({ to: vienna, hint: 'android' })).rejects.toThrow(InvalidRequestError);
  await expect(verifier.start({ to: vienna, hint: 'ios' as 'web' })).rejects.toThrow(InvalidRequestError);
  expect(provider.messages).toEqual([]);
  await start({ to: vienna, hint: 'web' });
});

test('a text that is registered carries what it is registered as, every other nothing', async () => {
  const { start } = setUp({
    templates: [
      { country: 'IN', locale: 'en', text: '{code} is your Acme OTP.', entityId: '1101', templateId: '1107' },
    ],
  });
  const { message } = await start({ to: '+919876543210' });
  const { code } = message;
  expect(message).toMatchObject({
    text: `${code} is your Acme OTP.`,
    template: { entityId: '1101', templateId: '1107', variables: [{ name: 'code', type: 'numeric', value: code }] },
  });
  expect((await start({ to: vienna })).message).not.toHaveProperty('template');
});

test('what cannot fit is refused when the verifier is made, for the longest code that can be', () => {
  const options = { brand: 'Brandname', origin: 'accounts-of-customers.example' };
  setUp(options);
  expect(() => setUp({ ...options, policy: { codeLength: 10 } })).toThrow(ConfigurationError);
  expect(() => setUp({ ...options, policy: { allowOwnCode: true } })).toThrow(ConfigurationError);
  expect(() => setUp({ ...options, policy: () => ({}) })).toThrow(ConfigurationError);
  setUp({ ...options, policy: { codeLength: 10 }, locales: ['en', 'de'] });
  setUp({ ...options, policy: { codeLength: 10 }, longTexts: 'without_last_line' });
});
