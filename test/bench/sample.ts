/** Times commands in turns. */
import { spawnSync } from 'node:child_process';

/** A command, or that of a round; the first, which is not timed, is -1. */
type Command = readonly string[] | ((round: number) => readonly string[]);

export interface Step {
  readonly argv: Command;
  /** Brings about the state that the round begins with; not timed. */
  readonly before?: Command;
  /** Brings the state back that the next round begins with; not timed. */
  readonly after?: Command;
}

const inRound = (command: Command, round: number): readonly string[] =>
  typeof command === 'function' ? command(round) : command;

export function run(argv: readonly string[]): string {
  const [file = '', ...args] = argv;
  const { status, error, stdout, stderr } = spawnSync(file, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return stdout;
  throw new Error(`${argv.join(' ')}: ${error?.message ?? `exit ${status}`}\n${stdout}${stderr}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

/**
 * Milliseconds of each round by step. A round runs every step once, so that what disturbs one disturbs all; every other round in
 * reverse order, so that none always comes after the same.
 */
export function sample(steps: readonly Step[], rounds: number): ReadonlyMap<Step, readonly number[]> {
  const times = new Map(steps.map((step) => [step, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const step of round % 2 === 0 ? steps : [...steps].reverse()) {
      if (step.before) run(inRound(step.before, round));
      const argv = inRound(step.argv, round);
      const begin = performance.now();
      run(argv);
      // The first round fills the page cache.
      if (round >= 0) times.get(step)?.push(performance.now() - begin);
      if (step.after) run(inRound(step.after, round));
    }
  }
  return times;
}
