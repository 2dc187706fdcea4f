/** What completion offers, for every shell the same: read from the commands' own options and the registry of keys. */
import { readdirSync } from 'node:fs';
import type { DefinedCommand } from '../../src/cli/command.ts';
import { optionsOf, type CommandSpec, type Option } from '../../src/cli/options.ts';
import { LIMITS } from '../../src/container/limits/names.ts';
import { TEMPLATE_NAMES } from '../../src/image/templates/find-template.ts';
import { BACKEND_NAMES } from '../../src/storage/choose.ts';
import { registry } from '../../src/config/registry.ts';
import { systemKeys } from '../../src/config/system-keys.ts';

/** What an option's argument, or a word, is. text: something that nobody can know. */
export type Kind =
  | 'none'
  | 'container'
  | 'key'
  | 'setting'
  | 'snapshot'
  | 'file'
  | 'directory'
  | 'level'
  | 'state'
  | 'condition'
  | 'words'
  | 'item'
  | 'text';

export interface CompletedOption {
  /** With their dashes; "" where there is none. */
  readonly short: string;
  readonly long: string;
  readonly kind: Kind;
  /** Of the kind words: what it may be. */
  readonly words: readonly string[];
  /** Of the argument, as --help shows it. */
  readonly valueName: string;
  readonly description: string;
}

export interface CompletedCommand {
  readonly program: string;
  readonly options: readonly CompletedOption[];
  /** What a word that is no option may be: a container, or one of these. */
  readonly words: 'container' | readonly string[];
  /** What the words after that may be: stored images, or these. null: nothing else is offered then. */
  readonly later: 'image' | readonly string[] | null;
}

export interface CompletedKey {
  /** lxc.net.0.type; one that stands for many ends in a dot. */
  readonly name: string;
  readonly values: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  ...{ NAME: 'container', KEY: 'key', 'KEY=VAL': 'setting', LEVEL: 'level', STATE: 'state' },
  ...{ SNAPSHOT: 'snapshot', CONDITION: 'condition' },
  ...{ FILE: 'file', CONFIG: 'file', PATH: 'directory', DIR: 'directory' },
};

/** Options whose argument is one of a few words, by their long names. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  ...{ template: TEMPLATE_NAMES, bdev: BACKEND_NAMES, backingstorage: BACKEND_NAMES },
  ...{ fstype: ['ext4', 'xfs', 'btrfs'], pack: ['squashfs', 'erofs'] },
};

/** What follows the container's name, or the first word. */
const LATER: Readonly<Record<string, 'image' | readonly string[]>> = {
  'tlxc-device': ['add', 'del', 'list'],
  'tlxc-image': 'image',
  'tlxc-set': LIMITS.map(({ name }) => `${name}=`),
};

/** The first word of commands that take no container's name first. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'tlxc-config': ['explain', ...systemKeys.map(({ name }) => name)],
  'tlxc-file': ['push', 'pull', 'edit'],
  'tlxc-image': ['list', 'pull', 'info', 'verify', 'prune', 'import', 'build', 'export', 'serve'],
  'tlxc-net': ['start', 'stop', 'restart', 'reload', 'force-reload', 'status'],
};

function completedOption({ short, long, argument, valueName, description }: Option): CompletedOption {
  const words = CHOICES[long] ?? [];
  const kind = words.length > 0 ? 'words' : (KINDS[valueName] ?? 'text');
  return {
    short: short && `-${short}`,
    long: long && `--${long}`,
    // An argument that may be left out has to be glued: nothing is completed after a blank.
    kind: argument === 'required' ? kind : 'none',
    words,
    valueName,
    description: description.split('\n')[0] ?? '',
  };
}

function completed(spec: CommandSpec): CompletedCommand {
  const { own, common } = optionsOf(spec);
  const options = [...own, ...common].filter(({ hidden, short }) => !hidden && short !== '?');
  const words =
    WORDS[spec.program] ?? (spec.name === 'required' || spec.name === 'optional' ? 'container' : []);
  return {
    program: spec.program,
    options: options.map(completedOption),
    words,
    later: LATER[spec.program] ?? null,
  };
}

/** Every command, by name. */
export async function completedCommands(): Promise<readonly CompletedCommand[]> {
  const names = readdirSync(new URL('../../bin', import.meta.url)).flatMap(
    (file) => /^tlxc-(.*)\.js$/.exec(file)?.[1] ?? [],
  );
  const modules = names.sort().map(async (name) => {
    const { default: command } = (await import(`../../src/cli/${name}.ts`)) as { default: DefinedCommand };
    return completed(command.spec);
  });
  return Promise.all(modules);
}

/** Every key of a container's configuration. */
export const completedKeys: readonly CompletedKey[] = registry.map(({ name, accepts }) => ({
  name: name.replace('[i]', '0').replace(/\*$/, ''),
  values: accepts.words ?? [],
}));

/** Log levels, for -l. */
export const LEVELS: readonly string[] =
  registry.find(({ name }) => name === 'lxc.log.level')?.accepts.words ?? [];

/** Of --wait. */
export const CONDITIONS: readonly string[] = [
  'running',
  'ready',
  'healthy',
  'ip',
  'ip4',
  'ip6',
  'port:',
  'exec:',
];
