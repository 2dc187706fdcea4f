/** Runs a command in a running container: asks its monitor, makes the plan, lets the addon enter. */
import { mkdirSync } from 'node:fs';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { callerIds } from '../../host/user.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { native, type AttachedProcess, type AttachRequest } from '../../native/binding.ts';
import { nativeFile } from '../../package-root.ts';
import { compileAttachPlan, hostId, type AttachOptions, type AttachPlan } from '../../plan/attach.ts';
import { attachFailure } from './failure.ts';
import { NotEntered } from './not-entered.ts';
import { isFrozen } from '../freeze/frozen.ts';
import { betweenBoots, notRunning } from '../not-running.ts';
import type { ContainerPaths } from '../paths.ts';
import { enterScope } from '../scope.ts';
import { unresponsive } from '../unresponsive.ts';

/** Where the command's 0, 1 and 2 go. */
export interface AttachStreams {
  /** Descriptors; -1: a new pty's slave. */
  readonly stdio: readonly [number, number, number];
  /** Of the caller's terminal, when a pty is made; 0: the kernel's default. */
  readonly rows: number;
  readonly columns: number;
}

interface Entrance {
  readonly info: MonitorInfo;
  /** initPidfd, and where they exist seccomp, listeners and devpts; the caller closes them. */
  readonly fds: Readonly<Record<string, number>>;
}

function entrance(paths: ContainerPaths): Entrance {
  const container = paths.name;
  const result = askMonitor(paths, { op: 'attach' });
  if (result.kind === 'unresponsive') throw unresponsive(container, result);
  if (result.kind === 'answer' && result.reply.ok && result.fds['initPidfd'] !== undefined)
    return { info: result.reply as unknown as MonitorInfo, fds: result.fds };
  throw result.kind === 'answer' ? betweenBoots(paths) : notRunning(paths);
}

function checkFrozen(container: string, info: MonitorInfo): void {
  if (!isFrozen(info)) return;
  throw new TlxcError({
    code: 'TLXC_E_FROZEN',
    message: 'the container is frozen: nothing can run in it',
    container,
    hint: `tlxc-unfreeze -n ${container} thaws it`,
  });
}

/** Refuses ids that the container's map lacks with its ranges, which the kernel's EINVAL would not tell. */
function checkIds(container: string, info: MonitorInfo, { uid, gid, namespaces }: AttachPlan): void {
  if (!namespaces.includes('user')) return;
  for (const [kind, id] of [
    ['uid', uid],
    ['gid', gid],
  ] as const) {
    if (hostId(info.idmap, kind, id) !== null) continue;
    const ranges = info.idmap.filter((range) => range.kind === kind);
    const spans = ranges.map(({ inside, count }) => `${inside}-${inside + count - 1}`);
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `the container has no ${kind} ${id}`,
      container,
      hint: `its lxc.idmap has ${spans.join(', ')}`,
    });
  }
}

function requestOf(
  label: string,
  plan: AttachPlan,
  fds: Entrance['fds'],
  streams: AttachStreams,
): AttachRequest {
  const { seccomp, namespaces } = plan;
  const devptsFd = namespaces.includes('mount') ? (fds['devpts'] ?? -1) : -1;
  const isRoot = callerIds().uid === 0;
  const terminalOwner = isRoot ? plan.terminalOwner : null;
  return {
    ...plan,
    ...streams,
    label,
    enter: nativeFile('tlxc-enter'),
    initPidfd: fds['initPidfd'] ?? -1,
    seccompFd: seccomp ? (fds['seccomp'] ?? -1) : -1,
    listenersFd: seccomp ? (fds['listeners'] ?? -1) : -1,
    devptsFd,
    ptyUid: terminalOwner?.uid ?? -1,
    ptyGid: terminalOwner?.gid ?? -1,
    ptyInside: !isRoot && devptsFd >= 0 && namespaces.includes('user'),
  };
}

function makeLeaf(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** How messages of the command's last step begin: "tlxc-attach" for that command. */
export interface AttachTarget {
  readonly paths: ContainerPaths;
  readonly program: string;
  /** The caller's: where its systemd's bus is. */
  readonly caller: Environment;
}

/**
 * Starts the command in the container; returns as soon as it has entered. The caller owns what is returned and waits
 * for pid. Throws TLXC_E_NOT_RUNNING, TLXC_E_BUSY (between two boots), TLXC_E_FROZEN, TLXC_E_UNRESPONSIVE, and NotEntered,
 * of which whyNotEntered makes the error for people.
 */
export function attachToContainer(
  { paths, program, caller }: AttachTarget,
  options: AttachOptions,
  streams: AttachStreams,
): AttachedProcess {
  const { info, fds } = entrance(paths);
  try {
    checkFrozen(paths.name, info);
    const plan = compileAttachPlan(info, options);
    checkIds(paths.name, info, plan);
    if (plan.cgroupLeaf) {
      enterScope(info, caller);
      makeLeaf(plan.cgroupLeaf);
    }
    const attached = native().attach(requestOf(`${program}: ${paths.name}`, plan, fds, streams));
    if ('step' in attached) throw new NotEntered(paths, info.initPid, attachFailure(paths.name, attached));
    return attached;
  } finally {
    for (const fd of Object.values(fds)) native().closeFd(fd);
  }
}

/**
 * Gives this process's place to the small native program that stands between the caller's terminal and the command's,
 * and exits as the command does. log: a descriptor that gets a copy of the pty's output, -1 for none. Throws
 * TLXC_E_SYSCALL; otherwise never returns.
 */
export function becomeProxy(container: string, attached: AttachedProcess, log: number): never {
  const { pid, ptyMaster } = attached;
  const argv =
    ptyMaster < 0
      ? ['tlxc-pty', 'wait', String(pid)]
      : ['tlxc-pty', 'attach', String(ptyMaster), String(pid), String(log)];
  const keep = [ptyMaster, log].filter((fd) => fd >= 0);
  const failure = native().execve({ path: nativeFile('tlxc-pty'), argv, environment: [], keep });
  throw attachFailure(container, failure);
}
