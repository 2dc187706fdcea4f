/** What of a configuration decides when its container is started, and whose it is: for commands that look at many of them. */
import { groupsPart, startPart } from './container-config.ts';
import { StatementReader, type Statement } from './include.ts';
import type { LoadRequest } from './load.ts';
import type { ContainerConfig } from './model.ts';
import { find } from './registry.ts';
import { health } from './registry/health.ts';
import { lifecycle } from './registry/lifecycle.ts';
import { security } from './registry/security.ts';
import { Settings } from './settings.ts';

export interface Glance extends Pick<ContainerConfig, 'start' | 'groups'> {
  /** lxc.ephemeral: it is destroyed when it has stopped. */
  readonly ephemeral: boolean;
  /** It maps ids. */
  readonly unprivileged: boolean;
}

const { auto, delay, order, after, ready, group, ephemeral } = lifecycle;
const WANTED: ReadonlySet<string> = new Set(
  [auto, delay, order, after, ready, group, ephemeral, security.idmap, health.command].map(
    ({ name }) => name,
  ),
);

/** Those that are wanted, and what nobody knows: it may be one of them, misspelled. */
class WantedSettings extends Settings {
  override apply(statement: Statement): void {
    const { key } = statement;
    if (WANTED.has(key) || find(key).kind === 'refused') super.apply(statement);
  }
}

/**
 * The values of other keys are not looked at. null where something is wrong with these, with a name or with a file: then all of
 * it is to be loaded, which says what.
 */
export function glanceAt({
  configFile,
  environment,
}: Pick<LoadRequest, 'configFile' | 'environment'>): Glance | null {
  const settings = new WantedSettings(environment);
  new StatementReader(settings).read(configFile);
  if (settings.problems.length > 0) return null;
  const unprivileged = settings.last(security.idmap) !== undefined;
  return {
    ...{ start: startPart(settings), groups: groupsPart(settings) },
    ephemeral: settings.last(ephemeral)?.value === true,
    unprivileged,
  };
}

/** The same of a configuration that has been loaded. */
export const asGlance = ({ start, groups, ephemeral, idmap }: ContainerConfig): Glance => ({
  start,
  groups,
  ephemeral: ephemeral !== undefined,
  unprivileged: idmap.length > 0,
});
