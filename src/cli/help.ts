/** The texts of --help and --usage, laid out as LXC's. */
import type { CommandSpec, Option } from './command.ts';

const COMMON_HELP: readonly (readonly [string, string])[] = [
  ['-o, --logfile=FILE', 'Append the log to FILE'],
  ['-l, --logpriority=LEVEL', 'Log what is at least LEVEL (ERROR unless set)'],
  ['-q, --quiet', 'Print no errors; the exit status tells'],
  ['-P, --lxcpath=PATH', 'Look for containers in PATH'],
  ['-?, --help', 'Print this help'],
  ['    --usage', 'Print a short list of the options'],
  ['    --version', 'Print the version number'],
];

function flagText(option: Option): string {
  const value = option.valueName;
  const short = option.short ? `-${option.short}, ` : '    ';
  if (option.argument === 'none') return `${short}--${option.long}`;
  return option.argument === 'optional'
    ? `${short}--${option.long}[=${value}]`
    : `${short}--${option.long}=${value}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([flags]) => flags.length)) + 2;
  return rows.flatMap(([flags, text]) => {
    const [first = '', ...more] = text.split('\n');
    return [`  ${flags.padEnd(width)}${first}`, ...more.map((line) => `  ${' '.repeat(width)}${line}`)];
  });
}

/** What --help prints. */
export function helpText(spec: CommandSpec, options: readonly Option[]): string {
  const own: [string, string][] = options
    .filter((option) => !option.hidden)
    .map((option) => [flagText(option), option.description]);
  if (spec.name !== 'none') own.unshift(['-n, --name=NAME', 'NAME of the container']);
  const usage = spec.usage.split('\n').map((line) => `${spec.program} ${line}`.trimEnd());
  return [
    `Usage: ${usage.join('\n       ')}`,
    '',
    `${spec.program} ${spec.summary}`,
    '',
    'Options :',
    ...table(own),
    '',
    'Common options :',
    ...table(COMMON_HELP),
    '',
    'Arguments that a long option must or may have, its short form must or may have too.',
    '',
    `The manual page ${spec.program}(1) tells more.`,
    '',
    '',
  ].join('\n');
}

/** What --usage prints: every option in brackets, four a line. */
export function usageText(program: string, options: readonly Option[]): string {
  const bracket = ({ short, long, argument, valueName }: Option) => {
    const name = [short && `-${short}`, long && `--${long}`].filter(Boolean).join('|');
    if (argument === 'none') return `[${name}] `;
    return argument === 'optional' ? `[${name}[=${valueName}]] ` : `[${name}=${valueName}] `;
  };
  const cells = options.filter((option) => !option.hidden).map(bracket);
  const rows: string[] = [];
  for (let at = 0; at < cells.length; at += 4) rows.push(cells.slice(at, at + 4).join(''));
  return `Usage: ${program} ${rows.join('\n\t')}\n`;
}
