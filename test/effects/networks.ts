/** What effects of network keys are seen with: the world's own network, and containers in it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot, type Booted } from './effect.ts';
import { addBusybox } from '../rig/containers.ts';
import type { Feature } from '../rig/requires.ts';
import type { World } from '../rig/world.ts';

export const networked: readonly Feature[] = ['root', 'userns', 'idmap', 'busybox', 'veth', 'bridge'];

/** Lines of the first interface, which is up. */
export const net = (type: string, ...lines: readonly string[]): string[] =>
  [`type = ${type}`, 'flags = up', ...lines].map((line) => `lxc.net.0.${line}`);

/** br0: a bridge with a port that is up, 10.5.0.1/24 and fd05::1/64. */
const BRIDGE = `
ip link add br0 type bridge
ip link set br0 address 02:00:00:00:05:01 mtu 1400
ip link add port0 type veth peer name port1
ip link set port0 master br0; ip link set port0 up; ip link set port1 up
ip addr add 10.5.0.1/24 dev br0; ip addr add fd05::1/64 dev br0 nodad
ip link set br0 up`;

/** nic0: an interface as hardware would be one, with a neighbour's end: 10.6.0.1/24 and fd06::1/64, no address of the host's. */
const NIC = `
ip link add nic0 type veth peer name far0
ip link set nic0 up; ip link set far0 up
ip addr add 10.6.0.1/24 dev far0; ip addr add fd06::1/64 dev far0 nodad`;

export const makeBridge = (world: World): Promise<void> => world.furnish(BRIDGE);
export const makeNic = (world: World): Promise<void> => world.furnish(NIC);

/** Ends c1 without asking it. */
export const stop = (world: World): Promise<string> => world.sh('tlxc-stop -k -n c1');

/** c1 with these lines, instead of what it was before. */
export async function start(world: World, lines: readonly string[]): Promise<Booted> {
  await forget(world);
  return boot(world, lines);
}

async function forget(world: World): Promise<void> {
  const directory = join(world.lxcpath, 'c1');
  if (!existsSync(directory)) return;
  await world.run('tlxc-stop', '-k', '-n', 'c1');
  rmSync(directory, { recursive: true });
}

/** c1 with a veth on br0. */
export async function onBridge(world: World, ...lines: readonly string[]): Promise<Booted> {
  await makeBridge(world);
  return start(world, net('veth', 'link = br0', ...lines));
}

/** c1 with an interface on nic0. */
export async function onNic(world: World, type: string, ...lines: readonly string[]): Promise<Booted> {
  await makeNic(world);
  return start(world, net(type, 'link = nic0', ...lines));
}

/** What a start that must fail says, with the line that it blames. */
export async function refusal(world: World, lines: readonly string[]): Promise<string> {
  await forget(world);
  addBusybox(world, 'c1', { config: lines });
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
  if (code === 0) throw new Error('it started');
  return stderr;
}

/** A program that writes its arguments and its LXC_* variables to DIR/NAME, and then does what is left to do. */
export function recorder(world: World, name: string, last = ''): string {
  const file = join(world.dir, `${name}.sh`);
  const words = `{ echo "$@"; env | sort | grep ^LXC_; } >${join(world.dir, name)}\n${last}`;
  writeFileSync(file, `#!/bin/sh\n${words}\n`, { mode: 0o755 });
  return file;
}

export const recorded = (world: World, name: string): string => readFileSync(join(world.dir, name), 'utf8');
