/** tlxc-doctor: what of the host stands in the way of containers, and the command that mends it. */
import { examineHost } from '../container/doctor.ts';
import type { Finding } from '../host/finding.ts';
import { painter, type Colour } from './colour.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText, printable } from './printable.ts';

const COLOURS: Readonly<Record<Finding['level'], Colour>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
};
const LEVEL_WIDTH = 'problem'.length;

/** WHAT LEVEL FOUND, and below it the mend. */
function describe(findings: readonly Finding[], context: CommandContext): string[] {
  const paint = painter(context);
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.flatMap(({ what, level, found, mend }) => {
    const mark = paint(COLOURS[level], level) + ' '.repeat(LEVEL_WIDTH - level.length);
    const rest = mend === '' ? [] : [`${' '.repeat(width + LEVEL_WIDTH + 4)}mend: ${printable(mend)}`];
    return [`${what.padEnd(width)}  ${mark}  ${printable(found)}`, ...rest];
  });
}

const count = (findings: readonly Finding[], level: Finding['level']): number =>
  findings.filter((finding) => finding.level === level).length;

async function doctor({ system, lxcpath, options }: Invocation, context: CommandContext): Promise<number> {
  const findings = await examineHost({ system, lxcpath, environment: context.env });
  const problems = count(findings, 'problem');
  const lines = describe(findings, context);
  context.stdout.write(
    options['json'] === true ? jsonText({ ok: problems === 0, findings }) : `${lines.join('\n')}\n`,
  );
  return problems === 0 ? 0 : 1;
}

export default defineCommand(
  {
    program: 'tlxc-doctor',
    summary: 'looks for what on this host stands in the way of containers',
    usage: '[--json]',
    options: [{ flags: '--json', description: 'Show what was found as JSON' }],
    name: 'none',
    rest: 'none',
  },
  doctor,
);
