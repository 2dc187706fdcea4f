/** Images of what is on this machine: of a container, of a directory, or as a template builds them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { parseLine } from '../../config/document.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { TlxcError } from '../../errors.ts';
import { probeHost } from '../../host/probe.ts';
import { runProgram, startProgram } from '../../host/program.ts';
import { copyTree, overAllIds } from '../../host/trees.ts';
import { takeAlias } from '../../image/import-image.ts';
import { defaultMetadata, isImageLine, type ImageMetadata } from '../../image/metadata.ts';
import { debianArch } from '../../image/product.ts';
import { asEvents, type OnImageEvent } from '../../image/progress.ts';
import type { ImageStore, StoredImage } from '../../image/store.ts';
import type { ImageContent } from '../../image/stored-image.ts';
import { findTemplate } from '../../image/templates/find-template.ts';
import { copyRootfs } from '../../storage/copy.ts';
import { nameCopy } from '../../storage/name-container.ts';
import { plainView } from '../../storage/view.ts';
import { openStore, type ImagePlace } from './images.ts';
import { withLock } from '../lock.ts';
import { containerPaths } from '../paths.ts';
import { recover } from '../recover.ts';
import { checkStopped } from '../copy/source.ts';

/** What an image is made of. */
export type Material =
  | { readonly kind: 'container'; readonly name: string }
  /** Absolute. */
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'template'; readonly name: string; readonly args: readonly string[] };

export interface BuildRequest extends ImagePlace {
  readonly material: Material;
  readonly alias: string | null;
  readonly onEvent: OnImageEvent;
  /** Whoever sits there sees what a template program writes: its failure does not say it once more. */
  readonly outputSeen?: boolean;
}

/** A template that was only asked for text gives that. Throws TLXC_E_IMAGE, TLXC_E_TEMPLATE, TLXC_E_STORAGE …; then nothing is stored. */
export async function buildImage(request: BuildRequest): Promise<StoredImage | string> {
  const store = openStore(request);
  await store.sweep(asEvents(request.onEvent));
  const image = await makeImage(store, request);
  if (typeof image === 'string') return image;
  const made = await store.pack(image, request.onEvent);
  if (request.alias === null) return made;
  const { alias } = request;
  await takeAlias(store, alias, made.info.id);
  return (await store.update(made.info.id, () => Promise.resolve({ alias }))) ?? made;
}

function makeImage(store: ImageStore, request: BuildRequest): Promise<StoredImage | string> {
  const { material } = request;
  if (material.kind === 'template') return fromTemplate(store, request, material);
  return material.kind === 'container'
    ? fromContainer(store, request, material.name)
    : fromDirectory(store, request, material.path);
}

async function fromTemplate(
  store: ImageStore,
  { system, environment, onEvent, outputSeen = false }: BuildRequest,
  { name, args }: Extract<Material, { kind: 'template' }>,
): Promise<StoredImage | string> {
  if (name.startsWith('/'))
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `${name} fills a container, it makes no image`,
      hint: `tlxc-create -n NAME -t ${name}, then tlxc-image build --container=NAME`,
    });
  const { imageServers: servers, imageOffline: offline, imageCa: ca, imageKeyring: keyring } = system;
  const made = await findTemplate(name).prepare({
    ...{ args, store, servers, offline, ca, keyring, environment, onEvent, outputSeen },
    ...{ privileged: false, mapping: store.mapping },
  });
  return made.kind === 'text' ? made.text : made.image;
}

/** Each build is an image of its own: what it is made from may have changed since the last. */
const newId = (...words: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...words, new Date().toISOString(), process.pid]))
    .digest('hex');

const contentOf = (
  what: 'container' | 'directory',
  name: string,
  metadata: ImageMetadata,
  devices: readonly string[],
): ImageContent => ({
  ...{ metadata, devices },
  source: { kind: 'built', template: what, parameters: [], args: [name] },
});

