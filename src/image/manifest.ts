/**
 * What a stored image's tree holds, member by member, written down when the image is made: so damage is found, and told
 * by its path. One record a member: type, mode, owner, group, size, time and BLAKE2b digest with tabs between, then its
 * path; a NUL; a link's target; a NUL. Names are bytes (latin1 here): an image need not write UTF-8.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeStagedFile } from '../config/atomic-write.ts';
import { asRootOf, type Mapping } from '../host/mapped.ts';
import type { TlxcError } from '../errors.ts';
import { programError, startProgram, type Ended, type RunningProgram } from '../host/program.ts';
import { DIGEST, eachRecord, FileDigests, type Digests } from './file-digests.ts';

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
const NO_CONTENT = '-';

type Members = ReadonlyMap<string, { readonly fields: readonly string[]; readonly target: string }>;

/**
 * Records the tree as it is now; who stores the image brings the record to disk with it. `early`: what is known of it already.
 * Throws TLXC_E_STORAGE, or the system's error for a full disk.
 */
export async function recordTree(tree: Tree, early?: Promise<Digests>): Promise<TreeRecord> {
  const { members, bytes } = await scanTree(tree, early);
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

/** Files that are not known `early` are digested; where nothing can be, while the tree is still being listed. */
async function scanTree(
  tree: Tree,
  early?: Promise<Digests>,
): Promise<{ readonly members: Members; readonly bytes: number }> {
  const digesting = new FileDigests(() => inside(tree, DIGEST));
  try {
    const files: string[] = [];
    const { members, bytes } = await listTree(tree, (path) => {
      if (early) files.push(path);
      else digesting.add(path);
    });
    const known = await early;
    for (const path of files) if (!known?.has(path)) digesting.add(path);
    const { digests, failed } = await digesting.finish();
    if (failed) throw unreadable(tree, failed);
    for (const [path, { fields }] of members)
      fields[CONTENT] = known?.get(path) ?? digests.get(path) ?? NO_CONTENT;
    return { members, bytes };
  } catch (error) {
    digesting.kill();
    throw error;
  }
}

/** Without the files' content. */
async function listTree(
  tree: Tree,
  onFile: (path: string) => void,
): Promise<{ readonly members: Map<string, { fields: string[]; target: string }>; readonly bytes: number }> {
  const members = new Map<string, { fields: string[]; target: string }>();
  let bytes = 0;
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
    if (fields[0] === 'd') fields[FIELDS.indexOf('size')] = NO_CONTENT;
    members.set(path, { fields, target: word });
    if (fields[0] === 'f') onFile(path);
  };
  const finder = inside(tree, ['find', '.', '-xdev', '-printf', PRINTF]);
  eachRecord(finder.child.stdout, onListed);
  finder.child.stdin?.end();
  const ended = await finder.ended;
  if (ended.status !== 0) throw unreadable(tree, ended);
  return { members, bytes };
}

function inside(tree: Tree, command: readonly string[]): RunningProgram {
  const { argv, cwd } = inTree(tree, command);
  return startProgram(argv, { cwd, stdin: 'pipe', stdout: 'pipe' });
}

const unreadable = ({ directory }: Tree, ended: Ended): TlxcError =>
  programError(ended, { code: 'TLXC_E_STORAGE', what: `${directory} could not be read` });
