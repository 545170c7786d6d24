import { createVerifier } from 'phoneproof';
import { fallback } from 'phoneproof/providers/routing';
import { twilioProvider } from 'phoneproof/providers/twilio';
import { vonageProvider } from 'phoneproof/providers/vonage';
import { sqliteStore } from 'phoneproof/stores/sqlite';

const { env } = process;
const twilio = twilioProvider({
  accountSid: env.TWILIO_ACCOUNT_SID ?? '',
  authToken: env.TWILIO_AUTH_TOKEN,
  from: env.TWILIO_FROM,
  baseUrl: env.TWILIO_BASE_URL, // an emulator's, in tests
});
const vonage = vonageProvider({
  apiKey: env.VONAGE_API_KEY ?? '',
  apiSecret: env.VONAGE_API_SECRET ?? '',
  from: 'Acme',
  baseUrl: env.VONAGE_BASE_URL,
});

export const verifier = createVerifier({
  secret: env.PHONEPROOF_SECRET ?? '', // openssl rand -base64 32
  store: sqliteStore({ path: env.DATABASE ?? 'phoneproof.db' }),
  provider: fallback([twilio, vonage]), // when one fails, the same code goes by the next
  receiptsUrl: env.RECEIPTS_URL, // https://verify.example.com/v1/receipts
});
