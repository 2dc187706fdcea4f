/** tlxc.mount.lxcfs: what lxcfs tells of the container, laid over what the kernel tells of the host. */
import type { ContainerConfig } from '../config/model.ts';
import type { Lxcfs } from '../host/lxcfs.ts';
import { originOf, type Compilation } from './input.ts';
import { bindStep } from './mount-steps.ts';
import type { TreeStep } from './types.ts';

/** That of Debian's lxcfs, which LXC's common.conf includes: it does all of it. */
const HOOK = /\/lxcfs\/lxc\.mount\.hook(\s|$)/;

const hasHook = ({ hooks }: ContainerConfig): boolean =>
  hooks.some(({ value: { hook, command } }) => hook === 'mount' && HOOK.test(command));

/** Whether a start has to look for lxcfs. */
export const wantsLxcfs = (config: ContainerConfig): boolean =>
  (config.lxcfs?.value ?? 'no') !== 'no' && !hasHook(config);

const MEND = 'on the host: systemctl restart lxcfs (tlxc-doctor tells of it)';
const GET = 'apt-get install lxcfs, and systemctl start lxcfs; or tlxc.mount.lxcfs = auto';

type Missing = Exclude<Lxcfs, { state: 'runs' }>;

function why(lxcfs: Missing): string {
  if (lxcfs.state === 'absent') return 'lxcfs does not run on this host';
  return lxcfs.state === 'dead'
    ? `lxcfs has ended and left its mount at ${lxcfs.at}`
    : `lxcfs at ${lxcfs.at} does not answer`;
}

/** Nothing is said of what nobody asked for and the host never had. */
function tellMissing(lxcfs: Missing, { config, findings }: Compilation): void {
  const at = config.lxcfs?.at;
  const isAbsent = lxcfs.state === 'absent';
  if (config.lxcfs?.value === 'yes')
    findings.refuse(at, `tlxc.mount.lxcfs: ${why(lxcfs)}`, isAbsent ? GET : MEND);
  else if (!isAbsent)
    findings.warn(
      at,
      `${why(lxcfs)}: free, nproc and uptime tell of the host inside; ${MEND}, then stop the container and start it`,
    );
}

/** Where the container has no such file, because it has no /proc or the kernel lacks it, there is nothing to cover. */
export function lxcfsMounts(compilation: Compilation): TreeStep[] {
  const { config, files } = compilation;
  if (!wantsLxcfs(config)) return [];
  const lxcfs = files.lxcfs ?? { state: 'absent' };
  if (lxcfs.state !== 'runs') {
    tellMissing(lxcfs, compilation);
    return [];
  }
  const written = new Set(config.mountEntries.map(({ value }) => value.target.replace(/^\/+/, '')));
  const origin = originOf(config.lxcfs?.at);
  const attributes = ['ro', 'nosuid', 'nodev', 'noexec'];
  return lxcfs.files
    .filter(({ target }) => !written.has(target))
    .map((file) => bindStep({ ...file, attributes, optional: true, origin }));
}
