/** ContainerConfig + host facts -> what it takes to have a stopped container's tree as the container sees it. Pure. */
import { TlxcError } from '../errors.ts';
import type { HostFacts } from '../host/facts.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { inOrder } from '../problem.ts';
import { Findings, type StartInput } from './input.ts';
import { compileIdmap } from './idmap.ts';
import { compileRootfs } from './rootfs.ts';
import type { Rooted, Rootfs } from './types.ts';

const NO_OPTIONS = { runDir: '', dnsRecord: '', foreground: false, share: {}, environment: {} };

/** As many layers as overlayfs takes. */
const MOST_LAYERS = 500;

/**
 * overlayfs makes notes in the directory for changes also when files are only looked up, and it is another one then for who
 * reads it: below an empty one in memory, with the same options, it is as it was, with what it hides and has moved. Users have that from Linux 6.6 on, as tlxc.rootfs.volatile.
 */
function unchanged(rootfs: Rootfs, { user, kernelRelease }: HostFacts): Rootfs {
  const isPossible = user === null || kernelAtLeast(kernelRelease, 6, 6);
  if (rootfs.kind !== 'overlay' || rootfs.upper === '' || !isPossible) return rootfs;
  const lower = [{ source: rootfs.upper, fstype: '' }, ...rootfs.lower];
  if (lower.length > MOST_LAYERS) return rootfs;
  return { ...rootfs, lower, upper: '', work: '', tmpfs: ['mode=0755'] };
}

interface RootedInput extends Omit<StartInput, 'options'> {
  /** Nothing is written in it. */
  readonly onlyRead?: boolean;
}

/** Throws TLXC_E_CONFIG where the root filesystem cannot be had so, TLXC_E_UNSUPPORTED where there is none. */
export function compileRooted(input: RootedInput): Rooted {
  const findings = new Findings(input.mistakes);
  const compilation = { ...input, findings, options: NO_OPTIONS };
  const configured = compileRootfs(compilation);
  const rootfs = input.onlyRead === true ? unchanged(configured, input.host) : configured;
  const idmap = compileIdmap(compilation);
  const container = input.config.name;
  if (findings.problems.length > 0)
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: 'the root filesystem cannot be reached as it is configured',
      container,
      problems: inOrder(findings.problems),
    });
  if (rootfs.kind === 'none')
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: 'the container has no root filesystem of its own: lxc.rootfs.path is none',
      container,
      hint: 'it has the files of the host; a container of its own has lxc.rootfs.path = DIRECTORY',
    });
  const { user } = input.host;
  return {
    // Files that are shifted by the mount have the container's ids on disk: whoever mounts them plainly sees those.
    rootfs: rootfs.idmap === 'container' ? { ...rootfs, idmap: '' } : rootfs,
    idmap: rootfs.idmap === 'container' ? [] : idmap,
    user: user && { newUidMap: user.newUidMap, newGidMap: user.newGidMap, nic: '' },
    running: false,
    mapped: false,
  };
}
