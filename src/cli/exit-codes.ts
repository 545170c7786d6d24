/** What the exit code of every command means. Scripts rely on them. */
export const exitCodes = {
  done: 0,
  /** The service said no: a wrong code, a limit, a number that is none. */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No service answered, or it cannot answer right now. */
  unreachable: 3,
  /** The settings are not fit to start with (EX_CONFIG of sysexits.h). */
  configuration: 78,
  /** Ended by Ctrl-C or SIGTERM, in order (128 + SIGINT, as shells count). */
  interrupted: 130,
} as const;

/** How a command says what it came to. One that starts a service says nothing: it goes on. */
export type Finish = (exitCode: number) => void;
