import { broadLimitCases } from './store-cases/broad-limits.ts';
import { broadWindowCases } from './store-cases/broad-windows.ts';
import type { ConformanceCase } from './store-cases/case.ts';
import { claimCases } from './store-cases/claims.ts';
import { endCases } from './store-cases/ends.ts';
import { eraseCases } from './store-cases/erase.ts';
import { handleCases } from './store-cases/handles.ts';
import { lifetimeCases } from './store-cases/lifetimes.ts';
import { lockCases } from './store-cases/lock.ts';
import { pruneCases } from './store-cases/prune.ts';
import { raceCases } from './store-cases/races.ts';
import { sendCases } from './store-cases/sends.ts';
import { settleCases } from './store-cases/settle.ts';
import { tagCases } from './store-cases/tags.ts';
import { timeCases } from './store-cases/time.ts';
import { walkCases } from './store-cases/walk.ts';
import { wrongCheckCases } from './store-cases/wrong-checks.ts';

export type { ConformanceCase, StoreContext } from './store-cases/case.ts';

/**
 * Every promise of the `Store` port as a case with a name and a `run`, for any test runner. A case gets data of its own (a new file, schema or key
 * prefix) and a clock that only it moves; none waits for real time to pass.
 *
 * ```ts
 * import { test } from 'node:test';
 *
 * for (const { name, needs, run } of storeConformance()) {
 *   test(name, { skip: needs === 'dump' }, async () => {
 *     const clock = virtualClock();
 *     const path = join(mkdtempSync(join(tmpdir(), 'store-')), 'data.db');
 *     const opened: Store[] = [];
 *     const open = async () => {
 *       const store = sqliteStore({ path, clock: clock.now });
 *       opened.push(store);
 *       return store;
 *     };
 *     await run({ clock, open });
 *     await Promise.all(opened.map((store) => store.close()));
 *   });
 * }
 * ```
 */
export function storeConformance(): readonly ConformanceCase[] {
  return [
    ...handleCases,
    ...sendCases,
    ...lifetimeCases,
    ...wrongCheckCases,
    ...lockCases,
    ...endCases,
    ...tagCases,
    ...settleCases,
    ...eraseCases,
    ...timeCases,
    ...pruneCases,
    ...broadLimitCases,
    ...broadWindowCases,
    ...claimCases,
    ...raceCases,
    ...walkCases,
  ];
}
