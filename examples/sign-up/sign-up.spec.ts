import { expect, test as base } from '@playwright/test';
import { inboxFixtures, type InboxFixtures } from 'phoneproof/testing';

const test = base.extend<InboxFixtures>(inboxFixtures());

test('signs up with a phone number', async ({ page, phone }) => {
  await page.goto('/');
  await page.getByLabel('Phone number').fill(phone.number);
  await page.getByRole('button', { name: 'Send code' }).click();
  await page.getByLabel('Code').fill(await phone.waitForCode());
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading')).toHaveText(`Welcome, ${phone.number}`);
});
