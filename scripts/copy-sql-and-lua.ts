/** Copies the SQL and the Lua that stores read at run time into `dist`, beside the JavaScript that reads them. */
import { cpSync, globSync } from 'node:fs';

for (const file of globSync('src/**/*.{sql,lua}')) cpSync(file, file.replace(/^src/, 'dist'));
