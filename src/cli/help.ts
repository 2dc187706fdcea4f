/** The texts of --help and --usage, laid out as LXC's. */
import type { CommandSpec, Option, OptionSet } from './options.ts';

function flagText({ short, long, argument, valueName }: Option): string {
  const letter = short ? `-${short}, ` : '    ';
  const name = `${letter}--${long}`;
  if (argument === 'none') return name;
  return argument === 'optional' ? `${name}[=${valueName}]` : `${name}=${valueName}`;
}

function table(options: readonly Option[]): string[] {
  const shown = options.filter(({ hidden, description }) => !hidden && description !== '');
  const width = Math.max(...shown.map((option) => flagText(option).length)) + 2;
  return shown.flatMap((option) => {
    const [first = '', ...more] = option.description.split('\n');
    return [
      `  ${flagText(option).padEnd(width)}${first}`,
      ...more.map((line) => `  ${' '.repeat(width)}${line}`),
    ];
  });
}

/** What --help prints. */
export function helpText(spec: CommandSpec, { own, common }: OptionSet): string {
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
    ...table(common),
    '',
    'Arguments that a long option must or may have, its short form must or may have too.',
    '',
    `The manual page ${spec.program}(1) tells more.`,
    '',
    '',
  ].join('\n');
}

/** What --usage prints: every option in brackets, four a line. */
export function usageText(program: string, { own, common }: OptionSet): string {
  const bracket = ({ short, long, argument, valueName }: Option) => {
    const name = [short && `-${short}`, long && `--${long}`].filter(Boolean).join('|');
    if (argument === 'none') return `[${name}] `;
    return argument === 'optional' ? `[${name}[=${valueName}]] ` : `[${name}=${valueName}] `;
  };
  const cells = [...own, ...common].filter((option) => !option.hidden).map(bracket);
  const rows: string[] = [];
  for (let at = 0; at < cells.length; at += 4) rows.push(cells.slice(at, at + 4).join(''));
  return `Usage: ${program} ${rows.join('\n\t')}\n`;
}
