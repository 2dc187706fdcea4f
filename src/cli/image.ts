/** tlxc-image: the image store, by hand. */
import { suggestion } from '../config/nearest.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { building, exporting, importing, prune, pull } from './image-change.ts';
import type { Run } from './image-common.ts';
import { serve } from './image-serve.ts';
import { info, list, verify } from './image-show.ts';
import { usageError } from './usage.ts';

interface Action {
  readonly run: Run;
  /** At least and at most so many words. */
  readonly words: readonly [number, number];
  readonly synopsis: string;
  /** Options, by their keys, that mean something here. */
  readonly options: readonly string[];
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: {
    run: list,
    words: [0, 1],
    synopsis: '[--remote [--server=SERVER] [--variant=VARIANT]] [--json] [DIST]',
    options: ['remote', 'server', 'variant', 'json'],
  },
  pull: {
    run: pull,
    words: [1, 3],
    synopsis:
      '[--server=SERVER] [--variant=VARIANT] [--pack=TYPE] [--json] DIST RELEASE [ARCH] | docker://NAME:TAG [ARCH]',
    options: ['server', 'variant', 'pack', 'json'],
  },
  info: { run: info, words: [1, 1], synopsis: '[--json] IMAGE', options: ['json'] },
  verify: { run: verify, words: [0, Infinity], synopsis: '[--json] [IMAGE...]', options: ['json'] },
  prune: { run: prune, words: [0, 0], synopsis: '[--all] [--json]', options: ['all', 'json'] },
  import: {
    run: importing,
    words: [1, 2],
    synopsis: '[--alias=NAME] [--pack=TYPE [--keep]] [--json] FILE [METADATA]',
    options: ['alias', 'pack', 'keep', 'json'],
  },
  build: {
    run: building,
    words: [0, Infinity],
    synopsis:
      '[--alias=NAME] [--pack=TYPE] [--json] {-t TEMPLATE [-- OPTION...] | --container=NAME | DIRECTORY}',
    options: ['alias', 'pack', 'template', 'container', 'json'],
  },
  export: {
    run: exporting,
    words: [2, 3],
    synopsis: '[--alias=NAME] IMAGE FILE [METADATA] | IMAGE DIRECTORY',
    options: ['alias'],
  },
  serve: {
    run: serve,
    words: [1, 1],
    synopsis: '[--listen=[ADDRESS:]PORT] [--cert=FILE --key=FILE] DIRECTORY',
    options: ['listen', 'cert', 'key'],
  },
};

const OPTIONS = [
  'template',
  'container',
  'remote',
  'server',
  'variant',
  'json',
  'all',
  'alias',
  'pack',
  'keep',
  'listen',
  'cert',
  'key',
];

/** What people type who know another manager of images. */
const NAMES_ELSEWHERE: Readonly<Record<string, string>> = {
  ls: 'tlxc-image list shows what is stored, with --remote what the servers offer',
  ...{ search: 'tlxc-image list --remote shows what the servers offer' },
  ...Object.fromEntries(
    ['rm', 'delete', 'remove', 'rmi', 'destroy'].map((word) => [
      word,
      'tlxc-image prune removes those that have expired, with --all every one that no container uses',
    ]),
  ),
};

const run = (invocation: Invocation, context: CommandContext): Promise<number> => {
  const [word = '', ...words] = invocation.rest;
  const names = Object.keys(ACTIONS);
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (!action) {
    const wrong = word === '' ? 'what to do is missing' : `'${word}' is not known${suggestion(word, names)}`;
    throw usageError(`${wrong}: ${names.join(', ')}`, NAMES_ELSEWHERE[word]);
  }
  const other = OPTIONS.find((key) => invocation.options[key] !== undefined && !action.options.includes(key));
  if (other !== undefined)
    throw usageError(`--${other} means nothing to ${word}`, `tlxc-image ${word} ${action.synopsis}`);
  const [least, most] = action.words;
  if (words.length < least || words.length > most)
    throw usageError(`${word} takes: ${action.synopsis}`, `tlxc-image ${word} ${action.synopsis}`);
  return action.run(invocation, context, words);
};

export default defineCommand(
  {
    program: 'tlxc-image',
    summary: 'shows, fetches, checks, removes and exchanges stored images',
    usage: Object.entries(ACTIONS)
      .map(([word, { synopsis }]) => `${word} ${synopsis}`)
      .join('\n'),
    name: 'none',
    rest: 'words',
    options: [
      { flags: '--remote', description: 'list: what the image servers offer' },
      { flags: '--server <SERVER>', description: 'list --remote, pull: ask this server' },
      {
        flags: '--variant <VARIANT>',
        description: 'list --remote, pull: of this variant (default: default)',
      },
      { flags: '--json', description: 'All but export and serve: as JSON' },
      { flags: '--all', description: 'prune: also images that have not expired' },
      { flags: '--alias <ALIAS>', description: 'import, build, export: call it ALIAS' },
      {
        flags: '--pack <TYPE>',
        description: 'pull, import, build: kept as one compressed file, squashfs or erofs',
      },
      {
        flags: '--keep',
        description: 'import --pack: FILE is one already, and stays as it is: only one that you trust',
      },
      { flags: '-t, --template <TEMPLATE>', description: 'build: as this template of tlxc-create does' },
      { flags: '--container <NAME>', description: 'build: of this container, which is stopped' },
      {
        flags: '--listen <ADDRESS>',
        description: 'serve: listen at [ADDRESS:]PORT (default: 127.0.0.1:8443)',
      },
      {
        flags: '--cert <FILE>',
        description: 'serve: this certificate (PEM) instead of one of its own making',
      },
      { flags: '--key <FILE>', description: "serve: the certificate's key (PEM)" },
    ],
  },
  run,
);
