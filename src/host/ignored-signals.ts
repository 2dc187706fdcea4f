/** Signals that whoever called ignores (nohup, trap ''): bin/run.js has them ignored here, too. A handler of ours would undo that. */
export const ignoredSignals = (): readonly NodeJS.Signals[] =>
  (globalThis as { [key: symbol]: readonly NodeJS.Signals[] | undefined })[Symbol.for('tlxc.ignored')] ?? [];

/** Those that may be heeded. */
export const heeded = <Signal extends NodeJS.Signals>(signals: readonly Signal[]): readonly Signal[] =>
  signals.filter((signal) => !ignoredSignals().includes(signal));

/** A program's words, so that it ignores them, too: Node starts every child with all signals at their default. */
export function ignoringAsWell(argv: readonly string[]): readonly string[] {
  const names = ignoredSignals().map((name) => name.slice('SIG'.length));
  return names.length === 0 ? argv : ['sh', '-c', `trap '' ${names.join(' ')}; exec "$@"`, 'sh', ...argv];
}
