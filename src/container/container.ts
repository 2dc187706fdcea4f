/** A container as a program sees it: what the commands can do, a program can do. */
import { loadSystemConfig } from '../config/system.ts';
import type { SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { watchMonitor } from '../monitor/client.ts';
import type { Event, MonitorInfo } from '../monitor/protocol.ts';
import { createContainer } from './create.ts';
import { destroyContainer } from './destroy.ts';
import { execInContainer, type ExecOptions, type ExecResult } from './exec.ts';
import { exportContainer, type ExportRequest } from './export.ts';
import { freezeContainer, thawContainer, whileFrozen, type FreezeOptions } from './freeze.ts';
import {
  addressesOf,
  inspectContainers,
  linksOf,
  type ContainerStatus,
  type LinkCounters,
} from './inspect.ts';
import { interfaceReports, type InterfaceReport } from './interfaces.ts';
import type { Started } from './launch.ts';
import type { CreateRequest } from './making.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';
import { parseConditions, type Condition, type WaitCondition } from './readiness/condition.ts';
import { DEFAULT_WAIT_MS, waitForConditions } from './readiness/wait-for.ts';
import { startContainer, type StartRequest } from './start.ts';
import { stopContainer } from './stop.ts';
import { listContainers } from './store.ts';
import { pullFiles, pushFiles, type Copy, type Push } from './transfer.ts';
import { usageOf, type Usage } from './usage.ts';

/** Where containers are; what is not given is read from tlxc.conf and the process's environment. */
export interface StoreOptions {
  readonly lxcpath?: string;
  readonly system?: SystemConfig;
  /** The caller's environment: TLXC_CONF, HOME, and what lxc.environment = NAME copies. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface CreateOptions extends StoreOptions {
  /** download, oci, debian, busybox, local, none, or the absolute path of a template program. */
  readonly template: string;
  /** Of the template: { dist: 'debian', release: 'bookworm' } is --dist=debian --release=bookworm. */
  readonly args?: Readonly<Record<string, string>>;
  readonly configFile?: string;
  /** dir, overlay or best. */
  readonly backend?: string;
  readonly privileged?: boolean;
  /** Told of downloads and unpacking as they go. */
  readonly onEvent?: NonNullable<CreateRequest['onEvent']>;
}

export type StartOptions = Partial<
  Pick<
    StartRequest,
    'configFile' | 'defines' | 'share' | 'command' | 'consolePath' | 'consoleLog' | 'pidFile'
  >
> & {
  /** Something a person should know that did not stop the start. */
  readonly warn?: (text: string) => void;
  /** What must be so before the start resolves: 'ready', or ['ip', 'port:80']. */
  readonly wait?: WaitCondition | readonly WaitCondition[];
  /** Milliseconds; 90,000 unless given, -1: for ever. */
  readonly waitTimeoutMs?: number;
};

export interface WaitOptions {
  /** Milliseconds; 90,000 unless given, -1: for ever. */
  readonly timeoutMs?: number;
  /** Ends the wait, which throws its reason. */
  readonly signal?: AbortSignal;
  /** Something a person should know although it is reached: systemd is degraded. */
  readonly warn?: (text: string) => void;
}

export interface StopOptions {
  /** halt (default): asks init, waits, then kills. */
  readonly how?: 'halt' | 'reboot' | 'kill';
  /** Milliseconds to wait for the end; 60,000 unless given, -1: for ever, 0: not at all. */
  readonly timeoutMs?: number;
  /** false: an expired halt throws TLXC_E_TIMEOUT instead of killing. */
  readonly escalate?: boolean;
}

export interface DestroyOptions {
  readonly force?: boolean;
  readonly snapshots?: boolean;
  /** Something a person should know that did not stop it. */
  readonly warn?: (text: string) => void;
}

export interface ContainerInfo {
  readonly name: string;
  readonly state: ContainerStatus['state'];
  /** Init's, in the host's PID namespace; null where it does not run. */
  readonly pid: number | null;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly usage: Usage | null;
  readonly links: readonly LinkCounters[];
  /** Those of its network namespace, lo included; [] where it does not run. */
  readonly interfaces: readonly InterfaceReport[];
  /** All that its monitor tells; null where it does not run. */
  readonly running: MonitorInfo | null;
}

interface Place {
  readonly lxcpath: string;
  readonly system: SystemConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

function placeOf({ lxcpath, system, environment = process.env }: StoreOptions): Place {
  const settings = system ?? loadSystemConfig(environment);
  return { lxcpath: lxcpath ?? settings.lxcpath, system: settings, environment };
}

export type CopyOptions = Partial<Pick<Copy, 'into' | 'recursive' | 'parents' | 'warn'>>;
export type PushOptions = CopyOptions & Partial<Pick<Push, 'uid' | 'gid' | 'mode'>>;
export type ExportOptions = Partial<Pick<ExportRequest, 'compression' | 'snapshots' | 'freeze'>>;

/** A container by its name, whether it exists or not: each method tells. All of them throw TlxcError. */
export class Container {
  readonly name: string;
  readonly #place: Place;
  readonly #paths: ContainerPaths;

  /** Throws TLXC_E_NAME unless a container may have that name. */
  constructor(name: string, options: StoreOptions = {}) {
    this.name = name;
    this.#place = placeOf(options);
    this.#paths = containerPaths(this.#place.system, this.#place.lxcpath, name);
  }

  /** Creates a container: whole, or not at all. */
  static async create(name: string, options: CreateOptions): Promise<Container> {
    const { template, args = {}, configFile, backend, privileged = false, onEvent } = options;
    const templateArgs = Object.entries(args).map(([key, value]) => `--${key}=${value}`);
    const request = { name, ...placeOf(options), template, templateArgs, configFile, backend, privileged };
    const { kind } = await createContainer({ ...request, ...(onEvent && { onEvent }) });
    if (kind === 'container') return new Container(name, options);
    const message = 'the template only answered a question: these arguments create nothing';
    throw new TlxcError({ code: 'TLXC_E_USAGE', message, container: name });
  }

  /** Those that are defined in the store, by name. */
  static list(options: StoreOptions = {}): Container[] {
    const place = placeOf(options);
    return listContainers(place.system, place.lxcpath).map((name) => new Container(name, place));
  }

  /** LXCPATH/NAME */
  get directory(): string {
    return this.#paths.dir;
  }

  /** Resolves when init has been executed, and what `wait` says is so. */
  async start({ warn, wait, waitTimeoutMs, ...options }: StartOptions = {}): Promise<Started> {
    const callbacks = warn ? { warn } : {};
    const conditions = wait === undefined ? [] : parseConditions([wait].flat());
    const started = await startContainer({ name: this.name, ...this.#place, ...options }, callbacks);
    if (conditions.length > 0) await this.#wait(conditions, { timeoutMs: waitTimeoutMs, ...callbacks });
    return started;
  }

  /**
   * Resolves once all of these are so in the running container: 'running', 'ready' (init has booted), 'ip', 'port:80',
   * 'exec:COMMAND' (exits 0). Throws TLXC_E_TIMEOUT with what is missing, TLXC_E_NOT_RUNNING as soon as it has ended.
   */
  async waitFor(
    conditions: WaitCondition | readonly WaitCondition[],
    options: WaitOptions = {},
  ): Promise<void> {
    await this.#wait(parseConditions([conditions].flat()), options);
  }

  async #wait(
    conditions: readonly Condition[],
    { timeoutMs = DEFAULT_WAIT_MS, signal, warn }: { [K in keyof WaitOptions]: WaitOptions[K] | undefined },
  ): Promise<void> {
    const whom = { paths: this.#paths, caller: this.#place.environment };
    await waitForConditions({
      ...whom,
      conditions,
      timeoutMs,
      ...(signal && { signal }),
      ...(warn && { warn }),
    });
  }

  stop({ how = 'halt', timeoutMs = 60_000, escalate = true }: StopOptions = {}): Promise<void> {
    return stopContainer({ name: this.name, ...this.#place, how, timeoutMs, escalate });
  }

  /** Resolves when all its processes are frozen; until thaw. */
  freeze(options: FreezeOptions = {}): Promise<void> {
    return freezeContainer(this.#paths, options);
  }

  thaw(): void {
    thawContainer(this.#paths);
  }

  /** Runs `work` while it is frozen, and in every case thaws it then; one that does not run stays as it is. */
  whileFrozen<T>(work: () => T | Promise<T>, options: FreezeOptions = {}): Promise<T> {
    return whileFrozen(this.#paths, work, options);
  }

  /** Runs a command in the running container and collects what it prints. */
  exec(argv: readonly [string, ...string[]], options: ExecOptions = {}): Promise<ExecResult> {
    return execInContainer({ paths: this.#paths, caller: this.#place.environment }, argv, options);
  }

  info(): ContainerInfo {
    const [status] = inspectContainers(this.#place, [this.name], { network: true });
    if (!status) throw new TypeError('one container was asked for');
    const { name, state, running } = status;
    return {
      ...{ name, state, running },
      pid: running?.initPid ?? null,
      ipv4: addressesOf(status, 'inet'),
      ipv6: addressesOf(status, 'inet6'),
      usage: running && usageOf(running.cgroups),
      links: linksOf(status),
      interfaces: interfaceReports(status),
    };
  }

  /** Copies files of the host's into the container, which may run or not: absolute paths on either side. */
  push(sources: readonly string[], target: string, options: PushOptions = {}): Promise<void> {
    const { uid = null, gid = null, mode = null } = options;
    return pushFiles({ ...this.#copy(sources, target, options), uid, gid, mode });
  }

  /** Copies files of the container's to the host, where they belong to the caller. */
  pull(sources: readonly string[], target: string, options: CopyOptions = {}): Promise<void> {
    return pullFiles(this.#copy(sources, target, options));
  }

  #copy(sources: readonly string[], target: string, options: CopyOptions) {
    const { into = false, recursive = false, parents = false, warn = () => undefined } = options;
    return { name: this.name, ...this.#place, sources, target, into, recursive, parents, warn };
  }

  /** Writes the container, stopped or frozen, into one file, from which `tlxc-import` makes it again. */
  export(file: string, options: ExportOptions = {}): Promise<void> {
    const { compression = 'zstd', snapshots = false, freeze = false } = options;
    return exportContainer({ name: this.name, ...this.#place, file, compression, snapshots, freeze });
  }

  /** State changes from now until it has stopped; ends at once where it does not run. */
  events(): AsyncGenerator<Event, void, undefined> {
    return watchMonitor(this.#paths);
  }

  /** Removes a stopped container; with force it is killed first, with snapshots they go with it. */
  destroy(options: DestroyOptions = {}): Promise<void> {
    const { force = false, snapshots = false, warn = () => undefined } = options;
    return destroyContainer({ name: this.name, ...this.#place, force, snapshots, warn });
  }
}
