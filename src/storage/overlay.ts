/** overlay: another tree below, what the container changes in CT/overlay/delta. Nothing is copied. */
import { chmod, mkdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { copyOwner, copyTree } from '../host/trees.ts';
import type { Backend, Circumstances, NewRootfs, Place } from './backend.ts';
import { partsOf, topFirst } from './volume.ts';

const OVERLAYFS_MAGIC = 0x794c7630;

async function obstacle({ host, idmapped, lxcpath }: Circumstances): Promise<string | null> {
  if (!host.overlay) return 'cannot be used: this kernel has no overlayfs';
  if (host.user === null && idmapped && !host.overlayOnIdmapped)
    return `cannot be used unprivileged: Linux ${host.kernelRelease} has no overlayfs on idmapped layers (5.19 has)`;
  if (host.user !== null && !kernelAtLeast(host.kernelRelease, 5, 11))
    return `cannot be used by users: Linux ${host.kernelRelease} lets only root mount an overlayfs (5.11 others, too)`;
  const { type } = await statfs(lxcpath);
  return type === OVERLAYFS_MAGIC ? `cannot be used: ${lxcpath} lies on an overlay itself` : null;
}

/** The directory for changes, with the one beside it that overlayfs works in: start expects it there. */
async function makeDelta(staging: string): Promise<{ delta: string; work: string }> {
  const [delta, work] = [join(staging, 'overlay/delta'), join(staging, 'overlay/work')];
  await mkdir(delta, { recursive: true, mode: 0o755 });
  await mkdir(work, { mode: 0o700 });
  return { delta, work };
}

const made = ({ final }: Place, delta: string, lowers: readonly string[]): NewRootfs => ({
  path: ['overlay', ...lowers].join(':') + `:${join(final, 'overlay/delta')}`,
  view: { words: [], layers: [delta, ...lowers] },
  needs: lowers,
});

export const overlayBackend: Backend = {
  name: 'overlay',
  snapshots: true,
  running: 'frozen',
  takes: [],
  obstacle,
  async create(place, { words, layers: [tree = ''] }) {
    if (words.length > 0) {
      throw new TlxcError({
        code: 'TLXC_E_UNSUPPORTED',
        message: 'an overlay cannot lie over what has to be mounted first',
        hint: 'choose another type with -B',
      });
    }
    const { delta, work } = await makeDelta(place.staging);
    // The root of the merged tree takes owner and mode from the upper directory.
    await chmod(delta, (await stat(tree)).mode & 0o7777);
    await copyOwner(tree, delta, work);
    return made(place, delta, [tree]);
  },
  /** The layers below stay whose they are (an image's); what the source changed is copied. */
  async copy(place, path) {
    const parts = partsOf(`overlay:${path}`);
    const { delta, work } = await makeDelta(place.staging);
    await copyTree(parts.at(-1) ?? '', delta);
    await copyOwner(delta, work);
    return made(place, delta, parts.slice(0, -1));
  },
  view: (path) => ({ words: [], layers: topFirst(partsOf(`overlay:${path}`)) }),
};
