/**
 * Unpacks a root filesystem: decoder | GNU tar, two children connected by a pipe.
 *
 * tar alone keeps everything a system needs (owners, set-id bits, devices, capabilities, times). What an archive can
 * make it do is contained by construction: it runs in its own mount and network namespace, chrooted into a tmpfs that
 * holds a read-only /usr and the empty target, with the few capabilities that extraction takes.
 */
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asRootOf, withOwnIds, type Mapping } from '../host/mapped.ts';
import { probeHost } from '../host/probe.ts';
import { programError, runProgram, startProgram, type Ended } from '../host/program.ts';
import { decoderOf, decoderPrivileges } from './compression.ts';
import { MemberScan } from './member-scan.ts';

export interface Unpacking {
  readonly archive: string;
  /** Made by us, empty; the tree goes to WORK/rootfs. */
  readonly work: string;
  /** Members left out, "./dev/null"; what lies below ./dev always is. */
  readonly excludes: readonly string[];
  /** Device nodes outside /dev are let through. */
  readonly privileged: boolean;
  /** A user's container: owners in the archive are ids of this namespace. null, as for root: they are the host's. */
  readonly mapping?: Mapping | null;
  /** The system may lie in a rootfs/ of the archive's, as in Incus' images: its /dev is left out, too. */
  readonly nested?: boolean;
}

export interface Unpacked {
  readonly rootfs: string;
  /** Device nodes outside /dev. */
  readonly devices: readonly string[];
}

const MAX_BYTES = 16 * 2 ** 30;
const MAX_MEMBERS = 2_000_000;
/** How much of the free space an image may take. */
const FILL = 0.8;
/** Decompressed to compressed, once BOMB_FREE bytes are out: no root filesystem comes near it. */
const MAX_RATIO = 200;
const BOMB_FREE = 64 * 2 ** 20;
/** tar's records of 10 KiB between two counts of what it has read. */
const CHECKPOINT = 800;
const RECORD = 10 * 1024;

/**
 * $1: empty directory for the jail's root, $2: the target, both below the working directory and never looked up from
 * "/", where a user's home may be closed to the container's root; then the command. ulimit counts blocks of 512 bytes.
 */
const JAIL = `set -eu
root=$1 target=$2; shift 2
mount -c -t tmpfs -o mode=755,size=1m,nosuid,nodev tlxc-unpack "$root"
mkdir "$root/usr" "$root/rootfs"
mount -c --bind -o ro,nosuid,nodev /usr "$root/usr"
for dir in bin sbin lib lib32 lib64; do
  if [ -L "/$dir" ]; then cp -P "/$dir" "$root/$dir"
  elif [ -d "/$dir" ]; then mkdir "$root/$dir"; mount -c --bind -o ro,nosuid,nodev "/$dir" "$root/$dir"; fi
done
mount -c --bind "$target" "$root/rootfs"
mount -c -o remount,ro "$root"
ulimit -f ${MAX_BYTES / 512}
exec chroot "$root" "$@"`;

const CAPABILITIES = ['chown', 'dac_override', 'fowner', 'fsetid', 'mknod', 'setfcap'];

function tarCommand({ excludes, nested = false }: Pick<Unpacking, 'excludes' | 'nested'>): string[] {
  const devices = ['./dev/*', 'dev/*', ...(nested ? ['./rootfs/dev/*', 'rootfs/dev/*'] : [])];
  return [
    ...['setpriv', '--no-new-privs', '--inh-caps=-all'],
    ...[`--bounding-set=-all,${CAPABILITIES.map((name) => `+${name}`).join(',')}`, '--'],
    ...['tar', '--extract', '--file=-', '--directory=/rootfs', '--force-local', '--preserve-permissions'],
    ...['--same-owner', '--numeric-owner', '--delay-directory-restore', '--acls'],
    ...['--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability'],
    ...['-vv', '--full-time', '--quoting-style=escape', `--checkpoint=${CHECKPOINT}`],
    ...['--anchored', '--wildcards', ...devices.map((path) => `--exclude=${path}`)],
    '--no-wildcards',
    ...excludes.map((path) => `--exclude=${path}`),
  ];
}

