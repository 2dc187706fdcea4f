/** Signals that whoever called ignores (nohup, trap ''): what of them holds for programs that we run. */
import { constants } from 'node:os';

/** Signals that whoever called ignores (nohup, trap ''): bin/run.js has them ignored here, too. A handler of ours would undo that. */
export const ignoredSignals = (): readonly NodeJS.Signals[] =>
  (globalThis as { [key: symbol]: readonly NodeJS.Signals[] | undefined })[Symbol.for('tlxc.ignored')] ?? [];

/** Those that may be heeded. */
export const heeded = <Signal extends NodeJS.Signals>(signals: readonly Signal[]): readonly Signal[] =>
  signals.filter((signal) => !ignoredSignals().includes(signal));

/** The same for a command of ours that is run without its line of sh: bin/run.js reads it, as proc(5) writes SigIgn. */
export function ignoredMask(): Readonly<Record<string, string>> {
  const bits = ignoredSignals().reduce(
    (mask, name) => mask | (1n << BigInt(constants.signals[name] - 1)),
    0n,
  );
  return bits === 0n ? {} : { TLXC_IGNORED: bits.toString(16) };
}

/** A program's words, so that it ignores them, too: Node starts every child with all signals at their default. */
export function ignoringAsWell(argv: readonly string[]): readonly string[] {
  const names = ignoredSignals().map((name) => name.slice('SIG'.length));
  return names.length === 0 ? argv : ['sh', '-c', `trap '' ${names.join(' ')}; exec "$@"`, 'sh', ...argv];
}
