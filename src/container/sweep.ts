/** What a monitor that was killed leaves behind, and how to end a container whose monitor does not answer. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { askMonitor } from '../monitor/client.ts';
import { POLICY } from '../host/apparmor.ts';
import { probeHost } from '../host/probe.ts';
import { startProgram } from '../host/program.ts';
import { overAllIds } from '../host/trees.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';
import { monitorLock, withLock } from './lock.ts';
import { readRecord } from '../host/own-file.ts';
import { sweepNetwork } from './network/sweep.ts';
import type { ContainerPaths } from './paths.ts';
import { killGroup, removeGroup, thawGroup } from './remove/group-tree.ts';

/** RUNDIR/KEY/NAME/instance.json, written by the monitor (native/monitor) once init runs. */
interface Instance {
  readonly bootId: string;
  readonly initPid: number;
  /** Field 22 of /proc/PID/stat: tells the process from a later one with the same pid. */
  readonly initStartTime: string;
  readonly monitorPid: number;
  readonly monitorStartTime: string;
  readonly cgroups: readonly {
    readonly version: number;
    readonly mountPoint: string;
    readonly limitGroup: string;
    readonly monitorGroup: string;
  }[];
}

/** How long the kernel is given to take killed processes down. */
const DYING_MS = 2_000;
const INSIST_MS = 500;

function readInstance(paths: ContainerPaths): Instance | null {
  try {
    return JSON.parse(readRecord(paths.instance) ?? 'null') as Instance | null;
  } catch {
    return null; // none, or cut short by the host's crash: then nothing of it runs either
  }
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function kill(pid: number, startTime: string, name: string): void {
  const failure = native().signalProcess({ pid, startTime, signal: 9 });
  if (!failure) return;
  const errno = errnoName(failure.errno);
  if (errno === 'ESRCH') return;
  const message = `cannot kill process ${pid}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container: name, syscall: failure.syscall, errno });
}

function thaw(instance: Instance): void {
  for (const { version, mountPoint, limitGroup } of instance.cgroups)
    thawGroup(join(mountPoint, limitGroup), version);
}

/** A killed init may wait in the kernel for a process of its own, which is killed only when init has ended. */
function killMembers(instance: Instance): void {
  const groups = instance.cgroups.filter(({ limitGroup }) => limitGroup !== '');
  // The same processes are in all of them; version 2 kills with one write.
  const group = groups.find(({ version }) => version === 2) ?? groups[0];
  if (group) killGroup(join(group.mountPoint, group.limitGroup), group.version);
}

/** Killed processes take a moment to leave; a group that is not empty then is left to the next start. */
async function removeGroups(instance: Instance): Promise<void> {
  const paths = instance.cgroups.flatMap(({ mountPoint, limitGroup, monitorGroup }) =>
    [limitGroup, monitorGroup].filter(Boolean).map((group) => join(mountPoint, group)),
  );
  const begin = performance.now();
  const deadline = begin + DYING_MS;
  let insistsAt = begin + INSIST_MS;
  let left = paths.filter((path) => !removeGroup(path));
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(10);
    if (performance.now() > insistsAt) {
      killMembers(instance);
      insistsAt += INSIST_MS;
    }
    left = left.filter((path) => !removeGroup(path));
  }
  if (probeHost().user === null) return;
  // What the container's root has made inside is not the user's own to remove.
  for (const path of left)
    await startProgram(overAllIds(['find', path, '-depth', '-type', 'd', '-delete'])).ended;
}

/** Kills what still runs of a container and its monitor, without asking the monitor. False: nothing is known of it. */
export function killInstance(paths: ContainerPaths): boolean {
  const instance = readInstance(paths);
  if (instance?.bootId !== bootId()) return false;
  kill(instance.initPid, instance.initStartTime, paths.name);
  thaw(instance);
  kill(instance.monitorPid, instance.monitorStartTime, paths.name);
  return true;
}

/** The AppArmor profile generated for it: nobody but root can have loaded one, or removes one. */
async function forgetProfile({ name, lxcpath }: ContainerPaths): Promise<void> {
  if (probeHost().user !== null || !existsSync(POLICY)) return;
  const [{ unloadProfile }, { generatedName, policyNamespace }] = await Promise.all([
    import('./start/apparmor.ts'),
    import('../plan/apparmor.ts'),
  ]);
  const profile = generatedName(name, lxcpath);
  unloadProfile({ name: profile, namespace: policyNamespace(profile) });
}

/**
 * Ends and removes what a dead monitor left: processes, control groups, its socket and its record. A monitor that lives
 * (it holds monitor.lock) is left alone: false. The caller holds the container's lock.
 */
export async function sweepDead(paths: ContainerPaths): Promise<boolean> {
  const instance = readInstance(paths);
  if (!instance && !existsSync(paths.network)) return true;
  const lock = native().lock({ path: monitorLock(paths), wait: false });
  if (typeof lock !== 'number') return false;
  try {
    killInstance(paths);
    if (instance) await removeGroups(instance);
    await sweepNetwork(paths);
    await forgetProfile(paths);
    removeFile(paths.dnsRecord);
    removeFile(paths.socket);
    removeFile(paths.instance);
    return true;
  } finally {
    native().closeFd(lock);
  }
}

/** The same for a command that holds no lock of the container: where a dead monitor left anything, and nothing runs. */
export async function sweepStopped(paths: ContainerPaths): Promise<void> {
  if (!existsSync(paths.instance) && !existsSync(paths.network)) return;
  if (askMonitor(paths, { op: 'info' }).kind === 'stopped') await withLock(paths, () => sweepDead(paths));
}
