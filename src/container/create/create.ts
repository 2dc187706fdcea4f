/**
 * Makes a container: whole, or not at all.
 *
 * Everything is built in LXCPATH/.tlxc-staging-NAME under the container's lock, brought to disk, and renamed to
 * LXCPATH/NAME last. Whoever is killed before that leaves a staging directory that the next command removes.
 */
import { loadContainerConfig } from '../../config/load.ts';
import { errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { probeHost } from '../../host/probe.ts';
import { makePlaceForTrees, makeTreeDirectory, placeTree, syncTree } from '../../host/trees.ts';
import { defaultMetadata, type ImageMetadata } from '../../image/metadata.ts';
import { debianArch } from '../../image/product.ts';
import { ImageStore } from '../../image/store.ts';
import { findTemplate } from '../../image/templates/find-template.ts';
import type { TemplateResult } from '../../image/templates/template.ts';
import { applicationSetup, type Application } from '../start/application.ts';
import { sweepUnstarted } from '../remove/destroy.ts';
import { discard } from '../remove/discard.ts';
import { allocateRange, releaseRange, wholeRange } from '../id-ranges.ts';
import { asEvents } from '../../image/progress.ts';
import { discardUnborn, stagingPath, sweepLeftovers } from '../remove/leftovers.ts';
import { withLock } from '../lock.ts';
import { writeConfig, type CreateRequest, type Making } from './making.ts';
import { checkSeed, newConfigText, readSeed, type NewConfig } from './new-config.ts';
import { makeRootfs, type PreparedImage } from './new-rootfs.ts';
import { checkCloudInit } from './told-cloud-init.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { refuseExisting } from '../refuse-existing.ts';
import { makesImage, refuseStorage, storageOf } from './storage-of.ts';
import { fillByProgram } from './template-program.ts';
import { passtLines } from './user-network.ts';
import { imageDirectory, mappingOf } from './user-mapping.ts';

export type Created =
  | {
      readonly kind: 'container';
      readonly dir: string;
      /** dir or overlay; "none" without a root filesystem. */
      readonly backend: string;
      /** What the image has to say. */
      readonly message: string;
    }
  /** The template only answered a question (--list, --help). */
  | { readonly kind: 'text'; readonly text: string };

/** Throws TLXC_E_EXISTS, TLXC_E_TEMPLATE, TLXC_E_IMAGE, TLXC_E_STORAGE …; then nothing of the container is left. */
export async function createContainer(request: CreateRequest): Promise<Created> {
  const { name, lxcpath, system, template, privileged } = request;
  const paths = containerPaths(system, lxcpath, name);
  if (privileged && probeHost().user !== null) throw needsRoot(name);
  refuseExisting(paths);
  refuseStorage(request);
  refuseKeeping(request);
  checkCloudInit(request.cloudInit, template !== 'none');
  const seedFile = request.configFile ?? system.defaultConfig;
  const seed = readSeed(seedFile);
  checkSeed(seed, seedFile, { template, privileged });
  const { environment } = request;
  const mapping = mappingOf(
    loadContainerConfig({ name, lxcpath, configFile: seedFile, environment }),
    probeHost(),
  );
  makePlaceForTrees(lxcpath, 0o711);
  const idmapped = !privileged || seed.hasIdmap;
  // Before an image is fetched or built: a backend that cannot be is refused at once.
  const backend = await storageOf(request, idmapped);
  const making: Making = {
    ...{ request, paths, seed, idmapped, mapping, backend },
    staging: stagingPath(lxcpath, name),
    store: new ImageStore(imageDirectory(system, mapping), mapping, backend?.packs),
    onEvent: request.onEvent ?? (() => undefined),
  };
  return withLock(paths, () => createLocked(making));
}

const needsRoot = (name: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: 'a privileged container takes root: it is root on the host',
    container: name,
    hint: 'without it, the container gets ids of /etc/subuid and /etc/subgid',
  });

/** An image is made whole or not at all, and a container of it in a moment. */
function refuseKeeping({ keepOnFailure, template, name }: CreateRequest): void {
  if (keepOnFailure !== true || template.startsWith('/')) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `there is nothing to keep on failure with template ${template}: one of TLXC's own leaves nothing half made`,
    container: name,
    hint: 'it goes with a template program, named by its path: /usr/share/lxc/templates/lxc-debian',
  });
}

async function createLocked(making: Making): Promise<Created> {
  const { request, paths, staging } = making;
  refuseExisting(paths);
  await discardUnborn(request.system, paths, { staging, onStage: asEvents(making.onEvent) });
  await sweepQuietly(making);
  makeTreeDirectory(staging, 0o770);
  let firstId: number | null = null;
  const takeRange = (): void => {
    firstId ??= allocateRange(request.system, request.lxcpath, { staging, config: paths.config });
  };
  const giveUp = async (): Promise<void> => {
    await discard(staging, request.system);
    if (firstId !== null) releaseRange(request.system, firstId, paths.config);
  };
  let created: Filled;
  try {
    // First: where there are no ids left, nothing is fetched.
    if (wantsRange(making) && !looksLikeQuestion(request)) takeRange();
    const prepared = await prepareImage(making);
    if (prepared?.kind === 'text') {
      await giveUp();
      return prepared;
    }
    if (wantsRange(making)) takeRange();
    const filled = await fill(making, prepared, firstId);
    placeTree(staging, paths.dir);
    created = filled;
  } catch (error) {
    await giveUp();
    throw explained(error, paths);
  }
  // The container is there by now, and stays.
  if (created.failure) throw created.failure;
  return created;
}

