import { defineConfig } from '@playwright/test';
import { appUrl, environment, inboxUrl } from './test-environment.ts';

export default defineConfig({
  testMatch: '*.spec.ts',
  fullyParallel: true,
  reporter: 'list',
  use: {
    baseURL: appUrl,
    // A Chromium that is on the machine already, else the one of `npx playwright install chromium`.
    launchOptions: { executablePath: process.env.CHROMIUM_PATH, chromiumSandbox: false },
  },
  webServer: [
    {
      command: `npx phoneproof inbox --port ${new URL(inboxUrl).port}`,
      url: `${inboxUrl}/inbox`,
      reuseExistingServer: true,
    },
    { command: 'node server.ts', url: appUrl, env: environment },
  ],
});
