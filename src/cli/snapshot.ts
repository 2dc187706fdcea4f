/** tlxc-snapshot */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { containerPaths, type ContainerPaths } from '../container/paths.ts';
import { restoreSnapshot } from '../container/snapshot/restore.ts';
import { diffSnapshots } from '../container/snapshot/diff.ts';
import {
  destroyAllSnapshots,
  destroySnapshot,
  takeSnapshot,
  type SnapshotRequest,
} from '../container/snapshot/snapshot.ts';
import { listSnapshots, snapshotStore, type Snapshot } from '../container/snapshots.ts';
import { TlxcError } from '../errors.ts';
import type { Change } from '../storage/diff.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { argumentOf } from './options.ts';
import { jsonText, printable } from './printable.ts';
import { whileShown, type Progress } from './progress.ts';
import { checkRcfile, rcfileOf, rcfileOption } from './rcfile.ts';
import { stillness } from './seconds.ts';
import { warner } from './tell.ts';
import { shellWord } from '../shell-word.ts';
import { tooMany, usageError } from './usage.ts';

/** What can be asked for beside taking a snapshot; LXC lets the last one win. */
const TASKS = ['list', 'restore', 'destroy', 'diff'] as const;
/** Options that say how, with the tasks that they go with; "": taking a snapshot. */
const BELONGS: Readonly<Record<string, readonly string[]>> = {
  comment: [''],
  freezeTimeout: [''],
  showcomments: ['list'],
  json: ['', 'list', 'diff'],
  newname: ['', 'restore'],
};

/** What people write as a word, since other managers take it so. */
const VERBS: Readonly<Record<string, string>> = {
  ...{
    list: '-L',
    ls: '-L',
    show: '-L',
    diff: '--diff SNAPSHOT',
    restore: '-r SNAPSHOT',
    rollback: '-r SNAPSHOT',
  },
  ...{ destroy: '-d SNAPSHOT', delete: '-d SNAPSHOT', remove: '-d SNAPSHOT', rm: '-d SNAPSHOT' },
  ...{ create: '', take: '', new: '', add: '' },
};

/** Of words that say what is to be done: "tlxc-snapshot u1 list", or the other way round. */
function hintFor(words: readonly string[]): string | undefined {
  const verb = words.find((word) => Object.hasOwn(VERBS, word));
  const name = words.find((word) => word !== verb);
  if (verb === undefined || name === undefined) return undefined;
  return `what to do is an option: ${`tlxc-snapshot -n ${shellWord(name)} ${VERBS[verb] ?? ''}`.trim()}`;
}

/** The task, "" for taking a snapshot. Throws where two are given, or an option that says nothing about it. */
function taskOf({ name, options, rest }: Invocation): string {
  const [task = '', other] = TASKS.filter((each) => options[each] !== undefined);
  if (other !== undefined) throw usageError(`--${task} and --${other} are two tasks`, 'give one at a time');
  for (const [option, goesWith] of Object.entries(BELONGS)) {
    if (options[option] === undefined || goesWith.includes(task)) continue;
    const tasks = goesWith.map((each) => (each === '' ? 'taking a snapshot' : `--${each}`));
    throw usageError(`--${option} goes with ${tasks.join(' and ')}`);
  }
  const takesWord = task === 'diff' || (task === 'restore' && options['newname'] === undefined);
  const [word] = takesWord ? rest.slice(1) : rest;
  if (word !== undefined) throw tooMany(word, hintFor([name, ...rest]));
  return task;
}

/** Lines as LXC's; a comment is of many lines, and somebody else's text. */
function listLines(snapshots: readonly Snapshot[], store: string, comments: boolean): string {
  if (snapshots.length === 0) return 'No snapshots\n';
  return snapshots
    .map(({ name, timestamp, comment }) => {
      const lines = comments ? comment.replace(/\n$/, '').split('\n').map(printable) : [];
      return [`${name} (${store}) ${printable(timestamp)}`, ...(comment === '' ? [] : lines)]
        .map((line) => `${line}\n`)
        .join('');
    })
    .join('');
}

function list({ name, lxcpath, system, options }: Invocation, { stdout }: CommandContext): number {
  const paths = containerPaths(system, lxcpath, name);
  const snapshots = listSnapshots(paths);
  const store = snapshotStore(paths.dir);
  stdout.write(
    options['json'] === true
      ? jsonText(snapshots.map((each) => snapshotJson(paths, each)))
      : listLines(snapshots, store, options['showcomments'] === true),
  );
  return 0;
}

const snapshotJson = ({ dir }: ContainerPaths, snapshot: Snapshot) => ({
  ...snapshot,
  path: `${snapshotStore(dir)}/${snapshot.name}`,
});

const takenJson = (paths: ContainerPaths, taken: string): string =>
  jsonText(
    snapshotJson(
      paths,
      // Somebody may have destroyed it meanwhile.
      listSnapshots(paths).find(({ name }) => name === taken) ?? { name: taken, timestamp: '', comment: '' },
    ),
  );

const LETTERS = { added: 'A', changed: 'M', removed: 'D' } as const;

