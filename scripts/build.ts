/** Makes dist/: JavaScript and types, beside them what they read at run time (SQL), and the inbox's pages. */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { build } from 'vite';

rmSync('dist', { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of globSync('src/**/*.{sql,lua}')) cpSync(file, file.replace(/^src/, 'dist'));
await build({ logLevel: 'warn' });
