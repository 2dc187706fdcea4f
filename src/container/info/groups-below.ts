/** The control groups of a container, which may make any number in its own, and remove them at any moment. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** As far as the monitor goes when it removes a container's groups. */
const MOST_GROUPS = 512;
const MOST_LEVELS = 8;

/** Visits the group and those in it, the outer ones first; what visit throws is a group that is gone. false: there are more. */
export function visitGroups(top: string, visit: (group: string) => void): boolean {
  const groups = [{ path: top, level: 0 }];
  let complete = true;
  for (let at = 0; at < groups.length; at++) {
    const { path = top, level = 0 } = groups[at] ?? {};
    try {
      visit(path);
      const inner = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const room = level < MOST_LEVELS ? Math.max(0, MOST_GROUPS - groups.length) : 0;
      complete &&= inner.length <= room;
      groups.push(...inner.slice(0, room).map(({ name }) => ({ path: join(path, name), level: level + 1 })));
    } catch {
      continue;
    }
  }
  return complete;
}
