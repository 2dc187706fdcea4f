/** A tar archive into a tree: decoder | GNU tar in its jail, two children with a pipe between, so on two cores. */
import { closeSync, openSync, statSync } from 'node:fs';
import { programError, startProgram, type Ended, type RunningProgram } from '../host/program.ts';
import { native } from '../native/binding.ts';
import { feed } from './arrival.ts';
import { gaugeOf, startDecoder } from './compression.ts';
import { jailed, TARGET } from './jail.ts';
import { checkScan, type UnpackJob } from './unpacking.ts';

/** Decompressed to compressed, once BOMB_FREE bytes are out: no root filesystem comes near it. */
export const MAX_RATIO = 200;
const BOMB_FREE = 64 * 2 ** 20;
/** tar reads and writes files by so much at once, in blocks of 512 bytes: by its own 10 KiB a system takes a third longer. */
const RECORD_BLOCKS = 512;
const RECORD = RECORD_BLOCKS * 512;
/** What the pipe holds: a decoder gives a block of the archive at once, and neither side has to wait for the other at each 64 KiB. */
const BETWEEN = 2 ** 20;
/** Records between two counts of what it has read. */
const CHECKPOINT = 32;

/** Whether so many bytes come out of so few that nothing honest does it. */
export const isBomb = (decompressed: number, compressed: number): boolean =>
  decompressed > BOMB_FREE && decompressed > compressed * MAX_RATIO;

function tarCommand({ excludes, nested = false, layer = [] }: UnpackJob): string[] {
  const devices = ['./dev/*', 'dev/*', '/dev/*', ...(nested ? ['./rootfs/dev/*', 'rootfs/dev/*'] : [])];
  return [
    ...['tar', '--extract', '--file=-', `--directory=${TARGET}`, '--force-local', '--preserve-permissions'],
    ...['--same-owner', '--numeric-owner', '--delay-directory-restore', '--acls'],
    ...['--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability'],
    ...['-vv', '--full-time', '--quoting-style=escape', `--checkpoint=${CHECKPOINT}`],
    `--blocking-factor=${RECORD_BLOCKS}`,
    ...['--anchored', '--wildcards', ...devices.map((path) => `--exclude=${path}`)],
    '--no-wildcards',
    ...excludes.map((path) => `--exclude=${path}`),
    ...layer,
  ];
}

/** By what GNU tar and decoders say of an archive, rather than of the place that it comes to. */
const REMEDIES = [
  {
    words: /Cannot change ownership .*: Invalid argument$/,
    hint: 'its files belong to more ids than the container has: give it more by lxc.idmap, in the configuration that it is made from (-f)',
  },
  {
    words:
      /Unexpected EOF in archive|Skipping to next header|does not look like a tar archive|Member name contains '\.\.'|[Cc]orrupt|unexpected end of|Unexpected end of|premature end/,
    hint: 'it is damaged, or made to do harm: fetch it again, from where you trust',
  },
] as const;

/** Throws TLXC_E_IMAGE. */
export async function unpackTar(job: UnpackJob, decoder: readonly string[]): Promise<void> {
  const [decoded, tar] = await runPipe(job, decoder);
  checkScan(job);
  const what = `${job.archive} could not be unpacked`;
  const said = [...tar.errorLines, ...decoded.errorLines];
  const { hint } = REMEDIES.find(({ words }) => said.some((line) => words.test(line))) ?? {};
  const failure = {
    code: 'TLXC_E_IMAGE',
    what,
    writesTo: job.work,
    ...(hint !== undefined && { hint }),
  } as const;
  // tar's own complaint comes first: the decoder only says that its reader went away.
  if (tar.status !== 0)
    throw programError(withoutCheckpoints(decoded.status === 0 ? tar : culprit(decoded, tar)), failure);
  if (decoded.status !== 0) throw programError(decoded, failure);
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

async function runPipe(job: UnpackJob, argv: readonly string[]): Promise<[Ended, Ended]> {
  const { scan, archive, arrival } = job;
  // Of what is still arriving, only what came so far.
  let compressed = arrival ? 0 : statSync(archive).size;
  const ours: number[] = [];
  const programs: RunningProgram[] = [];
  let fed: Promise<void> | undefined;
  const stop = () => programs[0]?.child.kill('SIGKILL');
  try {
    // Between Node's children there would be a socket, which takes longer.
    const [outlet, inlet] = native().pipe({ bytes: BETWEEN });
    ours.push(outlet, inlet);
    const tar = startProgram(jailed({ ...job, devices: job.privileged }, tarCommand(job)), {
      name: 'tar',
      stdin: outlet,
      cwd: job.work,
      stdout: (line) => scan.take(line) || stop(),
      onErrorLine: (line) => {
        const decompressed = Number(CHECKPOINT_LINE.exec(line)?.[1] ?? 0) * RECORD;
        if (job.anyRatio === true || !isBomb(decompressed, compressed)) return;
        scan.refuse(`it grows to more than ${MAX_RATIO} times its size`);
        stop();
      },
    });
    programs.push(tar);
    const feeder = arrival && feed(arrival, (bytes) => (compressed += bytes));
    const input = feeder?.outlet ?? openSync(archive, 'r');
    ours.push(input);
    fed = feeder?.fed;
    programs.push(startDecoder(argv, { stdin: input, stdout: inlet }));
  } finally {
    // Both children have their ends now; ours would keep tar waiting for ever.
    for (const fd of ours) closeSync(fd);
  }
  const [tar, decoder] = programs as [RunningProgram, RunningProgram];
  if (!arrival) job.onStage?.('unpacking', gaugeOf(decoder, archive));
  const ended = await Promise.all([decoder.ended, tar.ended]);
  await fed;
  return ended;
}