/** Ids of its own. */
const wantsRange = ({ request, mapping, seed }: Making): boolean =>
  mapping === null && !request.privileged && !seed.hasIdmap;

/** A template that is perhaps only asked what it offers, which it does where there are no ids left. */
const looksLikeQuestion = ({ templateArgs }: CreateRequest): boolean =>
  templateArgs.some((word) => /^(-l|--list|-h|--help)$/.test(word));

/** Housekeeping never stops what the person asked for: what cannot be removed is tried again by the next command. */
async function sweepQuietly({ request, store, onEvent }: Making): Promise<void> {
  const onStage = asEvents(onEvent);
  await sweepLeftovers(request.system, request.lxcpath, onStage).catch(() => undefined);
  await sweepUnstarted(request);
  await store.sweep(onStage).catch(() => undefined);
}

/** The system's own errors (a full disk, most of all) in words; ours as they are. */
export function explained(error: unknown, { name, lxcpath }: ContainerPaths): unknown {
  if (error instanceof TlxcError || !(error instanceof Error)) return error;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `the container could not be written: ${errnoWords(code)}`,
    container: name,
    errno: code,
    syscall,
    path: path ?? lxcpath,
    ...(!/^(ENOSPC|EDQUOT|EFBIG)$/.test(code) && {
      hint: `look who may write at ${path ?? lxcpath} (ls -ld)`,
    }),
    cause: error,
  });
}

/** null: the template makes no image. */
async function prepareImage(making: Making): Promise<TemplateResult | null> {
  const { request, store, onEvent } = making;
  const { template, templateArgs, system, privileged, environment, ask } = request;
  if (!makesImage(template)) return null;
  const prepared = await findTemplate(template).prepare({
    args: templateArgs,
    servers: system.imageServers,
    offline: system.imageOffline,
    ca: system.imageCa,
    keyring: system.imageKeyring,
    ...{ store, privileged, environment, onEvent, mapping: making.mapping },
    outputSeen: request.outputSeen === true,
    ...(ask && { ask }),
  });
  if (prepared.kind === 'text') return prepared;
  return { ...prepared, image: await store.pack(prepared.image, onEvent) };
}

type Prepared = PreparedImage | null;

/** With a failure: all that its template has made. */
type Filled = Created & { readonly failure?: TlxcError | null };

/** What a template keeps to itself (a password) is written nowhere. */
const writtenArgs = ({ templateArgs }: CreateRequest, prepared: Prepared): readonly string[] =>
  prepared?.parameters ?? templateArgs;

async function fill(making: Making, prepared: Prepared, firstId: number | null): Promise<Filled> {
  const { request, paths, staging, seed, idmapped, mapping, backend } = making;
  const maps = seed.hasIdmap ? [] : (mapping?.maps ?? (firstId === null ? [] : wholeRange(firstId)));
  const shipped = defaultMetadata(debianArch(process.arch));
  const metadata = prepared?.metadata ?? shipped;
  const network = [...seed.network, ...(mapping === null ? [] : passtLines(seed.network))];
  const application = applicationOf(making, metadata, network, prepared?.dhcp === true);
  const config: Omit<NewConfig, 'rootfsPath'> = {
    ...{ name: request.name, template: request.template },
    templateArgs: writtenArgs(request, prepared),
    ...{ maps, idmapped, mountMapped: idmapped && mapping === null },
    seed: { ...seed, network: [...network, ...application.network] },
    image: prepared && { title: prepared.title, info: prepared.image.info },
    distribution: [...(idmapped ? metadata.userConfig : metadata.systemConfig), ...application.lines],
  };
  const done = (rootfsPath: string): Created => ({
    kind: 'container',
    dir: paths.dir,
    backend: rootfsPath.split(':')[0] ?? '',
    message: [metadata.message, ...application.unaddressed.map(withoutAddress)].join('\n').trim(),
  });
  if (request.template.startsWith('/')) {
    const { path, failure } = await fillByProgram(making, config);
    return { ...done(path), failure };
  }
  if (prepared === null || backend === null) {
    writeConfig(making, newConfigText({ ...config, rootfsPath: null }));
    await syncTree(staging);
    return done('none');
  }
  const rootfsPath = await makeRootfs(making, prepared, { backend, files: application.files });
  writeConfig(making, newConfigText({ ...config, rootfsPath }));
  await syncTree(staging);
  return done(rootfsPath);
}

const NO_APPLICATION: Application = { lines: [], network: [], files: [], unaddressed: [] };

function applicationOf(
  making: Making,
  { application }: ImageMetadata,
  network: readonly string[],
  dhcp: boolean,
): Application {
  if (application !== true) return NO_APPLICATION;
  const { request, paths, mapping } = making;
  const { system } = request;
  const setup = applicationSetup({ dir: paths.dir, network, system, user: mapping !== null });
  if (dhcp) refuseUnaddressed(setup);
  return setup;
}

const withoutAddress = (index: string): string =>
  `lxc.net.${index} gets no IPv4 address by itself: nothing in the container asks for one. Set lxc.net.${index}.ipv4.address and .ipv4.gateway.`;

/** --dhcp of LXC's oci template has the host ask; here TLXC's bridge gives the address unasked, and only that. */
function refuseUnaddressed({ unaddressed }: Application): void {
  const [index] = unaddressed;
  if (index === undefined) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `no DHCP client is run for a container (--dhcp), and lxc.net.${index} is not one of root's on TLXC's bridge`,
    hint: `in the configuration that it is made from (-f): lxc.net.${index}.ipv4.address and .ipv4.gateway, or the bridge as lxc.net.${index}.link`,
  });
}
