/** lvm: a logical volume with a filesystem, thin where the group has the thin pool. Told by LVM's own programs. */
import { existsSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import { isInstalled } from '../host/packers.ts';
import { obstacleToDevices } from '../host/user-namespace.ts';
import type { Backend, CopyHow, NewRootfs, Place, VolumeUsage } from './backend.ts';
import { deviceView, fillDevice, mayShareBlocks, onDevice } from './device.ts';
import { DEFAULT_SIZE, filesystemObstacle, filesystemOf } from './filesystem.ts';
import { claimVolume, freeName } from './outside.ts';
import { answerOf, linesSoon, finds, succeeds, tell } from './tool.ts';
import type { View } from './view.ts';

/** GROUP/NAME, as LVM's programs take it. */
const nameOf = (device: string): string => device.replace(/^\/dev\//, '');
const groupOf = (device: string): string => nameOf(device).split('/')[0] ?? '';

/** LVM's words for what is not there. */
const ABSENT = /Failed to find logical volume|Volume group ".*" not found/;
const exists = (volume: string): Promise<boolean> => finds(ABSENT, 'lvs', volume);
const FIELD = ['--noheadings', '--nosuffix', '--units', 'b', '-o'];
const field = (name: string, volume: string): Promise<string> => answerOf('lvs', ...FIELD, name, volume);
const isThin = async (volume: string): Promise<boolean> => (await field('pool_lv', volume)) !== '';

/** The pool, GROUP/POOL; null: the group has none, and nobody asked for it. Throws TLXC_E_UNSUPPORTED. */
async function thinPool(group: string, { options, settings }: Place): Promise<string | null> {
  const pool = `${group}/${options.thinpool ?? settings['lxc.bdev.lvm.thin_pool']}`;
  if ((await field('lv_attr', pool)).startsWith('t')) return pool;
  if (options.thinpool === undefined) return null;
  const message = `${pool} is no thin pool`;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message,
    hint: 'lvs shows them: their Attr begins with t',
  });
}

const tagOf = (mark: string): string => `tlxc.${mark}`;

/** A new volume of this name, by lvcreate with these words. */
async function makeVolume(place: Place, device: string, words: readonly string[]): Promise<void> {
  await claimVolume(place, {
    path: `lvm:${device}`,
    exists: () => exists(nameOf(device)),
    make: (mark) =>
      tell(
        `the logical volume ${device} could not be made`,
        'lvcreate',
        '--yes',
        '--quiet',
        '--addtag',
        tagOf(mark),
        '--name',
        nameOf(device).split('/')[1] ?? '',
        ...words,
      ),
  });
}

interface Wanted {
  readonly device: string;
  readonly size: number;
  readonly fstype?: string | undefined;
}

async function createAs(place: Place, tree: View, { device, size, fstype }: Wanted): Promise<NewRootfs> {
  const pool = await thinPool(groupOf(device), place);
  const words =
    pool === null ? ['--size', `${size}b`, groupOf(device)] : ['--thin', '--virtualsize', `${size}b`, pool];
  await makeVolume(place, device, ['--wipesignatures', 'y', ...words]);
  return fillDevice(place, `lvm:${device}`, tree, fstype);
}

const create = (place: Place, tree: View): Promise<NewRootfs> => {
  const { options, settings, name } = place;
  const group = options.vgname ?? settings['lxc.bdev.lvm.vg'] ?? '';
  const device = `/dev/${group}/${options.lvname ?? name}`;
  return createAs(place, tree, { device, size: options.fssize ?? DEFAULT_SIZE, fstype: options.fstype });
};

/** A thin volume's snapshot needs it no more; others are snapshots only when that is asked for, and need it. */
async function copy(place: Place, from: string, { snapshot, mountPoint }: CopyHow): Promise<NewRootfs> {
  const { options, name } = place;
  const group = groupOf(from);
  const device = `/dev/${group}/${await freeName(name, (each) => exists(`${group}/${each}`))}`;
  const fstype = filesystemOf(from);
  const size = Number(await field('lv_size', nameOf(from)));
  const thin = await isThin(nameOf(from));
  const canShare = mayShareBlocks(from, { fstype, must: snapshot }, options);
  if (!canShare || (!thin && !snapshot)) {
    const wanted = { device, size: options.fssize ?? size, fstype: options.fstype ?? fstype };
    return createAs(place, deviceView(from, mountPoint), wanted);
  }
  const room = thin ? ['--setactivationskip', 'n'] : ['--size', `${size}b`];
  await makeVolume(place, device, ['--snapshot', ...room, nameOf(from)]);
  return onDevice(place, `lvm:${device}`, { fstype, needsSource: !thin });
}

/** GROUP/NAME, and what is said of it: only of a thin volume it is known how much of it is in use. */
function usageIn(line: string): [string, VolumeUsage] {
  const [name = '', size = '', percent = ''] = line.trim().split(/\s+/);
  const used = percent === '' ? null : Math.round((Number(size) * Number(percent)) / 100);
  return [name, { used, limit: Number(size) }];
}

export const lvmBackend: Backend = {
  name: 'lvm',
  outside: true,
  snapshots: true,
  // One device is one filesystem, however often it is mounted.
  running: 'frozen',
  takes: ['fssize', 'fstype', 'lvname', 'vgname', 'thinpool'],
  beside: (device) => ({ vgname: groupOf(device) }),
  async obstacle({ host, settings }, { vgname, fstype }) {
    const devices = obstacleToDevices(host);
    if (devices !== null) return devices;
    if (!isInstalled('lvcreate')) return 'cannot be used: lvcreate is not installed (Debian: lvm2)';
    const group = vgname ?? settings['lxc.bdev.lvm.vg'] ?? '';
    if (!(await succeeds('vgs', group)))
      return `cannot be used: there is no volume group ${group} (vgs shows those there are)`;
    return filesystemObstacle(fstype);
  },
  create,
  copy,
  async attach(device) {
    if (existsSync(device) || !isInstalled('lvchange')) return;
    const activate = ['lvchange', '--yes', '--activate', 'y', '--ignoreactivationskip'];
    await tell(`the logical volume ${device} could not be activated`, ...activate, device);
  },
  view: deviceView,
  async usage(devices) {
    const lines = await linesSoon(
      'lvs',
      ...FIELD,
      'lv_full_name,lv_size,data_percent',
      ...devices.map(nameOf),
    );
    const known = new Map(lines.map(usageIn));
    return devices.map((device) => known.get(nameOf(device)) ?? null);
  },
  async destroy(device, { mark }) {
    if (!(await exists(nameOf(device)))) return;
    const tags = (await field('lv_tags', nameOf(device))).split(',');
    if (mark !== null && !tags.includes(tagOf(mark))) return;
    await tell(
      `the logical volume ${device} could not be removed`,
      ...['lvremove', '--yes', '--quiet', nameOf(device)],
    );
  },
};
