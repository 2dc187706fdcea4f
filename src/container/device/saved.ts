/** Devices that a container's configuration keeps for its next start: the lines that tlxc-device --saved writes and removes. */
import { existsSync } from 'node:fs';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { ConfigDocument } from '../../config/document.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { showDevice } from '../../config/values/device.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import type { DeviceRequest } from './device.ts';
import { broughtFiles, type BroughtFile } from './entries.ts';
import { hostNode, insidePath } from './node.ts';
import { withLock } from '../lock.ts';
import { containerPaths } from '../paths.ts';

/** A change of the configuration's text. */
export type Edit = (document: ConfigDocument, config: ContainerConfig) => void;

export interface SavedChange {
  /** What is done to the container where it runs. */
  readonly live: () => void | Promise<void>;
  readonly edit: Edit;
  /** The configuration file; the container's own unless given. */
  readonly file?: string | undefined;
  /** The caller's environment: lxc.environment = NAME copies from it. */
  readonly environment: Environment;
}

/** Returns whether the container runs. */
export async function unlessStopped(live: SavedChange['live']): Promise<boolean> {
  try {
    await live();
    return true;
  } catch (error) {
    if (!(error instanceof TlxcError) || error.code !== 'TLXC_E_NOT_RUNNING') throw error;
    return false;
  }
}

/**
 * Changes the container, if it runs, and its configuration file, where every other line stays as it is. Throws
 * TLXC_E_NOT_FOUND without a configuration and TLXC_E_CONFIG for a broken one before anything is done, what `live` throws,
 * and TLXC_E_NOT_FOUND at the end where the file has nothing to change.
 */
export async function changeSaved(
  { name, lxcpath, system }: Omit<DeviceRequest, 'device'>,
  { live, edit, environment, ...given }: SavedChange,
): Promise<void> {
  const paths = containerPaths(system, lxcpath, name);
  const file = given.file ?? paths.config;
  if (!existsSync(file))
    throw new TlxcError({
      code: 'TLXC_E_NOT_FOUND',
      message: `there is no ${file} to save a device in`,
      container: name,
      hint: 'do not save it (--saved): the running container has the device then, and no later start',
    });
  loadContainerConfig({ name, lxcpath, configFile: file, environment });
  await unlessStopped(live);
  await withLock(paths, () => {
    const { text } = readConfigFile(file);
    const document = ConfigDocument.parse(text, file);
    edit(document, loadContainerConfig({ name, lxcpath, configFile: file, environment }));
    if (document.toString() !== text) {
      writeFileAtomically(file, document.toString());
      return;
    }
    throw new TlxcError({
      code: 'TLXC_E_NOT_FOUND',
      message: `nothing to change in ${file}: what is there of the device stays`,
      container: name,
      hint: `a file that it includes may have the line: tlxc-config explain -n ${name}`,
    });
  });
}

// ---- device nodes

const WORLDS = ['lxc.cgroup.devices', 'lxc.cgroup2.devices'] as const;

/** Throws TLXC_E_USAGE for what no line can hold. */
function lineOf(request: DeviceRequest): string {
  const inside = insidePath(request);
  const words = [request.device, inside];
  if (words.every((word) => !/[ \t]|->/.test(word))) {
    const place = inside === request.device ? '' : inside;
    return showDevice({ device: request.device, inside: place, optional: true, mode: -1, uid: -1, gid: -1 });
  }
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: `${request.device} cannot be saved: a name in tlxc.device has no blanks and no arrow`,
    container: request.name,
    hint: 'name it by a link without them (ln -s)',
  });
}

/** A device that is not there at the next start does not keep the container from starting. */
export function saveNode(request: DeviceRequest): Edit {
  const line = lineOf(request);
  hostNode(request); // a mistake is told now, and not passed over at each start
  const inside = insidePath(request);
  return (document) => {
    const isThere = broughtFiles(document).some(
      (each) => each.inside === inside && each.source === request.device,
    );
    if (!isThere) document.append('tlxc.device', line);
  };
}

export const forgetNode =
  (request: DeviceRequest): Edit =>
  (document) => {
    const inside = insidePath(request);
    const entries = broughtFiles(document);
    const isMeant = (each: BroughtFile): boolean =>
      each.inside === inside || (request.target === undefined && each.source === request.device);
    for (const gone of entries.filter(isMeant)) {
      document.remove(gone.key, gone.line);
      if (gone.key === 'lxc.mount.entry')
        forgetRule(
          document,
          request,
          gone.source,
          entries.filter((each) => !isMeant(each)),
        );
    }
  };

/** What lxc.mount.entry has the device list opened by: unless another line wants it, too. */
function forgetRule(
  document: ConfigDocument,
  request: DeviceRequest,
  source: string,
  others: readonly BroughtFile[],
): void {
  if (others.some((each) => each.source === source) || !existsSync(source)) return;
  const { type, major, minor } = hostNode({ ...request, device: source });
  for (const world of WORLDS) document.remove(`${world}.allow`, `${type} ${major}:${minor} rwm`);
}

// ---- interfaces

export const saveInterface =
  ({ device, target = device }: DeviceRequest): Edit =>
  (document, config) => {
    if (interfacesOf(document, device).length > 0) return;
    const next = Math.max(-1, ...config.networks.map(({ index }) => index)) + 1;
    const lines = { type: 'phys', link: device, ...(target !== device && { name: target }) };
    for (const [key, value] of Object.entries(lines)) document.append(`lxc.net.${next}.${key}`, value);
  };

/** Numbers of those of type phys whose link, or name inside, it is. */
function interfacesOf(document: ConfigDocument, name: string): readonly string[] {
  const values = (index: string, key: string) => document.values(`lxc.net.${index}.${key}`);
  const indexes = document.entries().flatMap(({ key }) => /^lxc\.net\.(\d+)\.type$/.exec(key)?.[1] ?? []);
  return indexes.filter(
    (index) =>
      values(index, 'type').at(-1) === 'phys' &&
      [...values(index, 'link'), ...values(index, 'name')].includes(name),
  );
}

export const forgetInterface =
  ({ device }: DeviceRequest): Edit =>
  (document) => {
    for (const index of interfacesOf(document, device))
      for (const { key } of document.entries())
        if (key.startsWith(`lxc.net.${index}.`) || key.startsWith(`tlxc.net.${index}.`)) document.remove(key);
  };
