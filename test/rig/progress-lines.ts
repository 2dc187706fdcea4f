/**
 * What a command says of work that takes ten seconds, in a line each (src/cli/progress.ts). How fast the machine is decides whether
 * it comes: no test sees it but those that ask for it.
 */
import type { Outcome } from './process.ts';

const SPAN = String.raw`(?:\d+ s|(?:\d+:)?\d+:\d\d)`;
const SHARE = String.raw`(?:\d+%, )?\d+ (?:of \d+ )?MiB, (?:[\d.]+ MiB/s, )?`;

/** The end of such a line. */
export const PROGRESS = new RegExp(`: (?:${SHARE})?${SPAN}(?: left)?$`);

const LINE = new RegExp(`^tlxc-[a-z-]+: .*${PROGRESS.source}\n`, 'gm');
/** A little less than the ten seconds that it takes, which are another clock's. */
const SLOW_MS = 9_500;

/** The outcome without them; one of a command that was quicker is left as it is. */
export const withoutProgress = (outcome: Outcome): Outcome =>
  outcome.milliseconds < SLOW_MS ? outcome : { ...outcome, stderr: outcome.stderr.replace(LINE, '') };
