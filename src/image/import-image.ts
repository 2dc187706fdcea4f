/** An image from archives on this machine: a root filesystem with or without metadata, or one archive of Incus' with both. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError, usageError } from '../errors.ts';
import { runProgram } from '../host/program.ts';
import { overAllIds } from '../host/trees.ts';
import { shellWord } from '../shell-word.ts';
import { usingDigested, type DigestedFile } from './digest.ts';
import { parseIncusMetadata } from './incus-metadata.ts';
import { keepArchive } from './keep-archive.ts';
import { defaultMetadata, parseMetadata, type ImageMetadata } from './metadata.ts';
import { readMetadataArchive } from './metadata-archive.ts';
import { debianArch } from './product.ts';
import { asEvents, type OnImageEvent } from './progress.ts';
import type { ImageStore, StoredImage } from './store.ts';
import type { ImageContent, ImageNames } from './stored-image.ts';
import { unpack } from './unpack.ts';

export interface ImportRequest {
  readonly store: ImageStore;
  /** Absolute. */
  readonly archive: string;
  /** LXC's meta.tar.xz, Incus' incus.tar.xz, or one that is both; absolute. */
  readonly metadata: string | null;
  readonly alias: string | null;
  /** A squashfs or erofs stays as it is: as Keeping has it. */
  readonly keep?: boolean;
  readonly onEvent: OnImageEvent;
}

interface Described {
  readonly metadata: ImageMetadata;
  readonly names: ImageNames | null;
}

const MAX_YAML = 1024 * 1024;
const ALIAS = /^(?![0-9a-f]{6,64}$)[A-Za-z0-9][A-Za-z0-9._+:/-]{0,127}$/;

/** Throws TLXC_E_USAGE where no image can be called so. */
export function checkAlias(alias: string): void {
  if (ALIAS.test(alias)) return;
  throw usageError(
    `no image can be called ${JSON.stringify(alias)}`,
    'a name begins with a letter or digit, has letters, digits and . _ + : / -, and is no digest',
  );
}

function refuseDirectory(archive: string): void {
  if (statSync(archive, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${archive} is a directory, and no archive of one`,
    path: archive,
    hint: `name a file in it; of a whole system: tar -C ${shellWord(archive)} -cf rootfs.tar . makes an archive`,
  });
}

/** An image that the store has already is only named. Throws TLXC_E_IMAGE, TLXC_E_STORAGE. */
export async function importImage(request: ImportRequest): Promise<StoredImage> {
  refuseDirectory(request.archive);
  const given = await readGiven(request.metadata);
  return usingDigested(request.archive, (file) => importDigested(request, given, file));
}

async function importDigested(
  request: ImportRequest,
  given: Described | null,
  file: DigestedFile,
): Promise<StoredImage> {
  const { store, archive, alias, onEvent } = request;
  const id = file.sha256;
  const named = alias === null ? {} : { alias };
  if (alias !== null) await takeAlias(store, alias, id);
  const renew = () => {
    const source = { kind: 'local', archive, ...(given?.names && { names: given.names }) } as const;
    return Promise.resolve({ ...named, ...(given && { source, metadata: given.metadata }) });
  };
  const known = await store.update(id, renew);
  if (known) {
    onEvent({ kind: 'cached', image: archive });
    return known;
  }
  const make = (work: string) => makeImage(work, file, { request, given, named });
  const onWait = () => onEvent({ kind: 'waiting', image: archive });
  return store.obtain(id, make, { onWait, onStage: asEvents(onEvent) });
}

interface Given {
  readonly request: ImportRequest;
  readonly given: Described | null;
  readonly named: { readonly alias?: string };
}

async function makeImage(
  work: string,
  file: DigestedFile,
  { request, given, named }: Given,
): Promise<ImageContent> {
  const { store, archive, keep = false, onEvent } = request;
  const said = (names: ImageNames | null) => ({
    ...named,
    source: { kind: 'local' as const, archive, ...(names && { names }) },
  });
  const kept = await keepArchive({ archive, file, work, packs: store.packs, keep });
  if (kept) {
    const { metadata, names } = given ?? nothingSaid();
    return { metadata, devices: kept, ...said(names) };
  }
  onEvent({ kind: 'unpack', image: archive });
  const excludes = given?.metadata.excludes ?? [];
  const { mapping } = store;
  const onStage = asEvents(onEvent);
  const how = { excludes, privileged: false, mapping, nested: true, onStage };
  const { devices, digests } = await unpack({ archive, work, ...how });
  await digests;
  const inner = await takeNested(work);
  const { metadata, names } = given ?? (inner === null ? nothingSaid() : fromIncus(inner));
  return { metadata, devices, ...said(names) };
}

/** One image at a time has a name. */
export async function takeAlias(store: ImageStore, alias: string, id: string): Promise<void> {
  for (const { info } of store.list()) {
    if (info.alias === alias && info.id !== id)
      await store.update(info.id, () => Promise.resolve({ alias: '' }));
  }
}

const nothingSaid = (): Described => ({ metadata: defaultMetadata(debianArch(process.arch)), names: null });

function fromIncus(yaml: string): Described {
  const { names, expiry } = parseIncusMetadata(yaml);
  return { metadata: { ...defaultMetadata(names.arch), expiry }, names };
}

async function readGiven(path: string | null): Promise<Described | null> {
  if (path === null) return null;
  const members = await readMetadataArchive(path);
  const yaml = members.get('metadata.yaml');
  const incus = yaml === undefined ? null : fromIncus(yaml);
  if (members.has('config')) return { metadata: parseMetadata(members, path), names: incus?.names ?? null };
  if (incus) return incus;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${path} is no image metadata: it has neither "config" (LXC) nor "metadata.yaml" (Incus)`,
    hint: 'it is the second file: tlxc-image import ROOTFS METADATA',
  });
}

/**
 * Where the archive held an image of Incus', with metadata.yaml and rootfs/, the latter becomes the tree. Returns the
 * text of metadata.yaml, else null. The archive's members are looked at without following any link of theirs.
 */
async function takeNested(work: string): Promise<string | null> {
  const inner = join(work, 'rootfs/rootfs');
  const yaml = readPlainFile(join(work, 'rootfs/metadata.yaml'));
  const nested = lstatSync(inner, { throwIfNoEntry: false })?.isDirectory() === true;
  if (yaml === null || !nested) return null;
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: 'the image could not be taken out of its archive',
  } as const;
  const lines = 'mv -T -- rootfs outer && mv -T -- outer/rootfs rootfs && rm -rf --one-file-system -- outer';
  await runProgram(overAllIds(['sh', '-c', lines]), failure, { cwd: work });
  return yaml;
}

function readPlainFile(path: string): string | null {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      return stats.isFile() && stats.size <= MAX_YAML ? readFileSync(fd, 'utf8') : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
