/** The root filesystem, or one of several, of an archive, unpacked into what will hold it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unmeasured } from '../../gauge.ts';
import type { Mapping } from '../../host/mapped.ts';
import { moveTree, removeTree } from '../../host/trees.ts';
import { decoderOf } from '../../image/compression.ts';
import { MemberScan } from '../../image/member-scan.ts';
import { makePlaces, spaceAt } from '../../image/unpack.ts';
import { unpackTar } from '../../image/unpack-tar.ts';
import type { Backend, NewRootfs, Place } from '../../storage/backend.ts';
import { plainView } from '../../storage/view.ts';

export interface TreeSource {
  readonly archive: string;
  /** What stands before the tree's names in the archive, "rootfs"; "": nothing. */
  readonly prefix: string;
  /** Members that are left out: device nodes, and what is about the container. As they are named in the archive. */
  readonly excludes: readonly string[];
  /** Device nodes are made. */
  readonly devices: boolean;
  /** Large files of zeros, which compress to nothing, are expected. */
  readonly anyRatio: boolean;
  /** A plain user's; null: root's. */
  readonly mapping: Mapping | null;
}

/** Beside what will hold it, and on its filesystem: in a directory's place it is put by its name. */
const WORK = '.unpacked';

const both = (name: string): string[] => [name, `./${name}`];

/** tar's words for the members below the prefix, which they lose. */
function selection({ prefix, excludes }: TreeSource): string[] {
  const left = excludes.flatMap(both).map((name) => `--exclude=${name}`);
  if (prefix === '') return left;
  return [...left, `--transform=flags=rhS;s,^${prefix},.,`, prefix];
}

/** Throws TLXC_E_IMAGE for a damaged or hostile archive, TLXC_E_STORAGE. */
export async function fillFrom(source: TreeSource, backend: Backend, place: Place): Promise<NewRootfs> {
  const { archive, mapping, devices, anyRatio } = source;
  const work = join(place.staging, WORK);
  await mkdir(work, { mode: 0o700 });
  const places = await makePlaces(work, mapping);
  const space = await spaceAt(work);
  const scan = new MemberScan({
    ...{ archive, bytes: Infinity, members: Infinity, space, place: work },
    elsewhere: 'import it into a store elsewhere (-P DIRECTORY)',
  });
  const job = {
    archive,
    work,
    mapping,
    scan,
    anyRatio,
    ...places,
    onStage: place.onStage,
    excludes: [],
    privileged: devices,
    largest: space,
  };
  await unpackTar({ ...job, layer: selection(source) }, decoderOf(archive));
  place.onStage?.('writing', unmeasured);
  const made = await settle(places.rootfs, backend, place);
  await removeTree(work);
  return made;
}

/** A directory is where it belongs once it has its name; others take a copy. */
async function settle(rootfs: string, backend: Backend, place: Place): Promise<NewRootfs> {
  if (backend.name !== 'dir' || place.options.fssize !== undefined)
    return backend.create(place, plainView(rootfs));
  const there = join(place.staging, 'rootfs');
  await moveTree(rootfs, there);
  return { path: `dir:${join(place.final, 'rootfs')}`, view: plainView(there), needs: [] };
}
