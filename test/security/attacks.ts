/** Attack programs, compiled when a test first needs them, and containers as tlxc-create makes them to try them on. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { staticProgram } from '../rig/programs.ts';
import type { World } from '../rig/world.ts';

/** The path of attacks/NAME.c as a static executable, which runs in any root filesystem. */
export const attackProgram = (name: string): string =>
  staticProgram(join(import.meta.dirname, 'attacks', `${name}.c`));

/** Puts attack programs into a container's root directory: "/probe". */
export function plant(world: World, container: string, ...names: readonly string[]): void {
  for (const name of names) copyFileSync(attackProgram(name), join(world.lxcpath, container, 'rootfs', name));
}

/** u2 is what tlxc-create gives, p3 what it gives with --privileged; full adds LXC's own privileges to that. */
export type Profile = 'u2' | 'p3' | 'full';

const options: Readonly<Record<Profile, readonly string[]>> = {
  u2: [],
  p3: ['--privileged'],
  full: ['--privileged'],
};

/** Creates a busybox container with the profile, without network, and its attack programs. */
export async function createContainer(
  world: World,
  name: string,
  profile: Profile,
  how: { readonly attacks?: readonly string[]; readonly config?: readonly string[] } = {},
): Promise<void> {
  const seed = join(world.dir, `${name}.seed`);
  const all = profile === 'full' ? ['lxc.include = /usr/share/tlxc/config/privileged.conf'] : [];
  writeFileSync(seed, [...all, 'lxc.net.0.type = empty', ...(how.config ?? []), ''].join('\n'));
  const words = ['-n', name, '-t', 'busybox', '-B', 'dir', '-f', seed, ...options[profile]];
  const { code, stderr } = await world.run('tlxc-create', ...words);
  if (code !== 0) throw new Error(stderr);
  plant(world, name, ...(how.attacks ?? []));
}