/** The bytes of a file's name as text; bytes that are none as \\xNN, as control characters are. */
function readable(path: string): string {
  const bytes = Buffer.from(path, 'latin1');
  const valid = Buffer.from(bytes.toString()).equals(bytes);
  const hex = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16)}`;
  return printable(valid ? bytes.toString() : path.replace(/[\x80-\xff]/g, hex));
}

const diffLines = (changes: readonly Change[]): string =>
  changes.map(({ what, path }) => `${LETTERS[what]} ${readable(path)}\n`).join('');

/** A name that is no UTF-8 is given in base64, too. */
const diffJson = (changes: readonly Change[]): string =>
  jsonText(
    changes.map(({ what, path }) => {
      const bytes = Buffer.from(path, 'latin1');
      const text = bytes.toString();
      return {
        what,
        path: text,
        ...(!Buffer.from(text).equals(bytes) && { bytes: bytes.toString('base64') }),
      };
    }),
  );

/**
 * What -c names: a file; or words for the comment itself, which LXC passes over: no script of LXC's fails by them, and what
 * was meant is kept.
 */
function commentOf(
  { options }: Invocation,
  cwd: string,
  warn: (text: string) => void,
): string | Buffer | null {
  const { comment } = options;
  if (typeof comment !== 'string') return null;
  const file = resolve(cwd, comment);
  if (comment.includes('/') || existsSync(file)) return file;
  warn(`there is no file ${JSON.stringify(comment)}: these words are the comment`);
  return Buffer.from(`${comment}\n`);
}

async function take(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const { stdout, env, cwd } = context;
  const configFile = rcfileOf(invocation, context);
  const warn = warner(invocation, context);
  const comment = commentOf(invocation, cwd, warn);
  const request = {
    ...{ name, lxcpath, system, environment: env, configFile },
    ...stillness(options['freezeTimeout'], warn),
  };
  const taken = await whileShown(invocation, context, 'taking a snapshot', ({ stage: onStage }) =>
    takeSnapshot({ ...request, onStage }, comment),
  );
  if (options['newname'] !== undefined)
    warn(`-N names what --restore makes: the snapshot is called ${taken}`);
  if (options['json'] === true) stdout.write(takenJson(containerPaths(system, lxcpath, name), taken));
  return 0;
}

async function destroy(request: SnapshotRequest, which: string): Promise<void> {
  if (which !== 'ALL') return destroySnapshot(request, which);
  if ((await destroyAllSnapshots(request)) > 0) return;
  throw new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: 'it has no snapshots',
    container: request.name,
    hint: `tlxc-snapshot -n ${request.name} takes one`,
  });
}

async function snapshot(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options, rest } = invocation;
  const { env } = context;
  const request = { name, lxcpath, system, environment: env };
  const warn = warner(invocation, context);
  const shown = <T>(doing: string, work: (progress: Progress) => Promise<T>): Promise<T> =>
    whileShown(invocation, context, doing, work);
  const which = argumentOf(options['restore']) ?? argumentOf(options['destroy']) ?? '';
  const task = taskOf(invocation);
  await checkRcfile(invocation, context);
  switch (task) {
    case 'list':
      return list(invocation, context);
    case 'restore':
      await shown('restoring', ({ stage: onStage }) =>
        restoreSnapshot({
          ...request,
          snapshot: which,
          newName: argumentOf(options['newname']) ?? rest[0] ?? name,
          warn,
          onStage,
        }),
      );
      return 0;
    case 'destroy':
      await shown('destroying', () => destroy(request, which));
      return 0;
    case 'diff': {
      const changes = await shown('comparing', () =>
        diffSnapshots(request, { from: argumentOf(options['diff']) ?? '', to: rest[0] ?? null }),
      );
      context.stdout.write(options['json'] === true ? diffJson(changes) : diffLines(changes));
      return 0;
    }
    default:
      return take(invocation, context);
  }
}

export default defineCommand(
  {
    program: 'tlxc-snapshot',
    summary: 'takes, lists, restores and destroys snapshots of the container NAME',
    usage:
      '--name=NAME [-c FILE] [--freeze-timeout SECONDS] [--json]\n--name=NAME -L [-C] [--json]\n--name=NAME -r SNAPSHOT [-N NEWNAME]\n--name=NAME -d SNAPSHOT|ALL\n--name=NAME --diff SNAPSHOT [SNAPSHOT] [--json]',
    name: 'required',
    offers: 'all',
    rest: 'words',
    options: [
      { flags: '-L, --list', description: 'List all snapshots' },
      {
        flags: '-r, --restore <SNAPSHOT>',
        description: 'Make the container what it was, or with -N a new one of it',
      },
      { flags: '-N, --newname <NEWNAME>', description: 'With -r: name of the restored container' },
      { flags: '-d, --destroy <SNAPSHOT>', description: 'Destroy that snapshot, or ALL' },
      {
        flags: '--diff <SNAPSHOT>',
        description:
          'Print the files added (A), changed (M) and removed (D) since it,\nor between it and the snapshot that follows',
        yields: true,
      },
      { flags: '-c, --comment <FILE>', description: 'Keep the text of FILE with the new snapshot' },
      {
        flags: '--freeze-timeout <SECONDS>',
        description: 'Give up where it would have to stand still for longer (60; -1: never)',
      },
      { flags: '-C, --showcomments', description: 'With -L: the comments, too' },
      { flags: '--json', description: 'With -L and --diff, and of what was taken: print JSON' },
      rcfileOption('what is kept'),
    ],
  },
  snapshot,
);