async function fromContainer(store: ImageStore, request: BuildRequest, name: string): Promise<StoredImage> {
  const { system, lxcpath, environment, onEvent } = request;
  const paths = containerPaths(system, lxcpath, name);
  await recover(paths, system);
  checkStopped(paths);
  return withLock(paths, () => {
    checkStopped(paths);
    const config = loadContainerConfig({ name, lxcpath, configFile: paths.config, environment });
    const source = rootfsOf(config);
    onEvent({ kind: 'build', image: `container ${name}` });
    const onStage = asEvents(onEvent);
    const make = async (work: string): Promise<ImageContent> => {
      const { settings } = system;
      const place = {
        ...{ staging: work, final: work, name: 'image', options: {}, settings },
        onStage,
      };
      const circumstances = { host: probeHost(), idmapped: false, lxcpath: work, settings };
      await copyRootfs({ source, snapshot: false, backend: 'dir', place, circumstances });
      const metadata = withLines(
        defaultMetadata(debianArch(process.arch)),
        readConfigFile(paths.config).text,
      );
      return contentOf('container', name, metadata, await settle(work));
    };
    return store.obtain(newId('container', paths.dir), make, { onStage });
  });
}

/** The value of lxc.rootfs.path. Throws where there is none, or its files do not have the ids that the container sees. */
function rootfsOf({ name, rootfs, idmap }: ContainerConfig): string {
  const refuse = (message: string, hint: string) =>
    new TlxcError({ code: 'TLXC_E_UNSUPPORTED', message, container: name, hint });
  const source = rootfs.path?.value ?? 'none';
  if (source === 'none')
    throw refuse('the container has no root filesystem', 'there is nothing to make an image of');
  const shifted =
    idmap.length > 0 && !(rootfs.options?.value ?? []).some((option) => option.startsWith('idmap='));
  if (shifted && probeHost().user === null)
    throw refuse(
      "its files have the ids of the container's range",
      'tlxc-export and tlxc-import make a container of it whose files can be shared',
    );
  return source;
}

/** What of the container's configuration an image may bring along: how its init is called, told to stop, and personality. */
function withLines(metadata: ImageMetadata, config: string): ImageMetadata {
  const lines = config.split('\n').flatMap((raw) => {
    const line = parseLine(raw);
    return line.kind === 'entry' && line.key !== 'lxc.include' && isImageLine(`${line.key} `)
      ? [`${line.key} = ${line.value}`]
      : [];
  });
  const joined = (shipped: readonly string[]) => [
    ...shipped.filter((line) => !lines.some((own) => own.split(' ')[0] === line.split(' ')[0])),
    ...lines,
  ];
  return {
    ...metadata,
    systemConfig: joined(metadata.systemConfig),
    userConfig: joined(metadata.userConfig),
  };
}

async function fromDirectory(
  store: ImageStore,
  { onEvent }: BuildRequest,
  path: string,
): Promise<StoredImage> {
  if (store.mapping)
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `${path}: whose its files are in a container, only root can say`,
      path,
      hint: `an archive does: tar -C ${path} --owner=0 --group=0 -cf rootfs.tar . && tlxc-image import rootfs.tar`,
    });
  onEvent({ kind: 'build', image: path });
  const onStage = asEvents(onEvent);
  const make = async (work: string): Promise<ImageContent> => {
    await mkdir(join(work, 'rootfs'), { mode: 0o755 });
    await copyTree(path, join(work, 'rootfs'), { onStage });
    return contentOf('directory', path, defaultMetadata(debianArch(process.arch)), await settle(work));
  };
  return store.obtain(newId('directory', path), make, { onStage });
}

/** The tree loses the name and the id of what it was, and what lies below /dev. Returns device nodes elsewhere. */
async function settle(work: string): Promise<string[]> {
  const failure = { code: 'TLXC_E_STORAGE', what: 'the image could not be written' } as const;
  const rootfs = join(work, 'rootfs');
  await nameCopy({ view: plainView(rootfs), staging: work }, { name: 'LXC_NAME', keepMachineId: false });
  const emptied = ['find', '.', '-mindepth', '2', '-path', './dev/*', '-delete'];
  await runProgram(overAllIds(emptied), failure, { cwd: rootfs });
  const devices: string[] = [];
  const find = ['find', '.', '-xdev', '(', '-type', 'b', '-o', '-type', 'c', ')', '-print'];
  await startProgram(overAllIds(find), { cwd: rootfs, stdout: (line) => devices.push(line) }).ended;
  return devices;
}
