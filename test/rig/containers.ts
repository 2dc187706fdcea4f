/** Containers in a world, made by hand: for tests of what comes after create. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { busyboxSignals, makeBusyboxRootfs } from './busybox.ts';
import type { DebianRelease } from './cache.ts';
import { debianRootfsTar } from './debian.ts';
import type { World } from './world.ts';

export interface ContainerOptions {
  /** Lines of its configuration after those every container of this kind has. */
  readonly config?: readonly string[];
  /** Root inside is root outside. By default ids are mapped from unprivilegedBase on and the rootfs is idmapped. */
  readonly privileged?: boolean;
}

/** The first host id of a container that is not privileged. */
export const unprivilegedBase = 1_000_000;

const unprivileged = [
  `lxc.idmap = u 0 ${unprivilegedBase} 65536`,
  `lxc.idmap = g 0 ${unprivilegedBase} 65536`,
  'lxc.rootfs.options = idmap=container',
];

function writeConfig(
  world: World,
  name: string,
  { config = [], privileged = false }: ContainerOptions,
): void {
  const dir = join(world.lxcpath, name);
  const lines = [
    `lxc.rootfs.path = dir:${join(dir, 'rootfs')}`,
    `lxc.uts.name = ${name}`,
    ...(privileged ? [] : unprivileged),
    ...config,
  ];
  writeFileSync(join(dir, 'config'), lines.map((line) => `${line}\n`).join(''));
}

/** A busybox container without network: starts in milliseconds, stops at once. */
export function addBusybox(world: World, name: string, options: ContainerOptions = {}): void {
  makeBusyboxRootfs(join(world.lxcpath, name, 'rootfs'));
  const basics = ['lxc.mount.auto = proc:mixed sys:ro', ...busyboxSignals];
  const network = options.config?.some((line) => line.startsWith('lxc.net.'))
    ? []
    : ['lxc.net.0.type = empty'];
  writeConfig(world, name, { ...options, config: [...basics, ...network, ...(options.config ?? [])] });
}

/** A Debian container with systemd, DHCP on eth0; the first one of a machine takes a minute to make. */
export function addDebian(
  world: World,
  name: string,
  options: ContainerOptions = {},
  release: DebianRelease = 'bookworm',
): void {
  const rootfs = join(world.lxcpath, name, 'rootfs');
  mkdirSync(rootfs, { recursive: true });
  const tar = ['--extract', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--exclude=./dev/*'];
  const unpacked = spawnSync('tar', [...tar, '--file', debianRootfsTar(release), '--directory', rootfs], {
    encoding: 'utf8',
  });
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.stderr}`);
  writeConfig(world, name, options);
}
