import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ticksPerSecond =
  process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : Number.NaN;

/**
 * CPU time of a process and its children so far, in microseconds, to a hundredth of a second: user and system, those that have ended too. `ids`: the process, then its
 * children. Null where the system does not tell (all but Linux). proc_pid_stat(5).
 */
export function cpuOfUs(ids: readonly number[]): number | null {
  if (process.platform !== 'linux') return null;
  return (ids.reduce((sum, id) => sum + ticksOf(id), 0) * 1_000_000) / ticksPerSecond;
}

/** utime, stime, and the same of the children that have ended. */
function ticksOf(id: number): number {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${id}/stat`, 'utf8');
  } catch {
    // It has ended, and its parent has its time.
    return 0;
  }
  // The name, in brackets, may hold anything; after it come the state and numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}
