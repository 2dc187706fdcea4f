/** tlxc-doctor: what of the host stands in the way of containers, and the command that mends it; what was refused to containers. */
import { explainDenials, type Denial, type Denials } from '../container/denials.ts';
import { examineHost } from '../container/doctor.ts';
import type { Finding } from '../host/finding.ts';
import { painter, type Colour } from './colour.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText, printable } from './printable.ts';
import { usageError } from './usage.ts';

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

/** CONTAINER: what it may not, who tried it, and below it what would allow that. */
function describeDenial({
  container,
  action,
  command,
  pid,
  count,
  last,
  allow,
  advice,
  risk,
}: Denial): string[] {
  const often = count === 1 ? '' : `, ${count} times`;
  const who = `${command} (pid ${pid})${often}, last ${last}`;
  return [
    `${container ?? '(a container)'}: may not ${action}`,
    `    tried by: ${who}`,
    ...allow.map((line) => `    to allow: ${line}`),
    `    ${allow.length === 0 ? 'to allow' : '    note'}: ${advice}`,
    `        risk: ${risk}`,
  ].map((line) => printable(line));
}

function denialLines({ denials, dropped }: Denials, name: string): string[] {
  const whose = name === '' ? 'containers here' : name;
  const none = `nothing that AppArmor or seccomp refused ${whose} is in the kernel's records; rules that say deny, and calls that a policy answers with an error, leave none`;
  const lost = `the kernel left ${dropped} messages away, since there were too many: some of them may be missing here`;
  return [
    ...(denials.length === 0 ? [none] : denials.flatMap(describeDenial)),
    ...(dropped === 0 ? [] : [lost]),
  ];
}

function tellDenials(invocation: Invocation, { env: environment, stdout }: CommandContext): number {
  const { system, lxcpath, name, options } = invocation;
  const file = options['denials'];
  const given = typeof file === 'string' ? { file } : {};
  const found = explainDenials({ system, lxcpath, environment }, { name, ...given });
  stdout.write(options['json'] === true ? jsonText(found) : `${denialLines(found, name).join('\n')}\n`);
  return 0;
}

async function doctor(invocation: Invocation, context: CommandContext): Promise<number> {
  const { system, lxcpath, options, name } = invocation;
  if (options['denials'] !== undefined) return tellDenials(invocation, context);
  if (name !== '')
    throw usageError(
      'a container is looked at for what it was refused alone',
      `tlxc-doctor --denials -n ${name} does that; without a name the host is looked at`,
    );
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
    usage: '[--json]\n--denials[=FILE] [-n NAME] [--json]',
    options: [
      {
        flags: '--denials [FILE]',
        description:
          'What AppArmor and seccomp have refused to containers, and the line\nthat would allow it; by the records in FILE (dmesg, audit.log)',
      },
      { flags: '--json', description: 'Show what was found as JSON' },
    ],
    name: 'optional',
    rest: 'none',
  },
  doctor,
);
