import { writeFileSync } from 'node:fs';
import { textsPage } from './texts-page.ts';

// Writes docs/texts.md anew from the texts themselves. A test compares the two.
writeFileSync(new URL('../docs/texts.md', import.meta.url), textsPage());
