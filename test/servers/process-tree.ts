import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The processes that a process has started and that it has not asked about since they ended. */
export function childrenOf(pid: number): number[] {
  const list = process.platform === 'linux' ? childrenFromProc(pid) : childrenFromPgrep(pid);
  return list.split(/\s+/).filter(Boolean).map(Number);
}

function childrenFromProc(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return '';
  }
}

function childrenFromPgrep(pid: number): string {
  try {
    return execFileSync('/usr/bin/pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

/** What a process is doing. One that has ended and that nobody has asked about counts as gone. */
export function stateOf(pid: number): 'gone' | 'halted' | 'running' {
  if (process.platform !== 'linux') return send(pid, 0) ? 'halted' : 'gone';
  try {
    const letter = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
    return 'ZX'.includes(letter) ? 'gone' : 'Tt'.includes(letter) ? 'halted' : 'running';
  } catch {
    return 'gone';
  }
}

/** Sends a signal to a process, or 0 to ask whether there is one. False when there is none. */
export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
