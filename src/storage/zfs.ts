/** zfs: a dataset, ROOT/NAME. Told by zfs(8). */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmeasured, type Amount } from '../gauge.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { mounting } from '../host/mounting.ts';
import { isInstalled } from '../host/packers.ts';
import { programError, startProgram } from '../host/program.ts';
import { obstacleToDevices } from '../host/user-namespace.ts';
import type { Backend, CopyHow, NewRootfs, Place } from './backend.ts';
import { fill } from './filesystem.ts';
import { claimVolume, freeName } from './outside.ts';
import { answerOf, linesSoon, finds, succeeds, tell } from './tool.ts';
import type { View } from './view.ts';

const parentOf = (dataset: string): string => dataset.slice(0, dataset.lastIndexOf('/'));

/** "2.1.11-1+deb12u1"; "" where the module is not loaded. */
function moduleVersion(): string {
  const file = '/sys/module/zfs/version';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

const exists = (dataset: string): Promise<boolean> =>
  finds(/does not exist/, 'zfs', 'list', '-H', '-o', 'name', dataset);

/** A property of the user's own kind. */
const MARK = 'tlxc:made-for';

/** As LXC makes them: mounted by nobody but who starts the container. */
const properties = ({ final, options }: Place, mark: string): readonly string[] => [
  ...['-o', `mountpoint=${join(final, 'rootfs')}`, '-o', 'canmount=noauto', '-o', `${MARK}=${mark}`],
  ...(options.fssize === undefined ? [] : ['-o', `refquota=${options.fssize}`]),
];

function view(dataset: string, mountPoint: () => string): View {
  const target = mountPoint();
  return {
    words: mounting({ fstype: 'zfs', options: 'zfsutil', source: dataset, target }),
    layers: [target],
  };
}

function seen({ staging }: Place, dataset: string, needsSource = false): NewRootfs {
  const mountPoint = join(staging, 'rootfs');
  mkdirSync(mountPoint, { mode: 0o755 });
  return { path: `zfs:${dataset}`, view: view(dataset, () => mountPoint), needs: [], needsSource };
}

const claim = (place: Place, dataset: string, make: (mark: string) => Promise<unknown>): Promise<void> =>
  claimVolume(place, { path: `zfs:${dataset}`, exists: () => exists(dataset), make });

async function create(place: Place, tree: View): Promise<NewRootfs> {
  const dataset = `${place.options.zfsroot ?? place.settings['lxc.bdev.zfs.root']}/${place.name}`;
  const make = (mark: string) =>
    tell(
      `the dataset ${dataset} could not be made`,
      'zfs',
      'create',
      ...properties(place, mark),
      '-p',
      dataset,
    );
  await claim(place, dataset, make);
  const made = seen(place, dataset);
  await fill(made.view, tree, place);
  return made;
}

/** What `zfs send -vP` says beside its errors: what there is to send as it reckons, and each second how much it has sent. */
const TOLD = /^(size|\d+:\d\d:\d\d)\t(\d+)|^(?:full|incremental)\t/;

/** How far it is, by its next line. */
export function amountSent(before: Amount, line: string): Amount {
  const [, kind, bytes] = TOLD.exec(line) ?? [];
  if (bytes === undefined) return before;
  return kind === 'size' ? { ...before, total: Number(bytes) } : { ...before, done: Number(bytes) };
}

/** zfs send | zfs receive. Throws TLXC_E_STORAGE. */
async function send(
  { snapshot, dataset, words }: { snapshot: string; dataset: string; words: readonly string[] },
  onStage: Place['onStage'],
): Promise<void> {
  const receiver = startProgram(['zfs', 'receive', ...words, dataset], { stdin: 'pipe' });
  let amount: Amount = { done: 0, total: null };
  const onErrorLine = (line: string): void => void (amount = amountSent(amount, line));
  const stdout = receiver.child.stdin ?? 'pipe';
  const sender = startProgram(['zfs', 'send', '-vP', snapshot], { stdout, onErrorLine });
  onStage?.('copying', () => amount);
  // Ours is a second end of the pipe: the receiver waits for it to close, too.
  const sent = sender.ended.then((ended) => {
    receiver.child.stdin?.end();
    return ended;
  });
  const failed = (await Promise.all([sent, receiver.ended])).find(({ status }) => status !== 0);
  onStage?.('writing', unmeasured);
  if (!failed) return;
  const errorLines = failed.errorLines.filter((line) => !TOLD.test(line));
  throw programError(
    { ...failed, errorLines },
    { code: 'TLXC_E_STORAGE', what: `${snapshot} could not be copied` },
  );
}

/** Of one moment in any case: a snapshot of the dataset, which a clone lies over, or which is sent and removed again. */
async function copy(place: Place, from: string, { snapshot: clones }: CopyHow): Promise<NewRootfs> {
  const parent = parentOf(from);
  const dataset = `${parent}/${await freeName(place.name, (name) => exists(`${parent}/${name}`))}`;
  const moment = `tlxc-${dataset.slice(parent.length + 1)}`;
  const snapshot = `${from}@${moment}`;
  await claim(place, dataset, async (mark) => {
    // Of a copy to this name that was killed.
    if (await exists(snapshot)) await tell(`${snapshot} could not be removed`, 'zfs', 'destroy', snapshot);
    await tell(`no snapshot of ${from} could be made`, 'zfs', 'snapshot', snapshot);
    try {
      if (clones)
        await tell(
          `${from} could not be cloned`,
          'zfs',
          'clone',
          ...properties(place, mark),
          snapshot,
          dataset,
        );
      else await send({ snapshot, dataset, words: ['-u', ...properties(place, mark)] }, place.onStage);
    } catch (error) {
      await succeeds('zfs', 'destroy', snapshot);
      throw error;
    }
  });
  if (!clones)
    for (const each of [snapshot, `${dataset}@${moment}`])
      await tell(`${each} could not be removed`, 'zfs', 'destroy', each);
  return seen(place, dataset, clones);
}

export const zfsBackend: Backend = {
  name: 'zfs',
  outside: true,
  snapshots: true,
  running: 'atomic',
  limited: true,
  takes: ['fssize', 'zfsroot'],
  beside: (dataset) => ({ zfsroot: parentOf(dataset) }),
  async obstacle({ host, settings, idmapped }, { zfsroot }) {
    const devices = obstacleToDevices(host);
    if (devices !== null) return devices;
    if (!isInstalled('zfs')) return 'cannot be used: zfs is not installed';
    const version = moduleVersion();
    if (idmapped && version !== '' && !kernelAtLeast(version, 2, 2))
      return `cannot be used unprivileged: ZFS ${version} takes no id-mapped mounts (2.2 does)`;
    const root = zfsroot ?? settings['lxc.bdev.zfs.root'] ?? '';
    return (await exists(root.split('/')[0] ?? ''))
      ? null
      : `cannot be used: there is no ZFS pool for ${root} (zfs list shows those there are)`;
  },
  create,
  copy,
  view,
  async usage(datasets) {
    const lines = await linesSoon('zfs', 'list', '-H', '-p', '-o', 'name,referenced,refquota', ...datasets);
    const known = new Map(
      lines.map((line) => {
        const [name = '', used = '', quota = ''] = line.split('\t');
        return [name, { used: Number(used), limit: Number(quota) || null }];
      }),
    );
    return datasets.map((dataset) => known.get(dataset) ?? null);
  },
  async destroy(dataset, { mark }) {
    if (!(await exists(dataset))) return;
    if (mark !== null && (await answerOf('zfs', 'get', '-H', '-o', 'value', MARK, dataset)) !== mark) return;
    const origin = await answerOf('zfs', 'get', '-H', '-o', 'value', 'origin', dataset);
    await tell(`the dataset ${dataset} could not be removed`, 'zfs', 'destroy', '-r', dataset);
    if (origin.includes('@')) await tell(`${origin} could not be removed`, 'zfs', 'destroy', origin);
  },
};
