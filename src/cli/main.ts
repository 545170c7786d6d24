#!/usr/bin/env node
import { processContext } from './context.ts';
import { runCli } from './program.ts';

// Not process.exit(): a service goes on listening after its command has returned.
process.exitCode = await runCli(process.argv.slice(2), processContext);
