/** Which kinds of network interfaces the running kernel can make: asked by making one, in a network namespace that ends with the question. */
import { spawnSync } from 'node:child_process';

/** What each kind needs besides its name: some are made upon another interface. */
const MAKING = {
  veth: 'ip link add t0 type veth peer name t1',
  bridge: 'ip link add t0 type bridge',
  macvlan: 'ip link add t0 type veth peer name t2 && ip link add t1 link t0 type macvlan',
  ipvlan: 'ip link add t0 type veth peer name t2 && ip link add t1 link t0 type ipvlan',
  vlan: 'ip link add t0 type veth peer name t2 && ip link add t1 link t0 type vlan id 5',
} as const;

export type LinkKind = keyof typeof MAKING;

const TIMEOUT_MS = 5000;

/** undefined where it cannot be asked: ip(8) is not installed, or the caller may make no network namespace. */
export function canMakeLink(kind: LinkKind): boolean | undefined {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const { status, stderr } = spawnSync('unshare', [...user, '--net', 'sh', '-c', MAKING[kind]], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  if (status === 0) return true;
  return /Unknown device type|Operation not supported/i.test(stderr) ? false : undefined;
}
