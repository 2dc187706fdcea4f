/** A Debian without compilers, network and Node.js, to install packages in. */
import { spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { fileURLToPath } from 'node:url';
import { addDebian } from '../rig/containers.ts';
import { makeWorld, type World } from '../rig/world.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Runs a program of the build in the checkout, and gives what it prints; throws unless it exits 0. */
export function build(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')}: exit ${String(status)}\n${stdout}${stderr}`);
  return stdout.trim();
}

export interface Machine {
  readonly world: World;
  /** Copies a file or tree of the host's into the directory. */
  readonly push: (source: string, directory: string) => Promise<void>;
  /** A line of shell in it; throws with all it said unless it exits 0. */
  readonly sh: (line: string) => Promise<string>;
}

export interface MachineOptions {
  /** It boots, and may do what a host may: containers run in it. Otherwise it is a place for files, and nothing runs there. */
  readonly host?: boolean;
}

export async function bootMachine(
  t: ExecutionContext,
  { host = false }: MachineOptions = {},
): Promise<Machine> {
  const world = await makeWorld(t);
  const config = host
    ? ['lxc.mount.auto = proc:rw sys:rw cgroup:rw:force', 'lxc.include = /usr/share/tlxc/config/nesting.conf']
    : ['lxc.mount.auto = proc:mixed sys:ro cgroup:mixed'];
  addDebian(world, 'fresh', { privileged: host, config: ['lxc.net.0.type = empty', ...config] });
  await world.sh(`tlxc-start -n fresh ${host ? '--wait=ready' : '-- /bin/sleep 3600'}`);
  const machine = {
    world,
    push: async (source: string, directory: string) => {
      const { code, stderr } = await world.run('tlxc-file', 'push', '-r', '-p', source, `fresh${directory}/`);
      t.is(code, 0, stderr);
    },
    sh: async (line: string) => {
      const outcome = await world.run('tlxc-attach', '-n', 'fresh', '--', 'sh', '-ec', line);
      if (outcome.code === 0) return outcome.stdout;
      throw new Error(`${line}: exit ${String(outcome.code)}\n${outcome.stdout}${outcome.stderr}`);
    },
  };
  t.is(await machine.sh('command -v gcc cc make node || true'), '');
  return machine;
}

/** What an installed TLXC has to be able to do, wherever its parts lie. */
export async function useInstalled(t: ExecutionContext, { sh }: Machine): Promise<void> {
  t.regex(await sh('tlxc-start --version'), /^\d+\.\d+\.\d+\n$/);
  t.is(await sh('tlxc ls'), '');
  await sh('tlxc-create -t none -n u1 && tlxc-config explain -n u1 lxc.uts.name');
  t.is(await sh('tlxc-ls -1'), 'u1\n');
  // The addon is loaded, and a static program run: the container does not run.
  t.regex(await sh('tlxc-freeze -n u1 2>&1 || true'), /u1 is not running/);
  t.regex(await sh('tlxc-checkconfig'), /Kernel/);
}
