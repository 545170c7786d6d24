import { tmpdir } from 'node:os';
import { SegmentedMessage } from 'sms-segments-calculator';
import { expect, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { extractCode } from '../../../src/extract-code.ts';
import { readAppHash, readDomainBound } from '../../../src/texts/domain-bound.ts';
import { allLocales } from '../../../src/texts/texts.ts';

async function preview(args: readonly string[], env: Record<string, string> = {}) {
  let [stdout, stderr] = ['', ''];
  const exitCode = await runCli(['message', 'preview', ...args], {
    env,
    cwd: tmpdir(),
    write: (text) => void (stdout += text),
    writeError: (text) => void (stderr += text),
  });
  return { exitCode, stdout, stderr };
}

interface Shown {
  locale: string;
  over: number | null;
  sent: { text: string; encoding: string; segments: number; units: number; form: string } | null;
}
const shownBy = async (...args: readonly string[]) =>
  JSON.parse((await preview([...args, '--json'])).stdout) as Shown[];

test('shows every language, each with brand and origin in one SMS, as Twilio counts', async () => {
  const shown = await shownBy('--brand', 'Brandname', '--origin', 'example.com');
  expect(shown.map(({ locale }) => locale)).toEqual([...allLocales.values()].toSorted());
  for (const { sent } of shown) {
    const { encodingName, segmentsCount } = new SegmentedMessage(sent!.text);
    expect([sent!.encoding, sent!.segments]).toEqual([encodingName, segmentsCount]);
    expect(sent!.segments).toBe(1);
    expect(readDomainBound(sent!.text)?.code).toBe(extractCode(sent!.text));
    expect(sent!.text).toContain('Brandname');
  }
});

test('says it to people too, of the languages that are named', async () => {
  const { exitCode, stdout } = await preview(['de', 'pt-AO'], {
    PHONEPROOF_BRAND: 'Acme',
    PHONEPROOF_POLICY_CODE_LENGTH: '8',
  });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('de     German: 1 SMS, GSM-7, 59 of 160, standard\n    49381752 ist Ihr Code für Acme.');
  expect(stdout).toContain('pt     Portuguese');
  expect(stdout).toContain('2 texts, each in one SMS.');
});

test('shows what an Android app gets', async () => {
  const [shown] = await shownBy('de', '--app-hash', 'FA+9qCX9VSu', '--hint', 'android', '--origin', 'example.com');
  expect(readAppHash(shown!.sent!.text)).toBe('FA+9qCX9VSu');
  expect(await preview(['--hint', 'android'])).toMatchObject({ exitCode: 78 });
});

test('says what does not fit and by how much, and fails', async () => {
  const args = ['--brand', 'Brandname', '--origin', 'an-origin-that-is-much-too-long.accounts.example'];
  const { exitCode, stdout } = await preview(args);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^ru {5}Russian: does not fit into one SMS, \d+ characters too many$/m);
  expect(stdout).toMatch(/^50 texts, \d+ of which do not fit/m);
  expect((await preview([...args, '--long-texts', 'without_last_line'])).exitCode).toBe(0);
});

test('a language without texts is a wrong usage', async () => {
  const { exitCode, stdout, stderr } = await preview(['de', 'xx']);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain('xx');
});
