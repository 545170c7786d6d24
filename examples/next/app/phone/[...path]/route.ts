import { createHttpHandler } from 'phoneproof/http';
import { verifier } from '../../../../verifier.ts';

export const { GET, POST, DELETE } = createHttpHandler({
  verifier,
  apiKeys: [process.env.API_KEY ?? ''],
  basePath: '/phone',
});
