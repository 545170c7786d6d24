import { sqliteStore } from '../../../src/stores/sqlite/index.ts';
import { numberOn } from '../../../src/testing/store-cases/number.ts';

/** Begins on a file that may not grow past a limit until nothing more can be begun; says, as JSON, the names that were begun and the errors of those that were not. */
const [path = ''] = process.argv.slice(2);
const store = sqliteStore({ path });
const begun: string[] = [];
const errors: Record<string, string> = {};
for (let turn = 0, begunThisTurn = 1; begunThisTurn > 0; turn += 1) {
  const before = begun.length;
  const names = Array.from({ length: 20 }, (_, index) => `number ${turn} ${index}`);
  await Promise.all(
    names.map((name) =>
      numberOn(store, { name })
        .begin()
        .then(
          () => begun.push(name),
          (error: unknown) => (errors[name] = error instanceof Error ? error.name : String(error)),
        ),
    ),
  );
  begunThisTurn = begun.length - before;
}
const stillFound = await numberOn(store, { name: 'number 0 0' }).find();
console.log(JSON.stringify({ begun, errors, stillFound: stillFound?.status }));
