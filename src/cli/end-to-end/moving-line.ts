import { styleText } from 'node:util';
import { unicode } from '@clack/prompts';

/** A line at the bottom of a terminal that moves while something goes on. */
export interface MovingLine {
  show(text: string): void;
  /** Leaves nothing of it. */
  clear(): void;
}

/** What it needs of a terminal. */
export interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

const frames = unicode ? ['◒', '◐', '◓', '◑'] : ['•', 'o', 'O', '0'];
const frameMs = 80;

/**
 * Looks like the spinner of the prompts around it. Theirs reads the keyboard raw, so that Ctrl-C is no signal, and then ends the process with 0: before the number is given back.
 */
export function movingLine(terminal: Terminal): MovingLine {
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  let says = '';
  let sinceMs = 0;

  function draw(): void {
    const seconds = Math.floor((performance.now() - sinceMs) / 1_000);
    const { columns = 0 } = terminal;
    // One that wrapped would be left behind.
    const text = `${says}  ${seconds} s`.slice(0, (columns > 0 ? columns : 80) - 4);
    terminal.write(`\r\u001B[2K${styleText('magenta', frames[frame++ % frames.length]!)}  ${text}`);
  }

  return {
    show(text) {
      says = text;
      if (!timer) {
        sinceMs = performance.now();
        timer = setInterval(draw, frameMs);
      }
      draw();
    },
    clear() {
      if (!timer) return;
      clearInterval(timer);
      timer = undefined;
      terminal.write('\r\u001B[2K');
    },
  };
}
