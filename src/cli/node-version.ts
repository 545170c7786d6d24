/** What to tell people whose Node.js is too old for `node:sqlite`; null where it is not. `version` as in `process.versions.node`. */
export function tooOld(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) return null;
  return `phoneproof needs Node.js 22.13 or later; this is ${version}.`;
}
