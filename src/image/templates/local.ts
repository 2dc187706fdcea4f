/** The local template: an image from two archives on this machine. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageError } from '../../errors.ts';
import { usingDigested } from '../digest.ts';
import { findStored } from '../find-stored.ts';
import { keepArchive, type Keeping } from '../keep-archive.ts';
import { defaultMetadata, parseMetadata, type ImageMetadata } from '../metadata.ts';
import { readMetadataArchive } from '../metadata-archive.ts';
import { debianArch } from '../product.ts';
import { asEvents } from '../progress.ts';
import { imageName } from '../stored-image.ts';
import { unpack } from '../unpack.ts';
import { parseTemplateArgs, type Template, type TemplateRequest, type TemplateResult } from './template.ts';

const usage = `Template options of local (after --):
  -f, --fstree=ARCHIVE      The root filesystem: a tar archive, plain or compressed with xz, zstd, gzip or bzip2, or squashfs
  -m, --metadata=ARCHIVE    The image's metadata (meta.tar.xz); without it TLXC's own configuration is used
      --keep                With -B squashfs or erofs, an ARCHIVE of that type stays as it is, unpacked by nobody: this host's
                            kernel mounts it, so only one that you trust
  -i, --image=IMAGE         Instead of these, an image of the store, by its name or digest (tlxc-image list)
  -h, --help                This text
`;

export const localTemplate: Template = { name: 'local', usage, prepare };

async function prepare(request: TemplateRequest): Promise<TemplateResult> {
  const values = parseTemplateArgs('local', request.args, {
    fstree: { type: 'string', short: 'f' },
    metadata: { type: 'string', short: 'm' },
    // What lies below /dev is never unpacked: the container's own /dev is mounted over it.
    'no-dev': { type: 'boolean' },
    keep: { type: 'boolean' },
    image: { type: 'string', short: 'i' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return { kind: 'text', text: usage };
  if (values.image !== undefined) return storedImage(values.image, request);
  const archive = existingFile(values.fstree, '-f, --fstree');
  const metadata = await readMetadata(values.metadata);
  const keep = values.keep === true;
  return usingDigested(archive, (file) => fromArchive({ archive, file, metadata, keep }, request));
}

type Given = Pick<Keeping, 'archive' | 'file' | 'keep'> & { readonly metadata: ImageMetadata };

async function fromArchive(
  { archive, file, metadata, keep }: Given,
  request: TemplateRequest,
): Promise<TemplateResult> {
  const { store, onEvent } = request;
  const id = file.sha256;
  const title = `${archive} sha256:${id.slice(0, 12)}`;
  if (store.get(id)) onEvent({ kind: 'cached', image: title });
  const image = await store.obtain(
    id,
    async (work) => {
      const kept = await keepArchive({ archive, file, work, packs: store.packs, keep });
      if (kept) return { source: { kind: 'local', archive }, metadata, devices: kept };
      onEvent({ kind: 'unpack', image: title });
      const { privileged, mapping } = request;
      const how = { excludes: metadata.excludes, privileged, mapping, onStage: asEvents(onEvent) };
      const { devices, digests } = await unpack({ archive, work, ...how });
      return { source: { kind: 'local', archive }, metadata, devices, digests };
    },
    { onWait: () => onEvent({ kind: 'waiting', image: title }), onStage: asEvents(onEvent) },
  );
  return { kind: 'image', image, metadata, title };
}

function storedImage(word: string, { store, onEvent }: TemplateRequest): TemplateResult {
  const image = findStored(store, word);
  const title = `${imageName(image.info)} sha256:${image.info.id.slice(0, 12)}`;
  onEvent({ kind: 'cached', image: title });
  return { kind: 'image', image, metadata: image.info.metadata, title };
}

function existingFile(path: string | undefined, option: string): string {
  if (path !== undefined && existsSync(path)) return resolve(path);
  throw usageError(
    path === undefined ? `template local: ${option} is missing` : `template local: ${path}: no such file`,
    'name the archive of the root filesystem (-- -f ARCHIVE)',
  );
}

async function readMetadata(path: string | undefined): Promise<ImageMetadata> {
  if (path === undefined) return defaultMetadata(debianArch(process.arch));
  const file = existingFile(path, '-m, --metadata');
  return parseMetadata(await readMetadataArchive(file), file);
}
