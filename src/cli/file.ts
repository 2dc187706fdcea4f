/** tlxc-file */
import { basename, resolve } from 'node:path';
import { TlxcError } from '../errors.ts';
import { editFile } from '../container/files/edit-file.ts';
import { pullFiles, pushFiles, type Copy } from '../container/files/transfer.ts';
import type { OnStage } from '../gauge.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionValues } from './options.ts';
import { READER_GONE } from './output.ts';
import { printable } from './printable.ts';
import { whileShown } from './progress.ts';
import { tooMany, usageError } from './usage.ts';

/** A path in a container. */
interface Inside {
  readonly name: string;
  /** Begins with a slash. */
  readonly path: string;
}

/** "u1/etc/hosts", or with -n the path alone. */
function insideOf(word: string, given: string | undefined): Inside {
  const rooted = (path: string): string => (path.startsWith('/') ? path : `/${path}`);
  if (given !== undefined) return { name: given, path: rooted(word) };
  const [, name = '', colon = '', path = ''] = /^([^/:]+)(:?)(\/.*)$/s.exec(word) ?? [];
  if (name !== '' && colon === '') return { name, path };
  const how = name === '' ? 'u1/etc/hosts' : `${name}${path}, without the colon`;
  throw usageError(`'${word}' names no file of a container`, `it is written NAME/PATH: ${how}`);
}

/** Absolute; "." and "DIR/." still say that what is in the directory is meant. */
const outside = (word: string, cwd: string): string =>
  word === '-' ? word : `${resolve(cwd, word)}${/(^|\/)\.$/.test(word) ? '/.' : ''}`;

function number(options: OptionValues, key: 'uid' | 'gid' | 'mode'): number | null {
  const text = options[key];
  if (typeof text !== 'string') return null;
  const [pattern, base]: [RegExp, number] = key === 'mode' ? [/^[0-7]{1,4}$/, 8] : [/^\d{1,10}$/, 10];
  const value = pattern.test(text) ? parseInt(text, base) : NaN;
  if (value <= (key === 'mode' ? 0o7777 : 2 ** 32 - 2)) return value;
  throw usageError(
    `--${key}: '${text}' is no ${key === 'mode' ? 'mode: octal digits, as chmod takes them' : 'number'}`,
  );
}

/** What all copies have in common. */
function copyOf(
  { lxcpath, system, options, quiet, log }: Invocation,
  { program, stderr, env }: CommandContext,
) {
  const warn = (text: string): void => {
    if (!quiet) stderr.write(`${program}: warning: ${printable(text)}\n`);
    log('WARN', text);
  };
  const [recursive, parents] = [options['recursive'] === true, options['createDirs'] === true];
  return { lxcpath, system, environment: env, recursive, parents, warn };
}

const isDirectory = (word: string, { sources, recursive }: Pick<Copy, 'sources' | 'recursive'>): boolean =>
  word.endsWith('/') || recursive || sources.length > 1;

/** The words but the last, and that. */
function apart(words: readonly string[], action: string): readonly [readonly string[], string] {
  const [sources, target] = [words.slice(0, -1), words.at(-1)];
  if (target === undefined || sources.length === 0)
    throw usageError(
      `${action} takes what is to be copied, and then where to`,
      action === 'push' ? 'tlxc-file push FILE NAME/PATH' : `tlxc-file pull ${words[0] ?? 'NAME/PATH'} .`,
    );
  return [sources, target];
}

type Do = (
  invocation: Invocation,
  words: readonly string[],
  context: CommandContext,
  onStage?: OnStage,
) => Promise<void>;

const nameOf = ({ options }: Invocation): string | undefined =>
  typeof options['name'] === 'string' ? options['name'] : undefined;

const push: Do = async (invocation, words, context, onStage) => {
  const { options } = invocation;
  const [locals, last] = apart(words, 'push');
  const { name, path } = insideOf(last, nameOf(invocation));
  const copy = copyOf(invocation, context);
  const owner = { uid: number(options, 'uid'), gid: number(options, 'gid'), mode: number(options, 'mode') };
  if (owner.mode !== null && copy.recursive)
    throw usageError('--mode is for files, not for trees', 'leave it out: each keeps its own mode');
  if (locals.includes('-') && locals.length > 1) throw usageError("'-' is copied alone");
  const sources = locals.map((local) => outside(local, context.cwd));
  const into = isDirectory(path, { ...copy, sources });
  if (into && sources[0] === '-')
    throw usageError('standard input has no name', `say which file it becomes: ${name}${path}NAME`);
  await pushFiles({ ...copy, ...owner, name, sources, target: path, into, onStage });
};

