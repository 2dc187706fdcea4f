/** Names of containers and the places that belong to one. The only file that knows this layout. */
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { CONTAINER_NAME, NAME_RULE } from '../config/values/container-name.ts';
import { TlxcError } from '../errors.ts';
import { fnv1a } from '../fnv.ts';
import { namePlaces } from '../network/places.ts';

export interface ContainerPaths {
  readonly name: string;
  readonly lxcpath: string;
  /** LXCPATH/NAME: mode 0770, root's. */
  readonly dir: string;
  readonly config: string;
  readonly rootfs: string;
  /** LXCPATH/NAME/log: mode 0700; made by the monitor, which keeps there what the console prints. */
  readonly logDir: string;
  /** RUNDIR/KEY/NAME: mode 0700; the monitor makes what lies in it. */
  readonly runDir: string;
  readonly socket: string;
  /** Held (flock) by whoever changes the container: create, start until it runs, destroy. */
  readonly lock: string;
  /** Written by the monitor once init runs, for stop -k without a monitor and for the sweep after its death. */
  readonly instance: string;
  /** Written by the monitor before it changes what outlives the container's network namespace, for the sweep. */
  readonly network: string;
  /** Written by the monitor when it has ended: last-exit.ts. */
  readonly lastExit: string;
  /** Written by who waits to start it again: restart.ts. */
  readonly restart: string;
  /** Why that came to nothing the last time. */
  readonly startFailure: string;
  /** What DNS on the bridge knows of it while it runs; its last part names the container on the whole host. */
  readonly dnsRecord: string;
}

export const isName = (text: string): boolean => CONTAINER_NAME.test(text);

/** Throws TLXC_E_NAME unless name is one a container may have. */
function checkName(name: string): void {
  if (isName(name)) return;
  throw new TlxcError({
    code: 'TLXC_E_NAME',
    message: `${JSON.stringify(name)} is not a container name`,
    hint: NAME_RULE,
  });
}

const storeKeys = new Map<string, string>();

/** A short key for a store's path, so that socket paths stay below the kernel's 108 bytes. Of another key no running container would be found. */
function storeKey(lxcpath: string): string {
  const known = storeKeys.get(lxcpath);
  if (known !== undefined) return known;
  const key = fnv1a(lxcpath).toString(16).padStart(16, '0');
  storeKeys.set(lxcpath, key);
  return key;
}

/** RUNDIR/KEY: where the run directories of a store's containers lie. */
export const storeRunDir = (system: SystemConfig, lxcpath: string): string =>
  join(system.runDir, storeKey(lxcpath));

export function containerPaths(system: SystemConfig, lxcpath: string, name: string): ContainerPaths {
  checkName(name);
  const dir = join(lxcpath, name);
  const runDir = `${storeRunDir(system, lxcpath)}/${name}`;
  return {
    name,
    lxcpath,
    dir,
    config: `${dir}/config`,
    rootfs: `${dir}/rootfs`,
    logDir: `${dir}/log`,
    runDir,
    socket: `${runDir}/monitor.sock`,
    lock: `${runDir}/lock`,
    instance: `${runDir}/instance.json`,
    network: `${runDir}/network.json`,
    lastExit: `${runDir}/last-exit.json`,
    restart: `${runDir}/restart.json`,
    startFailure: `${runDir}/start-failure`,
    dnsRecord: `${namePlaces(system).dns}/${name}@${storeKey(lxcpath)}`,
  };
}
