import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { filledOnce } from '../cache.ts';

const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

function freshName(): string {
  const name = `test-${randomBytes(6).toString('hex')}`;
  mkdirSync(cache, { recursive: true });
  onTestFinished(() => {
    for (const each of remains(name)) rmSync(join(cache, each), { recursive: true, force: true });
  });
  return name;
}

function remains(name: string): string[] {
  return readdirSync(cache).filter((each) => each.startsWith(name));
}

test('of several processes one fills the folder, and all find it complete', async () => {
  const name = freshName();
  const script = `
    const { filledOnce } = await import(${JSON.stringify(new URL('../cache.ts', import.meta.url).href)});
    const { readFile, writeFile } = await import('node:fs/promises');
    const home = await filledOnce('${name}', async (folder) => {
      process.stdout.write('filled by ');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await writeFile(folder + '/whole', String(process.pid));
    });
    process.stdout.write(await readFile(home + '/whole', 'utf8'));`;
  const run = promisify(execFile);
  const outputs = await Promise.all(
    Array.from({ length: 5 }, () => run(process.execPath, ['--input-type=module', '--eval', script])),
  );
  const fillers = outputs.filter(({ stdout }) => stdout.startsWith('filled by '));
  expect(fillers).toHaveLength(1);
  const found = outputs.map(({ stdout }) => stdout.replace('filled by ', ''));
  expect(new Set(found)).toEqual(new Set([fillers[0]?.stdout.replace('filled by ', '')]));
  expect(remains(name)).toEqual([name]);
});

test('a filling that fails leaves nothing behind, and the next one works', async () => {
  const name = freshName();
  await expect(filledOnce(name, () => Promise.reject(new Error('offline')))).rejects.toThrow('offline');
  expect(remains(name)).toEqual([]);
  const home = await filledOnce(name, (folder) => writeFile(join(folder, 'a'), 'b'));
  expect(basename(home)).toBe(name);
  expect(await readFile(join(home, 'a'), 'utf8')).toBe('b');
});

test('a lock that a process left behind when it was killed is broken', async () => {
  const name = freshName();
  const { pid } = execFile('true');
  writeFileSync(join(cache, `${name}.lock`), String(pid));
  await filledOnce(name, () => Promise.resolve());
  expect(remains(name)).toEqual([name]);
});
