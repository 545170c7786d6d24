/**
 * Runs the tests (all, or those whose file names contain an argument) and ends with one line of real counts: `N passed, N failed`.
 * Whatever is not a passed test counts as failed: a failed or skipped test, a file or hook that broke, an error that nothing caught.
 */
import { startVitest } from 'vitest/node';

const vitest = await startVitest(process.argv.slice(2), { watch: false });

let passed = 0;
const faults: string[] = [];
for (const module of vitest.state.getTestModules()) {
  for (const error of module.errors()) faults.push(`${module.relativeModuleId}: ${error.message}`);
  for (const suite of module.children.allSuites()) {
    for (const error of suite.errors()) faults.push(`${module.relativeModuleId} > ${suite.fullName}: ${error.message}`);
  }
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') passed += 1;
    else faults.push(`${module.relativeModuleId} > ${test.fullName}: ${state}`);
  }
}
faults.push(...vitest.state.getUnhandledErrors().map(() => 'an error that nothing caught'));
if (passed === 0 && faults.length === 0) faults.push('no test ran');

await vitest.close();

for (const fault of faults) console.log(fault);
console.log(`${passed} passed, ${faults.length} failed`);
process.exitCode = faults.length === 0 ? 0 : 1;
