import { defineConfig } from 'vitest/config';
import { environment } from './test-environment.ts';

export default defineConfig({ test: { include: ['*.test.ts'], env: environment, sequence: { concurrent: true } } });
