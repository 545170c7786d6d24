import { testRacingProcesses } from '../racing-processes.ts';
import { databasePath } from './database-file.ts';

testRacingProcesses('sqlite', () => `sqlite:${databasePath()}`);
