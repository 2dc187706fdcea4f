/** A container's configuration as it is in force: on disk, and in the running container. */
import { explainSettings, type Effective } from '../../config/explain.ts';
import { loadSettings } from '../../config/load.ts';
import { nearestKey } from '../../config/registry.ts';
import { TlxcError } from '../../errors.ts';
import { inspectContainers, type ContainerStatus, type Store } from './inspect.ts';
import { cgroupKeys } from '../live/cgroup.ts';
import type { Live, RunningContainer } from '../live/live.ts';
import { healthKeys } from '../live/health.ts';
import { mountKeys } from '../live/mounts.ts';
import { networkKeys } from '../live/network.ts';
import { processKeys } from '../live/process.ts';
import { sysctlKeys } from '../live/sysctl.ts';
import { containerPaths } from '../paths.ts';

/** A value in force. */
export interface Explained extends Effective {
  /** What the running container shows of it; undefined where it does not run, or nothing shows it. */
  readonly live?: string;
}

/** A container's configuration as it is in force. */
export interface Explanation {
  readonly state: ContainerStatus['state'];
  readonly values: readonly Explained[];
}

const LIVE: Readonly<Record<string, Live>> = {
  ...processKeys,
  ...sysctlKeys,
  ...cgroupKeys,
  ...networkKeys,
  ...mountKeys,
  ...healthKeys,
  'lxc.tty.max': ({ running }) => String(running.ttys),
  'lxc.namespace.clone': ({ running }) => running.namespaces.join(' '),
  'lxc.namespace.keep': ({ running }) => running.namespaces.join(' '),
};

async function withLive(effective: Effective, container: RunningContainer): Promise<Explained> {
  const live = await LIVE[effective.entry]?.(container, effective);
  return live === undefined ? effective : { ...effective, live };
}

/**
 * Every value in force, with a key only its own or those below it. Throws TLXC_E_NOT_FOUND where there is no such
 * container, TLXC_E_CONFIG for a broken configuration, TLXC_E_USAGE for a name that is no key.
 */
export async function explainContainer(store: Store, name: string, key?: string): Promise<Explanation> {
  const { config: configFile } = containerPaths(store.system, store.lxcpath, name);
  const { lxcpath, environment } = store;
  const { settings } = loadSettings({ name, lxcpath, configFile, environment });
  const values = explainSettings(settings, key);
  if (values === undefined) {
    const near = nearestKey(key ?? '');
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `${key ?? ''} is not a known key${near === undefined ? '' : ` (did you mean ${near}?)`}`,
      container: name,
      hint: 'without a key all are shown that have a value; tlxc.container.conf(5) has all keys',
    });
  }
  const [status] = inspectContainers(store, [name], { network: true });
  const { state = 'STOPPED', running = null, interfaces = [] } = status ?? {};
  if (running === null) return { state, values };
  const container = { pid: running.initPid, running, interfaces };
  return { state, values: await Promise.all(values.map((value) => withLive(value, container))) };
}
