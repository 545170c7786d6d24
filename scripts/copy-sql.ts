/** Copies the SQL that stores read at run time into `dist`, beside the JavaScript that reads it. */
import { cpSync, globSync } from 'node:fs';

for (const file of globSync('src/**/*.sql')) cpSync(file, file.replace(/^src/, 'dist'));
