/**
 * Makes a container of an archive: whole, or not at all. As create does, everything is built in a staging directory and
 * renamed into place last; before anything is unpacked the archive was read to its end and found whole.
 */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadContainerConfig } from '../../config/load.ts';
import { TlxcError, usageError } from '../../errors.ts';
import type { Gauge } from '../../gauge.ts';
import { isInstalled } from '../../host/packers.ts';
import { probeHost } from '../../host/probe.ts';
import {
  makePlaceForTrees,
  makeTreeDirectory,
  removeTree,
  placeTree,
  syncFilesystem,
} from '../../host/trees.ts';
import type { Backend } from '../../storage/backend.ts';
import { chooseBackend } from '../../storage/choose.ts';
import { refuseExisting } from '../refuse-existing.ts';
import { explained } from '../create/create.ts';
import { exportContainer } from '../export/export.ts';
import { allocateRange, releaseRange, wholeRange } from '../id-ranges.ts';
import { contentOf, nameIn } from './content.ts';
import { isTrustedDirectory, refuseLeadingOut } from './directory.ts';
import { fill } from './fill.ts';
import { lookInto, type Look } from './look.ts';
import { refuseRunningInLxc } from './lxc-running.ts';
import type { ImportRequest } from './request.ts';
import { spool } from './spool.ts';
import { discard } from '../remove/discard.ts';
import { discardUnborn, stagingPath, sweepLeftovers } from '../remove/leftovers.ts';
import { withLock } from '../lock.ts';
import { readSeed } from '../create/new-config.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { mappingOf } from '../create/user-mapping.ts';

export type { ImportRequest } from './request.ts';

/** Returns the name of the container. Throws TLXC_E_IMAGE, TLXC_E_EXISTS, TLXC_E_STORAGE …; then nothing of it is left. */
export async function importContainer(request: ImportRequest): Promise<string> {
  const { lxcpath, system } = request;
  const { user } = probeHost();
  if (request.privileged && user !== null)
    throw new TlxcError({
      code: 'TLXC_E_PERMISSION',
      message: 'a privileged container takes root: it is root on the host',
      hint: 'without it, the container gets ids of /etc/subuid and /etc/subgid',
    });
  const { name, look } = request.name === null ? await named(request) : { name: request.name, look: null };
  const target = containerPaths(system, lxcpath, name);
  refuseExisting(target);
  makePlaceForTrees(lxcpath, 0o711);
  const backend = await backendOf(request);
  await sweepLeftovers(system, lxcpath, request.onStage).catch(() => undefined);
  // What lies here, and no other can change, was the caller's on this host before.
  const trusted = request.trusted || (isDirectory(request) && isTrustedDirectory(request.source));
  await withLock(target, () => importLocked({ ...request, trusted }, { target, backend, look }));
  return name;
}

const noName = (why: string): TlxcError =>
  usageError(why, 'say what the container is to be called (-N NAME)');

const isDirectory = ({ source }: ImportRequest): boolean => {
  const stats = source === '-' ? null : statSync(source, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new TlxcError({
      code: 'TLXC_E_NOT_FOUND',
      message: `there is no ${source}`,
      path: source,
      hint: 'name a file or directory that is there, or - for standard input',
    });
  return stats?.isDirectory() === true;
};

interface Named {
  readonly name: string;
  /** What was read for it; null: nothing. */
  readonly look: Look | null;
}

/** Where the caller says no name. */
async function named(request: ImportRequest): Promise<Named> {
  const { source, system, lxcpath } = request;
  if (isDirectory(request)) return { name: basename(source), look: null };
  if (source === '-') throw noName('what comes on standard input has no name');
  const nameOf = (look: Look): string => {
    const name = nameIn(contentOf(look), source);
    if (name === null) throw noName(`${source} does not say how the container is called`);
    return name;
  };
  const onTold = (look: Look): void => refuseExisting(containerPaths(system, lxcpath, nameOf(look)));
  const look = await lookInto(source, { ...telling(request), onTold });
  return { name: nameOf(look), look };
}

/** What comes in shares nothing with an image that an overlay could lie over. */
async function backendOf({ backend, privileged, lxcpath, volume, system }: ImportRequest): Promise<Backend> {
  const asked = backend === null || backend === 'best' ? 'dir' : backend;
  const chosen = await chooseBackend({
    asked,
    idmapped: !privileged,
    lxcpath,
    host: probeHost(),
    options: volume,
    settings: system.settings,
  });
  if (chosen.name !== 'overlay') return chosen;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: 'an imported container cannot be an overlay: there is no image that it lies over',
    hint: 'take dir (-B), or ask for none',
  });
}

