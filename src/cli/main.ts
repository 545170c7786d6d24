#!/usr/bin/env node
import { tooOld } from './node-version.ts';

const problem = tooOld(process.versions.node);
if (problem !== null) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

// Imported only now: what an old Node.js lacks would be reported as a missing module.
const { processContext } = await import('./context.ts');
const { runCli } = await import('./program.ts');

// Not process.exit(): a service goes on listening after its command has returned.
process.exitCode = await runCli(process.argv.slice(2), processContext);
