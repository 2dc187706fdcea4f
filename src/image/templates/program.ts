/**
 * A template that is a program, by LXC's calling convention: PROGRAM --path=DIR --name=NAME --rootfs=ROOTFS ARGS.
 * It fills ROOTFS and adds lines to DIR/config. It runs as root on the host, or as root of a user's own user namespace
 * with --mapped-uid and --mapped-gid, the user's own ids in there; so it must be one that the person chose.
 */
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { asRootOf, ownIdIn, withOwnIds, type Mapping } from '../../host/mapped.ts';
import type { HostFacts } from '../../host/facts.ts';
import { probeHost } from '../../host/probe.ts';
import { shellWord } from '../../shell-word.ts';
import { programError, runProgram, startProgram } from '../../host/program.ts';

export interface TemplateProgram {
  readonly program: string;
  /** What it is asked for by, with -t; its path unless given. */
  readonly template?: string;
  readonly path: string;
  readonly name: string;
  readonly rootfs: string;
  readonly args: readonly string[];
  readonly mapping: Mapping | null;
  readonly environment: Environment;
  /** Standard streams handed over as they are; else `onLine` gets what it writes and it reads nothing. */
  readonly stdio?: readonly [number, number, number];
  readonly onLine: (line: string) => void;
  /** Whoever sits there sees what the program writes: its failure does not say it once more. */
  readonly outputSeen?: boolean;
}

/** Its own mounts and processes: none of either outlives it, and all die with us. */
const CONTAINED = [
  'unshare',
  '--mount',
  '--propagation',
  'slave',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  '--',
];

/** Throws TLXC_E_TEMPLATE with the program's last words where it does not exit 0. */
export async function runTemplateProgram(template: TemplateProgram): Promise<void> {
  const { program, stdio, onLine, rootfs } = template;
  const host = probeHost();
  const mapping = template.mapping && withOwnIds(template.mapping, host);
  if (mapping) await runProgram(asRootOf(mapping, ['chown', '0:0', '--', rootfs]), failed(template));
  const places = [`--path=${template.path}`, `--name=${template.name}`, `--rootfs=${rootfs}`];
  const words = [...places, ...ownIds(template.mapping, host), ...template.args];
  const running = startProgram(asRootOf(mapping, [...CONTAINED, program, ...words]), {
    environment: templateEnvironment(template.environment),
    stdout: stdio?.[1] ?? onLine,
    ...(stdio ? { stdin: stdio[0], stderr: stdio[2] } : { onErrorLine: onLine }),
  });
  const ended = await running.ended.catch((cause: unknown) => {
    throw new TlxcError({
      code: 'TLXC_E_TEMPLATE',
      message: `the template ${program} could not be started`,
      cause,
      hint: 'it must be executable, and the program in its first line (#!) be there',
    });
  });
  if (ended.status !== 0) {
    throw programError({ ...ended, program }, { ...failed(template), seen: template.outputSeen === true });
  }
}

const failed = ({ program, template = program }: TemplateProgram) => ({
  code: 'TLXC_E_TEMPLATE' as const,
  what: `the template ${program} failed`,
  hint: `mend what it complains of, and try again; tlxc-create -t ${shellWord(template)} -h shows what it takes`,
});

/** Where withOwnIds puts them. */
const ownIds = (mapping: Mapping | null, { uid, gid }: Pick<HostFacts, 'uid' | 'gid'>): string[] =>
  mapping === null
    ? []
    : [`--mapped-uid=${ownIdIn(mapping, 'uid', uid)}`, `--mapped-gid=${ownIdIn(mapping, 'gid', gid)}`];

function templateEnvironment(environment: TemplateProgram['environment']): Record<string, string> {
  const given = Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const path = environment['PATH'] ?? '';
  return {
    ...Object.fromEntries(given),
    PATH: `${path === '' ? '' : `${path}:`}/usr/sbin:/usr/bin:/sbin:/bin`,
  };
}
