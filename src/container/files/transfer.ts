/** Files and trees between the host and a container: two ends of tlxc-transfer, joined by a pipe. */
import type { OnStage } from '../../gauge.ts';
import { measureTree, writtenBy, type Measured } from '../../host/copy-gauge.ts';
import { startProgram, type Ended, type ProgramOptions, type RunningProgram } from '../../host/program.ts';
import type { StartMessage, StepFailure } from '../../monitor/protocol.ts';
import { native } from '../../native/binding.ts';
import { nativeFile } from '../../package-root.ts';
import { leftOut, transferError, type Side } from './transfer-failure.ts';
import { withTree, type TreeRequest } from './tree.ts';

export interface Copy extends TreeRequest {
  /** Of the host absolute, or "-" alone for standard input; in the container from its root. */
  readonly sources: readonly string[];
  /** Of the host absolute, or "-" for standard output. */
  readonly target: string;
  /** The target is a directory, and the sources go into it; else it may be one. */
  readonly into: boolean;
  readonly recursive: boolean;
  /** Directories of the target that are missing are made. */
  readonly parents: boolean;
  /** What "-" means: a descriptor, this process's own standard input or output unless given. */
  readonly stream?: number;
  /** Of what was left out. */
  readonly warn: (text: string) => void;
  readonly onStage?: OnStage | undefined;
}

export interface Push extends Copy {
  /** Instead of the sources' own; what standard input replaces lends it its own, else it is root's. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly mode: number | null;
  /** What is replaced keeps its owner and mode. */
  readonly keep?: boolean;
}

/** A descriptor, or where a pipe is in the way. */
interface End {
  readonly side: Side;
  readonly program: { readonly argv: readonly string[]; readonly pass: readonly number[] };
  readonly options: Pick<ProgramOptions, 'stdin' | 'stdout'>;
}

const onHost = (words: readonly string[]): End['program'] => ({
  argv: [nativeFile('tlxc-transfer'), 'host', ...words],
  pass: [],
});

interface Outcome {
  readonly side: Side;
  readonly ended: Ended;
  readonly failure: StepFailure | null;
}

interface Started {
  readonly side: Side;
  readonly program: RunningProgram;
  readonly outcome: Promise<Outcome>;
}

function start({ side, program, options }: End, warn: (failure: StepFailure) => void): Started {
  let failure: StepFailure | null = null;
  const onErrorLine = (line: string): void => {
    if (!line.startsWith('{')) return;
    const message = JSON.parse(line) as StartMessage;
    if (message.kind === 'warning') warn(message);
    if (message.kind === 'failed') failure = message;
  };
  const running = startProgram(program.argv, { ...options, pass: program.pass, onErrorLine });
  const outcome = running.ended.then((ended) => ({ side, ended, failure }));
  return { side, program: running, outcome };
}

/** By the end on the host. What there is to do is known of files of the host's alone: a container decides what its paths lead to. */
function measure(ends: readonly Started[], copy: Copy, isPush: boolean): Measured {
  const host = ends.find(({ side }) => side === 'host');
  const done = host ? writtenBy(host.program) : () => 0;
  if (isPush && copy.sources[0] !== '-')
    return measureTree(done, { paths: () => copy.sources, as: 'stream', oneFilesystem: true });
  return { gauge: () => ({ done: done(), total: null }), end: () => Promise.resolve() };
}

/** Both ends until both are done. Throws what the one at fault says: whose other end went away is its victim. */
async function join(name: string, sender: Omit<End, 'options'>, receiver: Omit<End, 'options'>, copy: Copy) {
  const [read, write] = native().pipe();
  const warn = (failure: StepFailure): void => copy.warn(leftOut(failure));
  const ends = [
    start(
      { ...receiver, options: { stdin: read, ...(copy.target === '-' && { stdout: copy.stream ?? 1 }) } },
      warn,
    ),
    start(
      { ...sender, options: { ...(copy.sources[0] === '-' && { stdin: copy.stream ?? 0 }), stdout: write } },
      warn,
    ),
  ];
  for (const fd of [read, write]) native().closeFd(fd);
  const measured = measure(ends, copy, sender.side === 'host');
  copy.onStage?.('copying', measured.gauge);
  const outcomes = await Promise.all(ends.map(({ outcome }) => outcome)).finally(measured.end);
  const failed = outcomes.filter(({ ended }) => ended.status !== 0);
  const isVictim = ({ failure, ended }: Outcome) => failure?.detail === 'cut' || ended.signal === 'SIGPIPE';
  const culprit = failed.find((outcome) => !isVictim(outcome)) ?? failed[0];
  if (culprit) throw transferError(name, culprit);
}

const receiveWords = (flags: string, owner: Partial<Push>, target: string): string[] => {
  const number = (value: number | null | undefined): string => String(value ?? -1);
  return ['receive', flags || '-', number(owner.uid), number(owner.gid), number(owner.mode), target];
};

const sendWords = ({ recursive, sources }: Copy): string[] => [
  'send',
  ...(recursive ? ['recursive'] : []),
  ...sources,
];

const flagsOf = ({ into, parents }: Copy): string => `${into ? 'i' : ''}${parents ? 'p' : ''}`;

/** Copies files of the host's into the container. Throws TLXC_E_NOT_FOUND, TLXC_E_SYSCALL, TLXC_E_TIMEOUT …; withTree's. */
export const pushFiles = (push: Push): Promise<void> =>
  withTree(push, (transfer) =>
    join(
      push.name,
      { side: 'host', program: onHost(sendWords(push)) },
      {
        side: 'container',
        program: transfer(receiveWords(`${flagsOf(push)}${push.keep ? 'k' : 'o'}`, push, push.target)),
      },
      push,
    ),
  );

/** Copies files of the container's to the host, where they belong to the caller. Throws as pushFiles. */
export const pullFiles = (pull: Copy): Promise<void> =>
  withTree(pull, (transfer) =>
    join(
      pull.name,
      { side: 'container', program: transfer(sendWords(pull)) },
      { side: 'host', program: onHost(receiveWords(flagsOf(pull), {}, pull.target)) },
      pull,
    ),
  );
