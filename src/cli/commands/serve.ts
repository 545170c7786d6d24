import { Command } from 'commander';
import { createLog } from '../../server/log.ts';
import { endWithProcess } from '../../server/process-signals.ts';
import { readSettings } from '../../server/read-config.ts';
import { inspectServe } from '../../server/safety.ts';
import { startService } from '../../server/serve.ts';
import type { CliContext } from '../context.ts';
import { addFlags } from '../options.ts';