/** In their order, those of one container together. */
function byContainer(files: readonly Inside[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, path } of files) groups.set(name, [...(groups.get(name) ?? []), path]);
  return groups;
}

const pull: Do = async (invocation, words, context, onStage) => {
  const [inside, last] = apart(words, 'pull');
  for (const option of ['uid', 'gid', 'mode'])
    if (invocation.options[option] !== undefined)
      throw usageError(`--${option} goes with push`, 'what is pulled is yours');
  const copy = copyOf(invocation, context);
  const target = outside(last, context.cwd);
  if (target === '-' && (copy.recursive || inside.length > 1))
    throw usageError('standard output takes one file');
  const into = target !== '-' && isDirectory(last, { ...copy, sources: inside });
  const files = inside.map((word) => insideOf(word, nameOf(invocation)));
  // A directory that things are put into is made, as cp -r would.
  const parents = copy.parents || into;
  for (const [name, sources] of byContainer(files))
    await pullFiles({ ...copy, name, sources, target, into, parents, onStage });
};

const edit: Do = async (invocation, words, context) => {
  const [word, unexpected] = words;
  if (word === undefined) throw usageError('edit takes the file to edit');
  if (unexpected !== undefined) throw tooMany(unexpected);
  const { name, path } = insideOf(word, nameOf(invocation));
  if (basename(path) === '') throw usageError(`'${word}' is a directory`);
  const { lxcpath, system } = invocation;
  const changed = await editFile({ name, path, lxcpath, system, environment: context.env });
  if (!changed && !invocation.quiet)
    context.stderr.write(`${context.program}: ${name}: ${path} was left as it is\n`);
};

const ACTION_NAMES = ['push', 'pull', 'edit'] as const;
const ACTIONS: Readonly<Record<string, Do>> = { push, pull, edit };

/** How it is written, of words that begin with the container, or with what a shell has for files. */
function hintFor([word = '', ...more]: readonly string[]): string | undefined {
  if (/^(ls|rm|mkdir|cat|stat)$/.test(word)) {
    const [, name = 'NAME', path = '/'] = /^([^/:]+):?(\/.*)?$/s.exec(more[0] ?? '') ?? [];
    return `the container has a program for that: tlxc-attach -n ${name} -- ${word} ${path}`;
  }
  const forms = {
    push: `tlxc-file push FILE ${word}/PATH`,
    pull: `tlxc-file pull ${word}/PATH FILE`,
    edit: `tlxc-file edit ${word}/PATH`,
  };
  const [action] = more.flatMap((each) => ACTION_NAMES.find((name) => name === each) ?? []);
  if (action !== undefined) return `what to do comes first: ${forms[action]}`;
  return word === 'cp' ? 'tlxc-file push FILE NAME/PATH, or tlxc-file pull NAME/PATH FILE' : undefined;
}

/** Who reads it has enough (| head), and ends us as SIGPIPE would. */
const isReaderGone = (error: unknown): boolean =>
  error instanceof TlxcError && error.details.errno === 'EPIPE';

async function file(invocation: Invocation, context: CommandContext): Promise<number> {
  const [word, ...words] = invocation.rest;
  if (word === undefined) throw usageError('what to do is missing: push, pull or edit');
  const action = ACTIONS[word];
  if (!action) throw usageError(`'${word}' is none of push, pull and edit`, hintFor([word, ...words]));
  const copy = (onStage?: OnStage) => action(invocation, words, context, onStage);
  // An editor has the terminal for itself, and so has a file that is printed.
  if (word === 'edit' || words.at(-1) === '-')
    try {
      await copy();
    } catch (error) {
      if (!isReaderGone(error)) throw error;
      return READER_GONE;
    }
  else await whileShown(invocation, context, 'copying', ({ stage }) => copy(stage));
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-file',
    summary: 'copies files between the host and containers, and edits them there',
    usage:
      'push [-r] [-p] [--uid=UID] [--gid=GID] [--mode=MODE] FILE... NAME/PATH\npull [-r] [-p] NAME/PATH... FILE\nedit NAME/PATH',
    name: 'none',
    rest: 'words',
    options: [
      { flags: '-n, --name <NAME>', description: 'NAME of the container: paths are then written without it' },
      { flags: '-r, --recursive', description: 'Copy directories with all that is in them' },
      { flags: '-p, --create-dirs', description: 'Make the directories of the target that are missing' },
      { flags: '--uid <UID>', description: "push: whose it is inside, instead of the source's owner" },
      { flags: '--gid <GID>', description: 'push: the same for its group' },
      { flags: '--mode <MODE>', description: "push: its mode (octal), instead of the source's" },
    ],
  },
  file,
);
