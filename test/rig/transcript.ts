/** Every error that a command tells has an object, a reason and a remedy. Each world of a test's looks that it is so. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './process.ts';
import { PROGRESS } from './progress-lines.ts';

/** A hint, what is allowed, the word that is wrong, a command that mends it, or the whole help. */
const REMEDY = /^ {2,}(hint|mend|allowed): |; mend: |^ +\^|did you mean |"hint":"|"mend":"|^Usage: /m;

/** How somebody's own command ended is no error of ours, and tlxc-user-nic speaks to programs. */
const ERROR =
  /^(?!tlxc-user-nic: |tlxc-(?:unshare|usernsexec): \S+: (?:exit status \d+|Killed)$)(tlxc\S*): (.*)/;

interface Told {
  /** tlxc-start */
  readonly program: string;
  readonly message: string;
  /** What is indented below it. */
  readonly more: string;
}

interface ErrorObject {
  readonly level: string;
  readonly command: string;
  readonly message: string;
  readonly object: string | null;
  readonly hint: string | null;
  readonly problems: readonly { readonly message: string }[];
  readonly findings: readonly { readonly mend: string }[];
}

/** What --json tells is as much as what people are told. */
function fromJson(line: string): readonly Told[] {
  const { level, command, message, object, hint, problems, findings } = JSON.parse(line) as ErrorObject;
  if (level !== 'error') return [];
  const more = [
    ...(hint === null ? [] : [`  hint: ${hint}`]),
    ...problems.map((problem) => `  ^ ${problem.message}`),
    ...findings.map(({ mend }) => `  mend: ${mend}`),
  ];
  return [
    { program: command, message: object === null ? message : `${object}: ${message}`, more: more.join('\n') },
  ];
}

/** A warning, what is said of work that goes on, and the sum of what was told one by one. */
const NOTE = /(^|: )(warning|waiting for it to shut down): |^\d+ of \d+ containers? .*:$/;

/** The errors in it; notes are none. */
function errorsIn(stderr: string): readonly Told[] {
  const blocks = stderr.split(/\n(?! )/);
  return blocks.flatMap((block) => {
    if (block.startsWith('{"level":')) return fromJson(block.trimEnd());
    const [, program = '', message = ''] = ERROR.exec(block) ?? [];
    const isNote = NOTE.test(message) || PROGRESS.test(message);
    return program === '' || isNote
      ? []
      : [{ program, message, more: block.split('\n').slice(1).join('\n') }];
  });
}

/** A name that it begins with, a path, a name or key with a dot, an option, a number, or what is quoted. */
const NAMED = /^[\w.-]+: |["'][^"']+["']|\/\S|(^|\s)-{1,2}\w|\b[a-z]\w*\.[a-z]|\bprogram \w|\d/;

/** LXC's words, of what nobody has named: the command itself is what they are about. */
const OF_NOTHING =
  /^(No container name specified|A (command to execute in the new namespace|namespace to execute command) is required)$/;

/** Whether it says of which thing it speaks: of a word of the command's own, or of one that shows that it names something. */
const namesObject = (command: string, message: string): boolean =>
  NAMED.test(message) ||
  OF_NOTHING.test(message) ||
  command.split(/[\s'"=:/]+/).some((word) => word !== '' && message.split(/[\s:,]+/).includes(word));

/** That something has failed, and not a word of why. */
const VAGUE = /\b(fail(ed|s)?|could not( be \w+)?|cannot( be \w+)?|not possible|an? (unknown )?error)$/i;

const hasReason = ({ message, more }: Told): boolean =>
  !VAGUE.test(message) || /^ {2,}(?!hint: )\S/m.test(more);

const manual = (command: string): string => join(import.meta.dirname, '../../man', `${command}.1`);

/** Commands that a hint offers: they exist, and take the options that are given to them there. */
function misled(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w/.-])(tlxc-[a-z]+)((?: +-{1,2}[A-Za-z][\w-]*)*)/g)].flatMap(
    ([, command = '', options = '']) => {
      // Programs and settings of TLXC's own are not typed.
      if (!existsSync(manual(command)))
        return existsSync(join(import.meta.dirname, '../../bin', `${command}.js`))
          ? []
          : [`there is no ${command}`];
      const page = readFileSync(manual(command), 'utf8').replaceAll('\\-', '-');
      return options
        .split(/ +/)
        .filter((option) => option !== '' && !page.includes(option))
        .map((option) => `${command} takes no ${option}`);
    },
  );
}

function faultsOf(command: string, told: Told): readonly string[] {
  const all = `${told.message}\n${told.more}`;
  return [
    ...(namesObject(command, told.message) ? [] : ['it names no object']),
    ...(hasReason(told) ? [] : ['it gives no reason']),
    ...(REMEDY.test(all) ? [] : ['nothing is said of what can be done']),
    ...(/^ {2,}(?:hint|mend): .*/m.exec(told.more) ?? []).flatMap((line) => misled(line)),
  ];
}

/** What its errors lack, with what it said; undefined where nothing is lacking, or it did not fail. */
export function faultsIn(command: string, { code, stderr }: Outcome): string | undefined {
  // 126 and 127 are a command's that could not be run in the container: there it is as in any shell.
  if ([0, 126, 127].includes(code ?? 1) || /^Usage: /m.test(stderr)) return undefined;
  const faults = errorsIn(stderr).flatMap((told) => faultsOf(command, told));
  return faults.length === 0
    ? undefined
    : `$ ${command}\n${stderr}${faults.map((fault) => `  ^ ${fault}\n`).join('')}`;
}
