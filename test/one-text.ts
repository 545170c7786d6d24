import { openTexts, type MessageOptions } from '../src/message.ts';

/** One text as a verifier with these options sends it to a number of no country. */
export function oneText({ code, ...options }: MessageOptions & { code: string }): { text: string; locale: string } {
  const { locale } = options;
  const texts = openTexts({ ...options, locale: undefined, policy: { codeLength: code.length } });
  return texts.text({ locale, country: null, tenant: 'default' }, { code, lifetimeSeconds: 300, hint: undefined });
}
