import { createHash } from 'node:crypto';
import { anyOrigin, docsPage, seenAt } from '../docs-page.ts';
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
  // Each made once, for whatever address: it takes milliseconds, and nobody is asked for a key here.
  let document: string | undefined;
  let page: Promise<string> | undefined;
  const madeDocument = (): string => {
    document ??= JSON.stringify(openApiDocument(api, { serverUrl: publicUrl ?? (basePath || '/'), keyed }));
    return document;
  };
  const madePage = async (url: string): Promise<string> => {
    page ??= docsPage(openApiDocument(api, { serverUrl: publicUrl ?? anyOrigin + basePath, keyed }));
    return publicUrl === undefined ? seenAt(new URL(url).origin, await page) : page;
  };

  return [
    {
      method: 'get',
      path: '/openapi.json',
      open: true,
      handle: async () => ({ status: 200, text: madeDocument(), headers: { 'content-type': 'application/json' } }),
    },
    {
      method: 'get',
      path: '/docs',
      open: true,
      handle: async ({ received }) => ({
        status: 200,
        text: await madePage(received.url),
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy },
      }),
    },
  ];
}
