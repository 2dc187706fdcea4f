/** How far programs are that read files, or copy them: the kernel and find(1) are asked, once somebody looks. */
import type { Amount, Gauge } from '../gauge.ts';
import { readableText } from '../readable-text.ts';
import { startProgram, type RunningProgram } from './program.ts';

/** A gauge, and what has to be done when its work is over. */
export interface Measured {
  readonly gauge: Gauge;
  /** Nothing of it runs any more then, nor holds what was mounted. */
  readonly end: () => Promise<void>;
}

const told = (pid: number, file: string): string => readableText(`/proc/${pid}/${file}`);

/** The program itself, where the process that was started waits for another one that became it (tlxc-mapped). */
function innermost(pid: number): number {
  const child = Number.parseInt(told(pid, `task/${pid}/children`), 10);
  return Number.isNaN(child) ? pid : innermost(child);
}

/** What prepares the way for a program writes some bytes, too, and reads more: libraries, tables of mounts. */
const NOTHING = 4096;
const READ_BEFORE = 2 ** 20;

/** What a program has written, as far as it was still there to be asked; shared blocks are not written. */
export function writtenBy({ child: { pid = 0 } }: RunningProgram): () => number {
  let most = 0;
  return () => {
    const written = Number(/^wchar: (\d+)$/m.exec(told(innermost(pid), 'io'))?.[1] ?? 0);
    return (most = Math.max(most, written < NOTHING ? 0 : written));
  };
}

/** What a program has read of all files, as far as it was still there to be asked. */
export function readInAllBy({ child: { pid = 0 } }: RunningProgram): () => number {
  let most = 0;
  return () => {
    const read = Number(/^rchar: (\d+)$/m.exec(told(innermost(pid), 'io'))?.[1] ?? 0);
    return (most = Math.max(most, read < READ_BEFORE ? 0 : read));
  };
}

/** How far a program has read the file that is its standard input. */
export function readBy({ child: { pid = 0 } }: RunningProgram): () => number {
  let most = 0;
  return () => {
    const position = Number(/^pos:\s+(\d+)$/m.exec(told(pid, 'fdinfo/0'))?.[1] ?? 0);
    return (most = Math.max(most, position));
  };
}

/** What a file adds to the size of a copy; once: whatever number of names it has. */
const BYTES = {
  copy: { member: 0, block: 1, once: true },
  archive: { member: 1024, block: 512, once: true },
  stream: { member: 64, block: 1, once: false },
} as const;

/** What all that find(1) prints of a tree comes to; holes are nothing. */
class Sum {
  bytes = 0;
  readonly #linked = new Set<string>();
  readonly #each: (typeof BYTES)[keyof typeof BYTES];

  constructor(as: keyof typeof BYTES) {
    this.#each = BYTES[as];
  }

  /** "TYPE SIZE BLOCKS LINKS INODE" */
  readonly take = (line: string): void => {
    const [type, size = '', blocks = '', links, inode = ''] = line.split(' ');
    const { member, block, once } = this.#each;
    this.bytes += member;
    if (type !== 'f') return;
    if (once && links !== '1' && this.#linked.size === this.#linked.add(inode).size) return;
    this.bytes += Math.ceil(Math.min(Number(size), Number(blocks) * 512) / block) * block;
  };
}

/** How a tree is looked at, or several. */
interface Tree {
  /** Where they are, once the work has begun: of a directory, what is in it. */
  readonly paths: () => readonly string[];
  readonly as: keyof typeof BYTES;
  /** What stands before the program. */
  readonly within?: (argv: readonly string[]) => readonly string[];
  readonly oneFilesystem?: boolean;
  /** What the path begins at. */
  readonly cwd?: string;
}

/**
 * Of work over a tree, of which `done` is done. What the tree comes to is counted beside it, from the first question on after
 * the work has begun: before, its process may not have gone to the tree yet.
 */
export function measureTree(
  done: () => number,
  { paths, as, oneFilesystem, cwd, within = (argv) => argv }: Tree,
): Measured {
  let counting: RunningProgram | null = null;
  let total: number | null = null;
  const count = (): RunningProgram => {
    const sum = new Sum(as);
    const only = oneFilesystem === true ? ['-xdev'] : [];
    // It is for looking at alone: nothing else waits for it.
    const find = ['nice', '-n', '5', 'find', '-H', ...paths(), ...only, '-printf', '%y %s %b %n %i\\n'];
    const program = startProgram(within(find), { stdout: sum.take, ...(cwd !== undefined && { cwd }) });
    void program.ended.then(
      ({ status }) => {
        // What was not all seen is no measure.
        if (status === 0 && sum.bytes > 0) total = sum.bytes;
      },
      () => undefined,
    );
    return program;
  };
  return {
    gauge: (): Amount => {
      const amount = done();
      if (amount > 0) counting ??= count();
      return { done: amount, total };
    },
    end: async () => {
      counting?.child.kill('SIGKILL');
      await counting?.ended.catch(() => undefined);
    },
  };
}
