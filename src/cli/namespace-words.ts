/** -s of tlxc-attach and tlxc-unshare: MOUNT|PID|…, as LXC spells them. */
import type { Namespace } from '../plan/types.ts';
import { usageError } from './usage.ts';

/** LXC's own three names, and the kernel's, which may be in capitals. */
const NAMES: Readonly<Record<string, Namespace>> = {
  ...{ MOUNT: 'mount', UTSNAME: 'uts', NETWORK: 'net' },
  ...{
    mnt: 'mount',
    uts: 'uts',
    net: 'net',
    pid: 'pid',
    ipc: 'ipc',
    user: 'user',
    cgroup: 'cgroup',
    time: 'time',
  },
  ...{
    MNT: 'mount',
    UTS: 'uts',
    NET: 'net',
    PID: 'pid',
    IPC: 'ipc',
    USER: 'user',
    CGROUP: 'cgroup',
    TIME: 'time',
  },
};

/** Empty words between bars are none, as for LXC. Throws TLXC_E_USAGE; something must be named. */
export function parseNamespaceWords(text: string): Namespace[] {
  const words = text.split('|').filter(Boolean);
  const namespaces = words.map((word) => (Object.hasOwn(NAMES, word) ? NAMES[word] : undefined));
  const wrong =
    words.find((_, index) => namespaces[index] === undefined) ?? (words.length === 0 ? text : undefined);
  if (wrong === undefined) return [...new Set(namespaces as Namespace[])];
  throw usageError(
    `-s takes MOUNT, PID, UTSNAME, IPC, USER, NETWORK, CGROUP and TIME joined by "|", not ${JSON.stringify(wrong)}`,
  );
}
