/** What becomes the container's PID 1, as whom, where, and with which environment. */
import { isMapped } from './idmap.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import type { StartPlan } from './types.ts';

export function compileInit(compilation: Compilation): StartPlan['init'] {
  const { config, options, findings } = compilation;
  const { cmd, cwd, uid, gid } = config.init;
  const commanded = options.command !== undefined && options.command.length > 0;
  const argv = commanded ? (options.command ?? []) : (cmd?.value ?? ['/sbin/init']);
  for (const [kind, id] of [
    ['uid', uid],
    ['gid', gid],
  ] as const)
    if (!isMapped(config.idmap, kind, id))
      findings.refuse(undefined, `lxc.init.${kind} = ${id}: not mapped by lxc.idmap`);
  return {
    argv: [...argv],
    cwd: cwd?.value ?? '/',
    uid,
    gid,
    environment: [
      'container=lxc',
      ...[...config.environment, ...config.environmentRuntime].map((each) => each.value),
    ],
    personality: config.arch?.value ?? '',
    origin: commanded || cmd === undefined ? NO_ORIGIN : originOf(cmd.at),
  };
}
