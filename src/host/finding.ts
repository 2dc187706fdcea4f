/** What a check of the host found: one line of tlxc-doctor, and what mends it. */

export interface Finding {
  /** What was looked at: "cgroups", "bridge". */
  readonly what: string;
  /** ok; warning: containers run, with something missing; problem: some will not run. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** One line, in words. */
  readonly found: string;
  /** The command that mends it, or what to do where no command can; "" where nothing is to be mended. */
  readonly mend: string;
}

type Make = (what: string, found: string, mend: string) => Finding;

export const fine = (what: string, found: string): Finding => ({ what, level: 'ok', found, mend: '' });
export const warning: Make = (what, found, mend) => ({ what, level: 'warning', found, mend });
export const problem: Make = (what, found, mend) => ({ what, level: 'problem', found, mend });
