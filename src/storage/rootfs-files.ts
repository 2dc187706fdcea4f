/** The few files that tell a root filesystem which machine it is. The caller brings to disk what a new container or a copy gets. */
import { randomMachineId } from '../random.ts';
import { renewSeed, seedCloudInit, type CloudInit } from './cloud-init.ts';
import { editRootfsFile, syncRootfsFiles } from './rootfs-edit.ts';

const HOSTNAME = '/etc/hostname';

/**
 * A machine id of its own (machine-id(5)) for a system that was published with "uninitialized". systemd would make a
 * transient one and mount it over the file, which PID 1 cannot do without CAP_SYS_ADMIN; networkd then has no DUID.
 */
function identify(text: string | null): string | null {
  return text?.trim() === 'uninitialized' ? `${randomMachineId()}\n` : null;
}

/** A copy is another machine: two with one id would be given one address by DHCP. */
const reidentify = (text: string | null): string | null =>
  text !== null && /^[0-9a-f]{32}$/.test(text.trim()) ? `${randomMachineId()}\n` : null;

/** What makes a copy a machine of its own. */
export interface CopyIdentity {
  /** null: it keeps its name. */
  readonly name: string | null;
  /** And what cloud-init tells instances by. */
  readonly keepMachineId: boolean;
  /** What its cloud-init is told anew. */
  readonly cloudInit?: CloudInit | undefined;
}

const renameHost = (layers: readonly string[], name: string): boolean =>
  editRootfsFile(layers, HOSTNAME, (text) => (text === null ? null : `${name}\n`));

/** Gives a container another name in its files; they are on disk then. */
export function renameRootfs(layers: readonly string[], name: string): void {
  const written = renameHost(layers, name) ? [HOSTNAME] : [];
  const seeds = renewSeed(layers, { name, isNew: false });
  const [top = ''] = layers;
  syncRootfsFiles(top, [...written, ...seeds]);
}

/** Gives a copy its name in /etc/hostname, and a machine id of its own. Returns why cloud-init cannot be told; null: it is. */
export function nameCopy(
  layers: readonly string[],
  { name, keepMachineId, cloudInit }: CopyIdentity,
): string | null {
  if (name !== null) renameHost(layers, name);
  if (!keepMachineId) editRootfsFile(layers, '/etc/machine-id', reidentify);
  renewSeed(layers, { name, isNew: !keepMachineId });
  return cloudInit ? seedCloudInit(layers, name, cloudInit) : null;
}

/** What a new container gets of its own. */
export interface Identity {
  readonly name: string;
  /** Paths of files of the image's in which LXC_NAME stands for the name. */
  readonly templates: readonly string[];
  /** Put where the image has no such file, or an empty one. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What its cloud-init is told. */
  readonly cloudInit?: CloudInit | undefined;
}

/**
 * Gives a new container its name (LXC_NAME in the files that the image lists, /etc/hostname in any case) and its id. Returns
 * why cloud-init cannot be told what it is to be told; null: it is.
 */
export function nameRootfs(
  layers: readonly string[],
  { name, templates, files, cloudInit }: Identity,
): string | null {
  for (const { path, text: added } of files)
    editRootfsFile(layers, path, (text) => ((text ?? '').trim() === '' ? added : null));
  for (const path of new Set(['/etc/hosts', ...templates])) {
    editRootfsFile(layers, path, (text) => text?.replaceAll('LXC_NAME', name) ?? null);
  }
  editRootfsFile(layers, HOSTNAME, () => `${name}\n`);
  editRootfsFile(layers, '/etc/machine-id', identify);
  renewSeed(layers, { name, isNew: true });
  return cloudInit ? seedCloudInit(layers, name, cloudInit) : null;
}
