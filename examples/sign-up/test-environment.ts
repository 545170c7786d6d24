import { randomBytes } from 'node:crypto';

export const inboxUrl = process.env.PHONEPROOF_INBOX_URL ?? 'http://127.0.0.1:8025';
export const appUrl = `http://127.0.0.1:${process.env.PORT ?? 3000}`;

/** The app as its tests run it: all as in production but for where Twilio is. */
export const environment = {
  PORT: new URL(appUrl).port,
  PHONEPROOF_INBOX_URL: inboxUrl,
  PHONEPROOF_SECRET: randomBytes(32).toString('base64'),
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'any-token',
  TWILIO_FROM: '+15005550006',
  TWILIO_BASE_URL: `${inboxUrl}/twilio`,
};
