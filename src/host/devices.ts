/** Device nodes of the host's: one by its path, or all of a class, with the names of the groups that they belong to. */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { DEVICE_CLASSES, isDeviceClass, type DeviceClass } from '../device-classes.ts';
import { readableText } from '../readable-text.ts';

export interface HostDevice {
  readonly path: string;
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  /** Permission bits. */
  readonly mode: number;
  /** The name that the host has for its group; "": none. */
  readonly group: string;
}

/** Where the host has them, for tests. */
export interface DevicePlaces {
  readonly dev: string;
  readonly groups: string;
}

const HOST: DevicePlaces = { dev: '/dev', groups: '/etc/group' };

const majorOf = (device: bigint): number =>
  Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n));
const minorOf = (device: bigint): number => Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n));

function groupName(gid: number, file: string): string {
  const line = readableText(file)
    .split('\n')
    .map((each) => each.split(':'))
    .find(([, , number]) => number === String(gid));
  return line?.[0] ?? '';
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Links are followed. "absent": there is no such file; "other": it is no device. */
export function deviceAt(path: string, { groups }: DevicePlaces = HOST): HostDevice | 'absent' | 'other' {
  const found = statOf(path);
  if (!found) return 'absent';
  if (!found.isCharacterDevice() && !found.isBlockDevice()) return 'other';
  const number = BigInt(found.rdev);
  return {
    path,
    type: found.isBlockDevice() ? 'b' : 'c',
    major: majorOf(number),
    minor: minorOf(number),
    mode: found.mode & 0o777,
    group: groupName(found.gid, groups),
  };
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** In the order of their names. */
export function devicesOf(kind: DeviceClass, places: DevicePlaces = HOST): readonly HostDevice[] {
  return DEVICE_CLASSES[kind].places.flatMap(([below, names]) => {
    const directory = join(places.dev, below);
    const found = list(directory).filter((name) => names.test(name));
    return found.flatMap((name) => {
      const device = deviceAt(join(directory, name), places);
      return typeof device === 'string' ? [] : [device];
    });
  });
}

/** By what tlxc.device names: [] where the host lacks it; "other": it is no device. */
export type FoundDevices = Readonly<Record<string, readonly HostDevice[] | 'other'>>;

export function findDevices(names: readonly string[], places: DevicePlaces = HOST): FoundDevices {
  const find = (name: string): readonly HostDevice[] | 'other' => {
    if (isDeviceClass(name)) return devicesOf(name, places);
    const found = deviceAt(name, places);
    if (typeof found !== 'string') return [found];
    return found === 'absent' ? [] : found;
  };
  return Object.fromEntries(names.map((name) => [name, find(name)]));
}
