/** overlay: another tree below, what the container changes in CT/overlay/delta. Nothing is copied. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { refuseForeign } from '../host/forged-image.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { liesOnOverlay } from '../host/mounts.ts';
import { runProgram } from '../host/program.ts';
import { copyOwner, copyTree } from '../host/trees.ts';
import { overlayNotes } from '../host/user-namespace.ts';
import type { Backend, Circumstances, NewRootfs, Place, VolumeOptions } from './backend.ts';
import { filesystemOf, mountedView } from './filesystem.ts';
import { fillLimited, sizeObstacle, usageOfTree } from './limited.ts';
import type { View } from './view.ts';
import { partsOf, topFirst } from './volume.ts';

function obstacle(circumstances: Circumstances, options: VolumeOptions): string | null {
  const { host, idmapped, lxcpath } = circumstances;
  if (!host.overlay) return 'cannot be used: this kernel has no overlayfs';
  const owned = overlayNotes(host).length > 0;
  if (!owned && idmapped && !host.overlayOnIdmapped)
    return `cannot be used unprivileged: Linux ${host.kernelRelease} has no overlayfs on idmapped layers (5.19 has)`;
  if (owned && !kernelAtLeast(host.kernelRelease, 5, 11))
    return `cannot be used by users: Linux ${host.kernelRelease} lets only the machine's root mount an overlayfs (5.11 others, too)`;
  if (liesOnOverlay(lxcpath)) return `cannot be used: ${lxcpath} lies on an overlay itself`;
  return sizeObstacle(circumstances, options);
}

/** The directory for changes, filled, with the one beside it that overlayfs works in: start expects it there. */
async function makeDelta(
  { staging, options }: Place,
  fill: (delta: string) => Promise<void>,
): Promise<{ delta: string; work: string }> {
  const changes = join(staging, 'overlay');
  const [delta, work] = [join(changes, 'delta'), join(changes, 'work')];
  mkdirSync(changes, { mode: 0o755 });
  // Both are of one project: overlayfs moves from one to the other what it has made.
  await fillLimited(changes, options.fssize, async () => {
    mkdirSync(delta, { mode: 0o755 });
    mkdirSync(work, { mode: 0o700 });
    await fill(delta);
  });
  return { delta, work };
}

/** Layers as directories, topmost first: an image among them is mounted at a place of its own. */
function seen(layers: readonly string[], mountPoint: () => string): View {
  const views = layers.map((layer) => {
    if (statSync(layer, { throwIfNoEntry: false })?.isFile() !== true) return { words: [], layers: [layer] };
    refuseForeign(layer);
    return mountedView(layer, mountPoint(), { fstype: filesystemOf(layer) });
  });
  return { words: views.flatMap(({ words }) => words), layers: views.flatMap((view) => view.layers) };
}

/** The container's own places for that, empty directories. */
function placesIn(staging: string): () => string {
  let number = 0;
  return () => {
    const place = join(staging, `overlay/lower${number++}`);
    mkdirSync(place, { mode: 0o700 });
    return place;
  };
}

const made = ({ final, staging }: Place, delta: string, lowers: readonly string[]): NewRootfs => ({
  path: ['overlay', ...lowers].join(':') + `:${join(final, 'overlay/delta')}`,
  view: seen([delta, ...lowers], placesIn(staging)),
  needs: lowers,
});

/** The root of the merged tree takes owner and mode from the upper directory. */
async function copyRoot({ words, layers: [tree = ''] }: View, delta: string, work: string): Promise<void> {
  if (words.length === 0) {
    chmodSync(delta, statSync(tree).mode & 0o7777);
    await copyOwner(tree, delta, work);
    return;
  }
  const line = 'chown --reference="$1" -- "$2" "$3" && chmod --reference="$1" -- "$2"';
  const failure = { code: 'TLXC_E_STORAGE', what: 'the image could not be mounted' } as const;
  await runProgram([...words, 'sh', '-c', line, 'chown', tree, delta, work], failure);
}

export const overlayBackend: Backend = {
  name: 'overlay',
  snapshots: true,
  running: 'frozen',
  limited: true,
  takes: ['fssize'],
  obstacle: (circumstances, options) => Promise.resolve(obstacle(circumstances, options)),
  async create(place, tree) {
    if (tree.words.length > 0 && tree.lowers === undefined) {
      throw new TlxcError({
        code: 'TLXC_E_UNSUPPORTED',
        message: 'an overlay cannot lie over what has to be mounted first',
        hint: 'choose another type (-B)',
      });
    }
    const { delta, work } = await makeDelta(place, () => Promise.resolve());
    await copyRoot(tree, delta, work);
    return made(place, delta, tree.lowers ?? tree.layers);
  },
  /** The layers below stay whose they are (an image's); what the source changed is copied. */
  async copy(place, path) {
    const parts = partsOf(`overlay:${path}`);
    const { delta, work } = await makeDelta(place, (to) =>
      copyTree(parts.at(-1) ?? '', to, { onStage: place.onStage }),
    );
    await copyOwner(delta, work);
    return made(place, delta, parts.slice(0, -1));
  },
  view: (path, mountPoint) => seen(topFirst(partsOf(`overlay:${path}`)), mountPoint),
  usage: (paths) =>
    Promise.resolve(paths.map((path) => usageOfTree(partsOf(`overlay:${path}`).at(-1) ?? ''))),
};
