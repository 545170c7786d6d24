import { createHash } from 'node:crypto';
import { docsPage } from '../docs-page.ts';
import { docsStyle } from '../docs-style.ts';
import { openApiDocument } from '../openapi.ts';
import type { Route } from '../route.ts';

interface PageOptions {
  readonly basePath: string;
  readonly publicUrl: string | undefined;
  readonly keyed: boolean;
}

/** The OpenAPI document of the API, and the reference page made from it. */
export function pageRoutes(api: readonly Route[], { basePath, publicUrl, keyed }: PageOptions): readonly Route[] {
  const styleHash = createHash('sha256').update(docsStyle).digest('base64');
  const contentSecurityPolicy = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  // Made once for each address, the latest kept: both take milliseconds, and nobody is asked for a key here.
  let latest: { serverUrl: string; document: object; page: string } | undefined;
  const made = async (url: string) => {
    const serverUrl = publicUrl ?? new URL(url).origin + basePath;
    if (latest?.serverUrl !== serverUrl) {
      const document = openApiDocument(api, { serverUrl, keyed });
      latest = { serverUrl, document, page: await docsPage(document) };
    }
    return latest;
  };

  return [
    {
      method: 'get',
      path: '/openapi.json',
      open: true,
      handle: async ({ url }) => ({ status: 200, body: (await made(url)).document }),
    },
    {
      method: 'get',
      path: '/docs',
      open: true,
      handle: async ({ url }) => ({
        status: 200,
        text: (await made(url)).page,
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy },
      }),
    },
  ];
}
