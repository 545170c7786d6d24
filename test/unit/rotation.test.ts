import { memoryStore } from '../../src/stores/memory.ts';
import { databasePath, openStore } from '../stores/sqlite/database-file.ts';
import { describeKeyRotation } from './key-rotation.ts';

describeKeyRotation('memory', () => memoryStore());
describeKeyRotation('SQLite', () => openStore(databasePath()));
