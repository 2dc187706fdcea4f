/**
 * What cloud-init is told at its first boot: files below /var/lib/cloud/seed, where its datasource NoCloud looks. Whether
 * it has seen them it tells by the instance id, so each machine has its own.
 */
import { randomHex } from '../random.ts';
import { hasRootfsFile, makeRootfsDirectory, removeRootfsFile } from './rootfs-directory.ts';
import { editRootfsFile } from './rootfs-edit.ts';

/** Texts of files, as cloud-init reads them; each may be left out. */
export interface CloudInit {
  /** What shall be done: begins with #cloud-config, #! … */
  readonly userData?: string;
  /** The same of whoever offers the machine: user data come after it, and win. */
  readonly vendorData?: string;
  /** Without it cloud-init asks for an address on the first interface. */
  readonly networkConfig?: string;
  /** instance-id and local-hostname are added where it has none. */
  readonly metaData?: string;
}

/** Of two it takes the first; the other one is where LXC's templates write. */
const PLACES = ['/var/lib/cloud/seed/nocloud', '/var/lib/cloud/seed/nocloud-net'] as const;
const [PLACE] = PLACES;
/** Images of containers have it, to boot without waiting for a seed. */
const DISABLED = '/etc/cloud/cloud-init.disabled';
/** It does not look at a place that lacks user data. */
const NOTHING_TO_DO = '#cloud-config\n{}\n';

interface MachineIdentity {
  /** null: it stays. */
  readonly instance: string | null;
  readonly name: string | null;
}

const newInstance = (): string => `tlxc-${randomHex(8)}`;

const linesOf = ({ instance, name }: MachineIdentity): [string, string][] => [
  ...(instance === null ? [] : [['instance-id', instance] as [string, string]]),
  ...(name === null ? [] : [['local-hostname', name] as [string, string]]),
];

function asObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/** Meta data with the machine's identity: `replace` what they say of it, or only add what they do not say. */
export function withIdentity(text: string, identity: MachineIdentity, replace: boolean): string {
  const object = asObject(text);
  const wanted = linesOf(identity);
  if (object !== null) {
    const ours = Object.fromEntries(wanted);
    return `${JSON.stringify(replace ? { ...object, ...ours } : { ...ours, ...object })}\n`;
  }
  return wanted.reduce((all, [key, value]) => {
    const line = `${key}: ${JSON.stringify(value)}`;
    const there = new RegExp(`^${key}[ \\t]*:.*$`, 'm');
    if (there.test(all)) return replace ? all.replace(there, () => line) : all;
    return `${line}\n${all}`;
  }, text);
}

/** A machine that was made from another one: what that was told is told this one, too, as another instance. Returns what it has written. */
export function renewSeed(
  layers: readonly string[],
  { name, isNew }: { readonly name: string | null; readonly isNew: boolean },
): readonly string[] {
  const identity = { name, instance: isNew ? newInstance() : null };
  const renew = (text: string | null) => (text === null ? null : withIdentity(text, identity, true));
  return PLACES.map((place) => `${place}/meta-data`).filter((path) => editRootfsFile(layers, path, renew));
}

/** Writes what is given, and what cloud-init wants beside it. Returns why it cannot be; null: it is done. */
export function seedCloudInit(
  layers: readonly string[],
  name: string | null,
  { userData, vendorData, networkConfig, metaData }: CloudInit,
): string | null {
  if (!hasRootfsFile(layers, '/usr/bin/cloud-init'))
    return 'there is no cloud-init in its root filesystem, so nobody would read what it is to be told';
  const identity = { name, instance: newInstance() };
  const done =
    makeRootfsDirectory(layers, PLACE, 0o700) &&
    write(layers, 'user-data', userData, NOTHING_TO_DO) &&
    write(layers, 'vendor-data', vendorData) &&
    write(layers, 'network-config', networkConfig) &&
    write(
      layers,
      'meta-data',
      metaData && withIdentity(metaData, identity, false),
      withIdentity('', identity, false),
    ) &&
    removeRootfsFile(layers, DISABLED);
  return done
    ? null
    : `${PLACE} cannot be written: what is there, or above it, is something else than directories and files`;
}

/** It may hold passwords and keys, and the directory may be the image's, which all may enter. */
const FOR_ROOT = 0o600;

/** `otherwise`: where nothing is given, and nothing there. Returns whether it is there as wanted. */
function write(layers: readonly string[], file: string, given?: string, otherwise?: string): boolean {
  const text = given ?? otherwise;
  if (text === undefined) return true;
  const there = new Set<string | null>();
  const edit = (old: string | null): string | null => {
    there.add(old);
    return given === undefined && old !== null ? null : text;
  };
  const written = editRootfsFile(layers, `${PLACE}/${file}`, edit, FOR_ROOT);
  return written || there.has(text) || (given === undefined && !there.has(null) && there.size > 0);
}
