/** What tlxc-copy's options mean together: one task of three, and what goes with it. */
import { resolve } from 'node:path';
import type { CopyMount } from '../container/copy/ephemeral-copy.ts';
import { containerPaths, isName } from '../container/paths.ts';
import { isDefined } from '../container/store.ts';
import { shellWord } from '../shell-word.ts';
import { backendName } from '../storage/choose.ts';
import type { Invocation } from './command.ts';
import { argumentsOf, type OptionValue } from './options.ts';
import { usageError } from './usage.ts';

export type Task = 'copy' | 'rename' | 'ephemeral';

/** Options that mean something with -e alone. */
const EPHEMERAL = ['keepdata', 'mount', 'tmpfs'];

/**
 * What is asked for. Throws where two tasks are, or an option that has nothing to do with it. How something is started, where
 * nothing is, is only warned of: scripts give -F to every copy, and LXC passes over it.
 */
export function taskOf({ options }: Invocation, warn: (text: string) => void): Task {
  const given = (name: string): boolean => options[name] !== undefined;
  const task = given('ephemeral') ? 'ephemeral' : given('rename') ? 'rename' : 'copy';
  if (task === 'ephemeral' && given('rename')) throw usageError('-e and -R are two tasks', 'give one');
  const alone = EPHEMERAL.find(given);
  if (task !== 'ephemeral' && alone !== undefined) throw usageError(`--${alone} goes with -e`);
  const idle = ['daemon', 'foreground'].find(given);
  if (task !== 'ephemeral' && idle !== undefined) warn(`--${idle} goes with -e: nothing is started`);
  if (given('allowrunning') && task === 'rename')
    throw usageError('-a goes with a copy', 'a container is renamed when it is stopped');
  if (given('tmpfs') && given('keepdata'))
    throw usageError('-t and -D exclude each other', 'what lies in memory is lost when the container stops');
  return task;
}

/** LXC's names of what a copy can lie on, and prefixes of them. */
export function backendOf(given: unknown): string | null {
  const name = typeof given === 'string' ? backendName(given) : 'best';
  return name === 'best' ? null : name;
}

/** -m bind=SOURCE[:TARGET][:ro|rw] or overlay=SOURCE[:TARGET], several of them with commas between. */
export function mountsOf(given: OptionValue, cwd: string): CopyMount[] {
  return argumentsOf(given)
    .flatMap((word) => word.split(','))
    .map((word) => mountOf(word, cwd));
}

function mountOf(word: string, cwd: string): CopyMount {
  const [, type, rest = ''] = /^([a-z]+)=(.+)$/.exec(word) ?? [];
  const parts = rest.split(':');
  const hasMode = type === 'bind' && parts.length > 1 && ['ro', 'rw'].includes(parts.at(-1) ?? '');
  const mode = hasMode ? parts.pop() : 'rw';
  const [source = '', written = resolve(cwd, source), ...others] = parts;
  // As in LXC, a path without a slash before it begins at the container's root, too.
  const target = resolve('/', written);
  if ((type !== 'bind' && type !== 'overlay') || source === '' || others.length > 0)
    throw usageError(
      `-m ${word} is no mount`,
      'write bind=SOURCE[:TARGET][:ro|rw] or overlay=SOURCE[:TARGET], several with commas between',
    );
  if (target === '/')
    throw usageError(`-m ${word}: ${target} is no place for it`, 'name a path in the container');
  return { type, source: resolve(cwd, source), target, readOnly: mode === 'ro' };
}

/** Of the two words the one that names a container is what is copied. */
export function namesHint({ name, rest: [word = 'NEWNAME'], system, lxcpath }: Invocation): string {
  const exists = (each: string): boolean => isName(each) && isDefined(containerPaths(system, lxcpath, each));
  const line = (from: string, to: string): string => `tlxc-copy -n ${shellWord(from)} -N ${shellWord(to)}`;
  if (!exists(name) && exists(word))
    return `what is copied comes first, the new name with -N: ${line(word, name)}`;
  return `give it with -N: ${line(name, word)}`;
}
