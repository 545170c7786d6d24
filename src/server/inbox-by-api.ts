import { ProviderError } from '../errors.ts';
import { kindOfStatus, postToVendor, readObject } from '../providers/exchange.ts';
import type { Provider } from '../providers/provider.ts';

/** Makes the provider that delivers to an inbox which runs elsewhere, over its API. `token`: its password, where it has one. */
export function inboxByApi({ url, token }: { url: string; token?: string | undefined }): Provider {
  const name = 'inbox';
  const address = `${url.replace(/\/+$/, '')}/inbox/api/messages`;
  return {
    name,
    channels: ['sms'],
    async send({ to, text }, { signal }) {
      const { status, text: answer } = await postToVendor({
        name,
        url: address,
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ to, body: text }),
        signal,
      });
      const id = readObject(answer)?.['id'];
      if (status === 201 && typeof id === 'string') return { messageId: id };
      throw new ProviderError(
        status < 300 ? 'config' : kindOfStatus(status),
        `the inbox at ${url} did not take the text (HTTP ${status}): check PHONEPROOF_INBOX_URL and PHONEPROOF_INBOX_TOKEN`,
      );
    },
  };
}
