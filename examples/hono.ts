import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { mount } from 'hono/mount';
import { createHttpHandler } from 'phoneproof/http';
import { verifier } from './verifier.ts';

const phone = createHttpHandler({ verifier, apiKeys: [process.env.API_KEY ?? ''] });
const app = new Hono().all('/phone/*', mount(phone.fetch));

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, (address) => {
  console.log(`listening on ${JSON.stringify(address)}`);
});
