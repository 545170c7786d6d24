#!/usr/bin/env node
import { tooOld } from './node-version.ts';

const problem = tooOld(process.versions.node);
if (problem !== null) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

// Whoever reads the output may go away when they have seen enough, as `head` does: what is still written then goes nowhere.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Imported only now: what an old Node.js lacks would be reported as a missing module.
const { processContext } = await import('./context.ts');
const { runCli } = await import('./program.ts');

// Not process.exit(): a service goes on listening after its command has returned.
process.exitCode = await runCli(process.argv.slice(2), processContext);
