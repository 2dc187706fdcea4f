/** What becomes the container's PID 1, as whom, where, and with which environment. */
import { credentialEnvironment } from './credentials.ts';
import { isMapped } from './idmap.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import type { StartPlan } from './types.ts';

function compileGroups({ config, findings }: Compilation): number[] {
  for (const { value, at } of config.init.groups)
    if (!isMapped(config.idmap, 'gid', value))
      findings.refuse(at, `lxc.init.groups: gid ${value} is not mapped by lxc.idmap`);
  return config.init.groups.map(({ value }) => value);
}

function compileCoreScheduling({ config, options, findings }: Compilation): boolean {
  const { noCoreScheduling = '' } = options;
  if (config.coreScheduling !== undefined && noCoreScheduling !== '')
    findings.refuse(config.coreScheduling.at, `lxc.sched.core: ${noCoreScheduling}`);
  return config.coreScheduling !== undefined;
}

/** What is executed: the command line's command, lxc.init.cmd, or tlxc-init with the command below it. */
function compileCommand({
  config,
  options,
}: Compilation): Pick<StartPlan['init'], 'argv' | 'program' | 'origin'> {
  const { command = [], initProgram = '' } = options;
  const { cmd } = config.init;
  if (initProgram !== '') {
    const below = command.length > 0 ? ['--', ...command] : [];
    return { argv: ['tlxc-init', ...below], program: initProgram, origin: NO_ORIGIN };
  }
  if (command.length > 0) return { argv: [...command], program: '', origin: NO_ORIGIN };
  const argv = [...(cmd?.value ?? ['/sbin/init'])];
  return { argv, program: '', origin: cmd === undefined ? NO_ORIGIN : originOf(cmd.at) };
}

export function compileInit(compilation: Compilation): StartPlan['init'] {
  const { config, findings } = compilation;
  const { cwd, uid, gid } = config.init;
  for (const [kind, id] of [
    ['uid', uid],
    ['gid', gid],
  ] as const)
    if (!isMapped(config.idmap, kind, id))
      findings.refuse(undefined, `lxc.init.${kind} = ${id}: not mapped by lxc.idmap`);
  return {
    ...compileCommand(compilation),
    cwd: cwd?.value ?? '/',
    uid,
    gid,
    groups: compileGroups(compilation),
    coreScheduling: compileCoreScheduling(compilation),
    environment: [
      'container=lxc',
      ...credentialEnvironment(compilation),
      ...[...config.environment, ...config.environmentRuntime].map((each) => each.value),
    ],
    personality: config.arch?.value ?? '',
  };
}
