/** Which kinds of network interfaces the running kernel can make: asked by making one, in a network namespace that ends with the question. */
import { spawnSync } from 'node:child_process';
import { errnoName } from '../errno.ts';
import { nativeFile } from '../package-root.ts';
import { making, type LinkChange } from './link-changes.ts';

/** Some are made upon another interface. */
const upon = (kind: string, vlan = 0): LinkChange[] => [
  making('t0', 'veth'),
  { ...making('t1', kind), on: 't0', vlan },
];

const MAKING = {
  veth: [making('t0', 'veth')],
  bridge: [making('t0', 'bridge')],
  macvlan: upon('macvlan'),
  ipvlan: upon('ipvlan'),
  vlan: upon('vlan', 5),
} as const satisfies Readonly<Record<string, readonly LinkChange[]>>;

export type LinkKind = keyof typeof MAKING;

const TIMEOUT_MS = 5000;

/** undefined where it cannot be asked: the caller may make no network namespace. */
export function canMakeLink(kind: LinkKind): boolean | undefined {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const argv = [...user, '--net', nativeFile('tlxc-monitor'), 'change-links'];
  const { status, stdout } = spawnSync('unshare', argv, {
    input: JSON.stringify({ changes: MAKING[kind] }),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  if (status === 0) return true;
  return status === 1 && refusedKind(stdout, kind) ? false : undefined;
}

/** What tlxc-monitor has said is that the kernel knows no such kind. */
function refusedKind(said: string, kind: LinkKind): boolean {
  const failed = /^\{"kind":"failed".*\}$/m.exec(said)?.[0];
  if (failed === undefined) return false;
  const { syscall, errno } = JSON.parse(failed) as { readonly syscall: string; readonly errno: number };
  return syscall === `RTM_NEWLINK(${kind})` && errnoName(errno) === 'EOPNOTSUPP';
}
