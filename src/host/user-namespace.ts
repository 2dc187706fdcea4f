/** Whether TLXC runs in a container that has a user namespace of its own, and what that means for the containers it makes there. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { HostFacts, NamespaceIds } from './facts.ts';
import type { IdSpan } from './subordinate-ids.ts';

/** PROC_USER_INIT_INO of the kernel: what the first one is called on every machine. */
const FIRST = 'user:[4026531837]';

/** The ids inside, of the lines of a map: inside, outside, count. */
export const spansOf = (map: string): readonly IdSpan[] =>
  [...map.matchAll(/^\s*(\d+)\s+\d+\s+(\d+)\s*$/gm)].map(([, first, count]) => ({
    first: Number(first),
    count: Number(count),
  }));

/** null: the first one. A kernel without user namespaces has no other. */
export function namespaceIds(): NamespaceIds | null {
  const name = link('/proc/self/ns/user');
  if (name === '' || name === FIRST) return null;
  return {
    uids: spansOf(readFileSync('/proc/self/uid_map', 'utf8')),
    gids: spansOf(readFileSync('/proc/self/gid_map', 'utf8')),
  };
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** An overlay notes what it hides and moves in attributes. trusted.* are those of the machine's root alone: without them an overlay of root's in a container could not replace a directory. */
export const overlayNotes = ({ user, nested }: Pick<HostFacts, 'user' | 'nested'>): readonly string[] =>
  user === null && nested === null ? [] : ['userxattr'];

/** Why this process can mount neither block devices nor image files; null: it can. In words that follow what it is about. */
export function obstacleToDevices({ user, nested }: Pick<HostFacts, 'user' | 'nested'>): string | null {
  if (user !== null) return "is root's: only root may mount a device or an image";
  return nested === null
    ? null
    : "is the machine's root's: in an unprivileged container no device or image can be mounted";
}
