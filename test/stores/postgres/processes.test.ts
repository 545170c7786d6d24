import { postgresUrl } from '../../servers/shared.ts';
import { testRacingProcesses } from '../racing-processes.ts';
import { migratedDatabase } from './database.ts';

testRacingProcesses('postgres', async () => `${await postgresUrl()}?schema=${(await migratedDatabase()).schema}`);