/** Throws TLXC_E_IMAGE for a damaged, hostile or oversized archive; the caller removes unpacking.work. */
export async function unpack(unpacking: Unpacking): Promise<Unpacked> {
  const rootfs = join(unpacking.work, 'rootfs');
  const jail = join(unpacking.work, 'jail');
  await mkdir(rootfs, { mode: 0o755 });
  await mkdir(jail, { mode: 0o700 });
  if (unpacking.mapping) await openTo(unpacking.mapping, unpacking.work, rootfs);
  const { bavail, bsize } = await statfs(unpacking.work);
  // The rest is left to whoever else writes there, and to what directories and inodes take.
  const space = bavail * bsize * FILL;
  const scan = new MemberScan({ bytes: MAX_BYTES, members: MAX_MEMBERS, space });
  const [decoder, tar] = await runPipeline({ ...unpacking, rootfs, jail, scan });
  const [device] = scan.devices;
  if (device !== undefined && !unpacking.privileged)
    scan.refuse(`${device} is a device node, which an unprivileged container may not have`);
  if (scan.refused) throw scan.refused;
  const failure = { code: 'TLXC_E_IMAGE', what: `${unpacking.archive} could not be unpacked` } as const;
  // tar's own complaint comes first: the decoder only says that its reader went away.
  if (tar.status !== 0)
    throw programError(withoutCheckpoints(decoder.status === 0 ? tar : culprit(decoder, tar)), failure);
  if (decoder.status !== 0) throw programError(decoder, failure);
  await rm(jail, { recursive: true });
  return { rootfs, devices: scan.devices };
}

/**
 * The target becomes the container's root's, who may also pass through its parent. The archive is unpacked without the
 * user's own ids: no member can become a file of the user.
 */
async function openTo(mapping: Mapping, work: string, rootfs: string): Promise<void> {
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `${rootfs} could not be given to the container's root`,
  } as const;
  await chmod(work, 0o711);
  await runProgram(asRootOf(withOwnIds(mapping, probeHost()), ['chown', '0:0', '--', rootfs]), failure);
}

/** The decoder that ended by SIGPIPE is the victim of tar, any other failure of it the cause. */
const culprit = (decoder: Ended, tar: Ended): Ended => (decoder.signal === 'SIGPIPE' ? tar : decoder);

const CHECKPOINT_LINE = /^tar: \S+ checkpoint (\d+)$/;
const withoutCheckpoints = (ended: Ended): Ended => ({
  ...ended,
  errorLines: ended.errorLines.filter(
    (line) => !CHECKPOINT_LINE.test(line) && !line.endsWith('exit delayed'),
  ),
});

interface Pipeline extends Unpacking {
  readonly rootfs: string;
  readonly jail: string;
  readonly scan: MemberScan;
}

async function runPipeline(pipeline: Pipeline): Promise<[Ended, Ended]> {
  const { scan, archive } = pipeline;
  const input = openSync(archive, 'r');
  const compressed = (await stat(archive)).size;
  const stop = () => tar.child.kill('SIGKILL');
  const places = [basename(pipeline.jail), basename(pipeline.rootfs)];
  const jailed = ['sh', '-c', JAIL, 'unpack', ...places, ...tarCommand(pipeline)];
  const namespaces = ['unshare', '--mount', '--net', '--ipc', '--propagation', 'private', '--'];
  const tar = startProgram(asRootOf(pipeline.mapping ?? null, [...namespaces, ...jailed]), {
    stdin: 'pipe',
    cwd: pipeline.work,
    stdout: (line) => scan.take(line) || stop(),
    onErrorLine: (line) => {
      const decompressed = Number(CHECKPOINT_LINE.exec(line)?.[1] ?? 0) * RECORD;
      if (decompressed <= BOMB_FREE || decompressed <= compressed * MAX_RATIO) return;
      scan.refuse(`it grows to more than ${MAX_RATIO} times its size`);
      stop();
    },
  });
  const pipe = tar.child.stdin;
  if (!pipe) throw new Error('tar has no standard input');
  const decoder = startProgram(decoderOf(archive), {
    stdin: input,
    stdout: pipe,
    privileges: decoderPrivileges(),
  });
  // Both children have their ends now; ours would keep tar waiting for ever.
  closeSync(input);
  pipe.destroy();
  return Promise.all([decoder.ended, tar.ended]);
}
