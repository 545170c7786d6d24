import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { secret } from './config/secrets.ts';
import { systemCode } from './system-code.ts';

/**
 * Makes `.phoneproof/` in `cwd` where it is missing: for this user only, ignored by git, with a made-up secret in it. Returns the secret.
 * Two processes that make it at once end up with the same one. Throws a `ConfigurationError` when it cannot be written or holds no good secret.
 */
export function prepareDevFolder(cwd: string): string {
  const folder = join(cwd, '.phoneproof');
  const secretFile = join(folder, 'secret');
  let found: string;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeIfMissing(join(folder, '.gitignore'), '*\n', 0o644);
    writeIfMissing(secretFile, `${randomBytes(32).toString('base64')}\n`, 0o600);
    found = readFileSync(secretFile, 'utf8').trim();
  } catch (error) {
    throw new ConfigurationError([
      `${folder} cannot be used (${systemCode(error)}). Start in a folder that you can write to.`,
    ]);
  }
  const reading = secret.read(found);
  if ('faults' in reading)
    throw new ConfigurationError(reading.faults.map((what) => `The secret in ${secretFile} ${what}.`));
  return reading.value;
}

/** Written beside and linked into place, so that nobody ever reads half of it. */
function writeIfMissing(path: string, content: string, mode: number): void {
  if (existsSync(path)) return;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}