interface Archive {
  readonly path: string;
  readonly look: Look;
}

/** The archive as a file, itself or one that is made of the source in the staging directory, and what is in it. */
async function archiveOf(request: ImportRequest, staging: string, known: Look | null): Promise<Archive> {
  const { source, system, environment } = request;
  const path = join(staging, '.archive');
  const looking = { ...telling(request), onTold: (look: Look) => void contentOf(look) };
  if (isDirectory(request)) {
    const name = basename(source);
    refuseRunningInLxc(source, name);
    const { trusted } = request;
    if (!trusted) {
      refuseLeadingOut(request, name);
      request.warn(
        `${source} can be changed by others than you: it is taken as an archive is, without its snapshots; trusted (--trust), all of it is taken`,
      );
    }
    const from = { name, lxcpath: dirname(source), system, environment, snapshots: trusted, freeze: false };
    // It lies beside what is made of it for a while: as small as it quickly gets.
    const compression = isInstalled('zstd') ? 'zstd' : 'none';
    await exportContainer({ ...from, file: path, compression, onStage: request.onStage });
    return { path, look: await lookInto(path, looking) };
  }
  if (source !== '-') return { path: source, look: known ?? (await lookInto(source, looking)) };
  return { path, look: await spool(request, path, (arrival) => lookInto(path, { ...looking, arrival })) };
}

/** What errors call the archive, and who is told how far it has been read. */
const telling = ({ source, onStage }: ImportRequest) => ({
  archive: source === '-' ? 'standard input' : source,
  onGauge: (gauge: Gauge) => onStage?.('checking', gauge),
});

interface Importing {
  readonly target: ContainerPaths;
  readonly backend: Backend;
  /** What a look into the archive itself has shown; null: nobody has looked. */
  readonly look: Look | null;
}

async function importLocked(request: ImportRequest, importing: Importing): Promise<void> {
  const { target, backend } = importing;
  const { system, lxcpath, environment, privileged } = request;
  refuseExisting(target);
  const staging = stagingPath(lxcpath, target.name);
  await discardUnborn(system, target, { staging, onStage: request.onStage });
  makeTreeDirectory(staging, 0o770);
  let firstId: number | null = null;
  try {
    const { path: archive, look } = await archiveOf(request, staging, importing.look);
    const seed = readSeed(system.defaultConfig);
    const configFile = system.defaultConfig;
    const mapping = mappingOf(
      loadContainerConfig({ name: target.name, lxcpath, configFile, environment }),
      probeHost(),
    );
    if (mapping === null && !privileged)
      firstId = allocateRange(system, lxcpath, { staging, config: target.config });
    const maps = mapping?.maps ?? (firstId === null ? [] : wholeRange(firstId));
    const filled = await fill({
      request,
      target,
      staging,
      archive,
      content: contentOf(look),
      backend,
      mapping,
      maps,
      seed,
    });
    await removeTree(join(staging, '.archive'));
    await syncFilesystem(staging);
    placeTree(staging, target.dir);
    filled.warnings.forEach(request.warn);
  } catch (error) {
    await discard(staging, system);
    if (firstId !== null) releaseRange(system, firstId, target.config);
    throw explained(error, target);
  }
}
