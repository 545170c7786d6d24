import { Hono } from 'hono';
import { html } from 'hono/html';
import { createVerifier } from 'phoneproof';
import { twilioProvider } from 'phoneproof/providers/twilio';
import { memoryStore } from 'phoneproof/stores/memory';

const { env } = process;
const verifier = createVerifier({
  secret: env.PHONEPROOF_SECRET ?? '', // openssl rand -base64 32
  store: memoryStore(),
  provider: twilioProvider({
    accountSid: env.TWILIO_ACCOUNT_SID ?? '',
    authToken: env.TWILIO_AUTH_TOKEN,
    from: env.TWILIO_FROM,
    baseUrl: env.TWILIO_BASE_URL, // the inbox, in tests
  }),
  brand: 'Acme',
  defaultCountry: 'US',
});

const page = (content: unknown) =>
  html`<!doctype html>
    <html lang="en">
      <title>Acme</title>
      <main>${content}</main>
    </html>`;

const numberForm = (problem = '') =>
  page(
    html`<h1>Sign up</h1>
      <form method="post" action="/code">
        <label>Phone number <input name="phone" type="tel" required /></label>
        <button>Send code</button>
        <p role="alert">${problem}</p>
      </form>`,
  );

const codeForm = (id: string, message: string) =>
  page(
    html`<h1>Type the code</h1>
      <form method="post" action="/account">
        <input name="id" type="hidden" value="${id}" />
        <label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code" required /></label>
        <button>Create account</button>
        <p role="status">${message}</p>
      </form>`,
  );

/** An app with a sign-up of its own: a page for the number, a page for the code, an account. */
export const app = new Hono();

app.get('/', (c) => c.html(numberForm()));

app.post('/code', async (c) => {
  const { phone = '' } = await c.req.parseBody<{ phone?: string }>();
  const started = await verifier.start({ to: phone, purpose: 'sign-up' });
  if (started.status !== 'pending') return c.html(numberForm(started.detail), 422);
  return c.html(codeForm(started.verification.id, started.notice));
});

app.post('/account', async (c) => {
  const { id = '', code = '' } = await c.req.parseBody<{ id?: string; code?: string }>();
  const checked = await verifier.check({ id, code });
  if (checked.status !== 'approved') return c.html(codeForm(id, checked.detail), 422);
  return c.html(page(html`<h1>Welcome, ${checked.verification.to}</h1>`), 201);
});
