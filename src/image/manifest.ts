/**
 * What a stored image's tree holds, member by member, written down when the image is made: so damage is found, and told
 * by its path. One record a member: type, mode, owner, group, size, time and BLAKE2b digest with tabs between, then its
 * path; a NUL; a link's target; a NUL. Names are bytes (latin1 here): an image need not write UTF-8.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { writeStagedFile } from '../config/atomic-write.ts';
import { asRootOf, type Mapping } from '../host/mapped.ts';
import { programError, startProgram } from '../host/program.ts';

/** What is kept of the record beside it, in image.json. */
export interface TreeRecord {
  /** Of the record itself. */
  readonly sha256: string;
  /** What the tree takes on disk. */
  readonly bytes: number;
  readonly members: number;
}

/** A member that is not as it was recorded. */
export interface Damage {
  /** Inside the root filesystem: "/etc/passwd". */
  readonly path: string;
  /** "missing", "added", or what differs: "content, mode". */
  readonly what: string;
}

/** The programs see the tree as the image's root does: a plain user's through the user's mapping. */
export interface Tree {
  /** The image's directory: it has rootfs/ and, once recorded, the record. */
  readonly directory: string;
  readonly mapping: Mapping | null;
  /** Of one that is packed: words that mount it at `root` for the program that follows them. */
  readonly words?: readonly string[];
  readonly root?: string;
}

/** How a program is started that has the tree as its working directory. */
export function inTree(
  { directory, mapping, words = [], root = join(directory, 'rootfs') }: Tree,
  argv: readonly string[],
): { readonly argv: readonly string[]; readonly cwd: string } {
  // Begun inside: the image's root need not be able to pass through what is above. What is mounted is entered later.
  if (words.length === 0) return { argv: asRootOf(mapping, argv), cwd: root };
  return { argv: [...words, 'env', `--chdir=${root}`, ...argv], cwd: directory };
}

const FILE = 'manifest';
const FIELDS = ['type', 'mode', 'owner', 'group', 'size', 'time', 'content'] as const;
const PRINTF = String.raw`%y\t%m\t%U\t%G\t%s\t%T@\t%b\t%p\0%l\0`;
const BLOCK = 512;
const CONTENT = FIELDS.indexOf('content');
/** Hexadecimal digits. */
const DIGEST_LENGTH = 64;
/**
 * The names go to xargs on its standard input: nothing of an image is ever an option or a word of a shell. It begins when it
 * has so many characters of them.
 */
const DIGEST = [
  ...['xargs', '--null', '--no-run-if-empty', '--max-chars=65536'],
  ...['b2sum', `--length=${DIGEST_LENGTH * 4}`, '--zero', '--'],
];

type Members = ReadonlyMap<string, { readonly fields: readonly string[]; readonly target: string }>;

/** Records the tree as it is now; who stores the image brings the record to disk with it. Throws TLXC_E_STORAGE, or the system's error for a full disk. */
export async function recordTree(tree: Tree): Promise<TreeRecord> {
  const { members, bytes } = await scanTree(tree);
  const record = Buffer.from(recordOf(members), 'latin1');
  writeStagedFile(join(tree.directory, FILE), record, 0o600);
  return { sha256: sha256Of(record), bytes, members: members.size };
}

const sha256Of = (data: Buffer) => createHash('sha256').update(data).digest('hex');

const recordOf = (members: Members) =>
  [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { fields, target }]) => `${[...fields, path].join('\t')}\0${target}\0`)
    .join('');

/** What is not as recorded; null where the record itself is gone or not the one that was made. */
export async function damageOf(tree: Tree, expected: TreeRecord): Promise<Damage[] | null> {
  const record = readRecord(tree.directory);
  if (record === null || sha256Of(record) !== expected.sha256) return null;
  const before = parseRecord(record);
  const { members: now } = await scanTree(tree);
  const added = [...now.keys()].filter((path) => !before.has(path)).map((path) => damage(path, 'added'));
  const others = [...before].flatMap(([path, was]) => {
    const is = now.get(path);
    if (!is) return [damage(path, 'missing')];
    const differing = FIELDS.filter((_, at) => was.fields[at] !== is.fields[at]) as string[];
    if (was.target !== is.target) differing.push('target');
    return differing.length === 0 ? [] : [damage(path, differing.join(', '))];
  });
  return [...others, ...added];
}

const damage = (path: string, what: string): Damage => ({
  path: Buffer.from(path.replace(/^\.\/?/, '/'), 'latin1').toString('utf8'),
  what,
});

function readRecord(directory: string): Buffer | null {
  try {
    return readFileSync(join(directory, FILE));
  } catch {
    return null;
  }
}

function parseRecord(record: Buffer): Members {
  const words = record.toString('latin1').split('\0');
  const members = new Map<string, { fields: string[]; target: string }>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const fields = (words[at] ?? '').split('\t');
    const path = fields.splice(FIELDS.length).join('\t');
    members.set(path, { fields, target: words[at + 1] ?? '' });
  }
  return members;
}

/** Files are digested while the tree is still being listed, by as many programs at once as there are cores. */
async function scanTree(tree: Tree): Promise<{ readonly members: Members; readonly bytes: number }> {
  const members = new Map<string, { fields: string[]; target: string }>();
  const onDigest = (sum: string): void => {
    const member = members.get(sum.slice(DIGEST_LENGTH + 2));
    if (member) member.fields[CONTENT] = sum.slice(0, DIGEST_LENGTH);
  };
  const digesters = Array.from({ length: availableParallelism() }, () => begin(tree, DIGEST, onDigest));
  let bytes = 0;
  let files = 0;
  let line: string | null = null;
  const onListed = (word: string): void => {
    if (line === null) {
      line = word;
      return;
    }
    const fields = line.split('\t');
    line = null;
    const path = fields.splice(FIELDS.length).join('\t');
    bytes += Number(fields[CONTENT]) * BLOCK;
    // The size of a directory is its filesystem's affair.
    if (fields[0] === 'd') fields[FIELDS.indexOf('size')] = '-';
    fields[CONTENT] = '-';
    members.set(path, { fields, target: word });
    if (fields[0] === 'f') digesters[files++ % digesters.length]?.input.write(`${path}\0`, 'latin1');
  };
  const { ended } = begin(tree, ['find', '.', '-xdev', '-printf', PRINTF], onListed);
  const listed = ended.finally(() => digesters.forEach(({ input }) => input.end()));
  await Promise.all([listed, ...digesters.map((digester) => digester.ended)]);
  return { members, bytes };
}

/** A program in rootfs/; `take` gets what it says, byte by byte, up to each NUL. */
function begin(
  tree: Tree,
  command: readonly string[],
  take: (record: string) => void,
): { readonly input: Writable; readonly ended: Promise<void> } {
  const { argv, cwd } = inTree(tree, command);
  const program = startProgram(argv, { cwd, stdin: 'pipe', stdout: 'pipe' });
  const { stdin: input, stdout } = program.child;
  if (!input || !stdout) throw new Error(`${command[0]} has no standard streams`);
  // A program that ended early says so by its status.
  input.on('error', () => undefined);
  let rest = '';
  stdout.setEncoding('latin1').on('data', (text: string) => {
    const records = (rest + text).split('\0');
    rest = records.pop() ?? '';
    records.forEach(take);
  });
  const ended = program.ended.then((how) => {
    if (how.status !== 0)
      throw programError(how, { code: 'TLXC_E_STORAGE', what: `${tree.directory} could not be read` });
  });
  return { input, ended };
}
