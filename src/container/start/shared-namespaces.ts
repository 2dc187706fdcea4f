/** Finds the namespaces that a container is to join: lxc.namespace.share.*, tlxc-start --share-* */
import { readFileSync, statSync } from 'node:fs';
import type { ContainerConfig, IdMap, NamespaceName, SystemConfig } from '../../config/model.ts';
import { TlxcError, type SourceLocation } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import type { JoinedNamespace, StartOptions } from '../../plan/input.ts';
import { namespaceOf } from '../../plan/namespaces.ts';
import { containerPaths } from '../paths.ts';

/** A namespace that a container can join when it starts. */
export type ShareOption = 'net' | 'ipc' | 'uts' | 'pid';

export interface ShareRequest {
  /** The container that is to join. */
  readonly config: ContainerConfig;
  readonly system: SystemConfig;
  /** --share-*, over the configuration. */
  readonly fromCommandLine: Readonly<Partial<Record<ShareOption, string>>>;
}

interface Wanted {
  readonly namespace: NamespaceName;
  /** A container's name, a pid, or the path of a namespace file. */
  readonly whose: string;
  readonly at: SourceLocation | undefined;
}

/** Throws TLXC_E_NOT_RUNNING, TLXC_E_NOT_FOUND or TLXC_E_PERMISSION, with the line that asked for it. */
export function findShared(request: ShareRequest): StartOptions['share'] {
  const written = request.config.namespaces.share.map(({ value, at }) => ({ ...value, at }));
  const given = Object.entries(request.fromCommandLine) as [ShareOption, string][];
  const wanted: Wanted[] = [
    ...written,
    ...given.map(([namespace, whose]) => ({ namespace, whose, at: undefined })),
  ];
  return Object.fromEntries(
    wanted.map((each) => [namespaceOf(each.namespace), findNamespace(each, request)]),
  );
}

function refuse(
  wanted: Wanted,
  { config }: ShareRequest,
  details: ConstructorParameters<typeof TlxcError>[0],
) {
  const { namespace, whose, at } = wanted;
  const message = `cannot share the ${namespace} namespace of ${whose}: ${details.message}`;
  return new TlxcError({ container: config.name, ...details, message, ...(at && { where: at }) });
}

function findNamespace(wanted: Wanted, request: ShareRequest): JoinedNamespace {
  const { namespace, whose, at } = wanted;
  if (whose.startsWith('/')) return { ...look(whose, wanted, request), inode: '', at };
  // A container named like a number is taken for a pid, as LXC does.
  const pid = /^\d+$/.test(whose) ? Number(whose) : initOf(wanted, request);
  return { ...look(`/proc/${pid}/ns/${namespace}`, wanted, request), at };
}

function initOf(wanted: Wanted, request: ShareRequest): number {
  const { config, system } = request;
  const result = askMonitor(containerPaths(system, config.lxcpath, wanted.whose), { op: 'info' });
  if (result.kind === 'answer' && result.reply.ok) return (result.reply as unknown as MonitorInfo).initPid;
  throw refuse(wanted, request, {
    code: 'TLXC_E_NOT_RUNNING',
    message: 'no container of that name runs',
    hint: 'give the name of a running container, a pid, or the path of a namespace file',
  });
}

type Found = Pick<JoinedNamespace, 'path' | 'inode' | 'host' | 'idmap'>;

function look(path: string, wanted: Wanted, request: ShareRequest): Found {
  const { namespace } = wanted;
  try {
    const { ino } = statSync(path);
    const host = ino === statSync(`/proc/self/ns/${namespace}`).ino;
    const idmap = namespace === 'user' && !host ? mapsOf(path, wanted, request) : [];
    return { path, inode: String(ino), host, idmap };
  } catch (error) {
    if (error instanceof TlxcError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw refuse(wanted, request, {
      code: denied ? 'TLXC_E_PERMISSION' : 'TLXC_E_NOT_FOUND',
      message: denied ? `${path} is closed to this user` : `there is no ${path}`,
      path,
      ...(code && { errno: code }),
      hint: denied
        ? 'this takes root, and the right to look into that process'
        : 'the process may have ended',
    });
  }
}

/** Only the directory of a process tells how its user namespace maps ids. */
function mapsOf(path: string, wanted: Wanted, request: ShareRequest): readonly IdMap[] {
  const directory = /^(\/proc\/\d+)\/ns\/user$/.exec(path)?.[1];
  if (directory === undefined)
    throw refuse(wanted, request, {
      code: 'TLXC_E_CONFIG',
      message: 'a file does not tell how ids are mapped there',
      hint: 'name a container or a pid that is in the namespace',
    });
  return (['uid', 'gid'] as const).flatMap((kind) =>
    [...readFileSync(`${directory}/${kind}_map`, 'utf8').matchAll(/(\d+) +(\d+) +(\d+)/g)].map((line) => {
      const [inside = 0, outside = 0, count = 0] = line.slice(1).map(Number);
      return { kind, inside, outside, count };
    }),
  );
}
