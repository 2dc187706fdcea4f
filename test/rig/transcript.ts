/** Every error that a command tells says what can be done about it. Each world of a test's looks that it is so. */
import type { Outcome } from './process.ts';

/** A hint, what is allowed, the word that is wrong, a command that mends it, or the whole help. */
const REMEDY = /^ {2,}(hint|mend|allowed): |; mend: |^ +\^|did you mean |"hint":"|"mend":"|^Usage: /m;

/** How somebody's own command ended is no error of ours, and tlxc-user-nic speaks to programs. */
const ERROR = /^(?!tlxc-user-nic: |tlxc-(?:unshare|usernsexec): \S+: (?:exit status \d+|Killed)$)tlxc\S*: /m;

/** What it said where nothing of that is in it; undefined where it is, or it did not fail. */
export function withoutRemedy(command: string, { code, stderr }: Outcome): string | undefined {
  // 126 and 127 are a command's that could not be run in the container: there it is as in any shell.
  const isError = ![0, 126, 127].includes(code ?? 1) && ERROR.test(stderr);
  return isError && !REMEDY.test(stderr) ? `$ ${command}\n${stderr}` : undefined;
}
