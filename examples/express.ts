import express from 'express';
import { createHttpHandler, toNodeListener } from 'phoneproof/http';
import { verifier } from './verifier.ts';

const app = express();

// Your own routes call the verifier, in the same process.
app.post('/sign-up', express.json(), async (request, response) => {
  const { phone, code } = request.body ?? {};
  if (typeof phone !== 'string' || typeof code !== 'string') return void response.sendStatus(400);
  const checked = await verifier.check({ to: phone, purpose: 'sign-up', code });
  if (checked.status !== 'approved') return void response.status(422).json({ message: checked.detail });
  response.json({ verified: checked.verification.to });
});

// Or mount the whole HTTP API for your other services: POST /phone/v1/verifications, …
app.use('/phone', toNodeListener(createHttpHandler({ verifier, apiKeys: [process.env.API_KEY ?? ''] })));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on ${JSON.stringify(server.address())}`);
});
