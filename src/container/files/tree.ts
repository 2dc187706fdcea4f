/**
 * A container's tree for programs of the host's: of one that runs as its processes see it, of one that is stopped with its
 * root filesystem mounted for that program alone. Either way files have the ids that the container knows.
 */
import { existsSync } from 'node:fs';
import { loadContainerConfig } from '../../config/load.ts';
import type { SystemConfig } from '../../config/model.ts';
import { probeHost } from '../../host/probe.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { native } from '../../native/binding.ts';
import { nativeFile } from '../../package-root.ts';
import { compileRooted } from '../../plan/rooted.ts';
import type { Rooted } from '../../plan/types.ts';
import { attachRootfs } from '../../storage/attach.ts';
import { withLock } from '../lock.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { recover } from '../recover.ts';
import { readImages } from '../image/rootfs-image.ts';
import { sweepDead } from '../sweep.ts';
import { unresponsive } from '../unresponsive.ts';
import { refuseMissing } from '../not-defined.ts';
import type { Environment } from '../../environment.ts';

export interface TreeRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** The caller's. */
  readonly environment: Environment;
}

/** A program's argv, and the descriptors that it is given from 3 on. */
export interface TreeProgram {
  readonly argv: readonly string[];
  readonly pass: readonly number[];
}

/** Words of tlxc-transfer's after its SIDE -> how it is run with the tree as that side. */
export type TransferAt = (words: readonly string[]) => TreeProgram;

interface RunningTree {
  readonly info: MonitorInfo;
  /** The caller closes it. */
  readonly pidfd: number;
}

/** null: it does not run. Throws TLXC_E_UNRESPONSIVE. */
export function openRunning(paths: ContainerPaths): RunningTree | null {
  const result = existsSync(paths.socket) ? askMonitor(paths, { op: 'attach' }) : null;
  if (result?.kind === 'unresponsive') throw unresponsive(paths.name, result);
  if (result?.kind !== 'answer' || !result.reply.ok) return null;
  const { initPidfd, ...others } = result.fds;
  for (const fd of Object.values(others)) native().closeFd(fd);
  return initPidfd === undefined ? null : { info: result.reply as unknown as MonitorInfo, pidfd: initPidfd };
}

async function useRunning<T>(
  { info, pidfd }: RunningTree,
  work: (transfer: TransferAt) => Promise<T>,
): Promise<T> {
  const side = info.namespaces.includes('user') ? 'running-mapped' : 'running';
  try {
    return await work((words) => ({ argv: [nativeFile('tlxc-transfer'), side, ...words], pass: [pidfd] }));
  } finally {
    native().closeFd(pidfd);
  }
}

/** The tree of one that is stopped. onlyRead: nothing will be written in it. Throws TLXC_E_CONFIG, TLXC_E_UNSUPPORTED, TLXC_E_STORAGE. */
export async function stoppedTree(
  { name, lxcpath, config: configFile }: ContainerPaths,
  request: TreeRequest,
  { onlyRead = false } = {},
): Promise<Rooted> {
  const { environment, system } = request;
  const config = loadContainerConfig({ name, lxcpath, configFile, environment });
  await attachRootfs(config, system);
  const files = { imageFilesystems: readImages(config) };
  return compileRooted({ config, host: probeHost(), system, files, onlyRead });
}

/** argv (an absolute path, and words) with that tree as its working directory. */
export const inTree = (tree: Rooted, argv: readonly string[]): readonly string[] => [
  ...[nativeFile('tlxc-monitor'), 'in-tree', JSON.stringify(tree), '--'],
  ...argv,
];

/**
 * Runs work with the container's tree; one that is stopped is locked meanwhile. Throws TLXC_E_NOT_FOUND,
 * TLXC_E_UNRESPONSIVE, TLXC_E_BUSY, TLXC_E_CONFIG, TLXC_E_UNSUPPORTED.
 */
export async function withTree<T>(
  request: TreeRequest,
  work: (transfer: TransferAt) => Promise<T>,
): Promise<T> {
  const paths = containerPaths(request.system, request.lxcpath, request.name);
  const running = openRunning(paths);
  if (running) return useRunning(running, work);
  refuseMissing(paths);
  await recover(paths, request.system);
  return withLock(paths, async () => {
    const meanwhile = openRunning(paths);
    if (meanwhile) return useRunning(meanwhile, work);
    await sweepDead(paths);
    const tree = await stoppedTree(paths, request);
    return work((words) => ({
      argv: inTree(tree, [nativeFile('tlxc-transfer'), 'rooted', ...words]),
      pass: [],
    }));
  });
}
