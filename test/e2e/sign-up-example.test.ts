import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { findChromium } from '../chromium.ts';
import { freePort } from '../servers/free-port.ts';
import { cleanUp, newFolder, startService } from './phoneproof-process.ts';

const run = promisify(execFile);
const cwd = resolve('examples/sign-up');
const runs = 50;

afterAll(cleanUp);

test(`the app's own tests of its sign-up pass ${runs} times, in a browser and without one side by side, at one inbox`, async () => {
  const inbox = await startService(['inbox'], { cwd: newFolder() });
  const chromium = await findChromium();
  const env = {
    ...process.env,
    ...chromium.env,
    CHROMIUM_PATH: chromium.executablePath,
    PHONEPROOF_INBOX_URL: inbox.url,
    PORT: String(await freePort()),
    FORCE_COLOR: '0',
  };
  // Each names itself a run of Vitest: the inner one must not take itself for a part of the outer.
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('VITEST')));
  const againAndAgain = `
    import { startVitest } from 'vitest/node';
    const vitest = await startVitest('test', [], { watch: false, reporters: [] });
    const counts = { passed: 0, failed: 0 };
    for (let run = 1; run <= ${runs}; run += 1) {
      for (const module of vitest.state.getTestModules())
        for (const { ok } of [...module.children.allTests()].map((test) => ({ ok: test.ok() }))) counts[ok ? 'passed' : 'failed'] += 1;
      if (run < ${runs}) await vitest.rerunFiles();
    }
    await vitest.close();
    console.log(JSON.stringify(counts));`;
  const [browser, plain] = await Promise.all([
    run('npx', ['playwright', 'test', '--repeat-each', String(runs), '--workers', '3', '--reporter', 'line'], {
      cwd,
      env: clean,
    }),
    run(process.execPath, ['--input-type=module', '--eval', againAndAgain], { cwd, env: clean }),
  ]);
  expect(browser.stdout).toMatch(new RegExp(`\\b${runs} passed`));
  expect(browser.stdout).not.toMatch(/failed|flaky|skipped/);
  expect(JSON.parse(plain.stdout.trim().split('\n').at(-1) ?? '')).toEqual({ passed: 3 * runs, failed: 0 });
  const { data } = (await (await fetch(`${inbox.url}/inbox/api/numbers`)).json()) as { data: unknown[] };
  expect(data).toEqual([]);
}, 180_000);
