/** The signals of a process that starts a container for whoever runs it. */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { heeded } from '../../host/ignored-signals.ts';

const PASSED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** From a terminal they reach the command themselves, which is in the same process group. */
const TYPED = ['SIGINT', 'SIGQUIT'] as const;

export interface Relay {
  /** What came before there was a command to give it to. */
  readonly early: () => NodeJS.Signals | undefined;
  readonly to: (child: ChildProcess) => void;
  readonly end: () => void;
}

/** Takes this process's signals for the command, from before the container starts: none may end us and leave it behind. */
export function relaySignals(): Relay {
  let command: ChildProcess | undefined;
  let early: NodeJS.Signals | undefined;
  const pass = (signal: NodeJS.Signals): void => {
    if (command === undefined) {
      // Who asks twice will not wait for a hook that hangs: the monitor has a deadline for it.
      if (early !== undefined) giveUp(signal);
      early = signal;
    } else if (!process.stdin.isTTY || !TYPED.some((each) => each === signal)) command.kill(signal);
  };
  const all = heeded([...PASSED, ...TYPED]);
  const end = (): void => {
    for (const signal of all) process.off(signal, pass);
  };
  const giveUp = (signal: NodeJS.Signals): void => {
    end();
    process.kill(process.pid, signal);
  };
  for (const signal of all) process.on(signal, pass);
  return {
    early: () => early,
    to: (child) => void (command = child),
    end,
  };
}

/** The exit status of what a signal has ended, as a shell has it. */
export const killedBy = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
