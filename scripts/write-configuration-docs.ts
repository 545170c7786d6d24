import { writeFileSync } from 'node:fs';
import { configurationPage } from '../src/server/config/configuration-page.ts';

// Writes docs/configuration.md anew from the option table. A test compares the two.
writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
