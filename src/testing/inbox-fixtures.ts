import { connectInbox, type InboxClient, type InboxClientOptions, type TestPhone } from './inbox-client.ts';

/** What a test asks for by name. */
export interface InboxFixtures {
  /** Connected before the test, closed after it. */
  inbox: InboxClient;
  /** A number that no other test has while this one runs. */
  phone: TestPhone;
}

type Use<Value> = (value: Value) => Promise<void>;

/**
 * Makes fixtures for `test.extend` of Playwright and of Vitest, which take the same shape: each test gets an inbox and a number of its own, which is given back after it, also
 * when the test failed.
 *
 * ```ts
 * import { test as base } from '@playwright/test'; // or from 'vitest'
 * import { inboxFixtures, type InboxFixtures } from 'phoneproof/testing';
 *
 * const test = base.extend<InboxFixtures>(inboxFixtures());
 * test('signs up', async ({ page, phone }) => { ... });
 * ```
 */
export function inboxFixtures(options: InboxClientOptions = {}) {
  return {
    // Both runners read the names of what a fixture needs from its pattern.
    // oxlint-disable-next-line no-empty-pattern
    inbox: async ({}, use: Use<InboxClient>): Promise<void> => {
      const inbox = await connectInbox(options);
      try {
        await use(inbox);
      } finally {
        await inbox.close();
      }
    },
    phone: async ({ inbox }: { inbox: InboxClient }, use: Use<TestPhone>): Promise<void> => {
      const phone = await inbox.phone();
      try {
        await use(phone);
      } finally {
        await phone.release();
      }
    },
  };
}
