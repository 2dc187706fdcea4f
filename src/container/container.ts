/** A container as a program sees it: what the commands can do, a program can do. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { TlxcError, usageError } from '../errors.ts';
import type { ContainerState } from '../monitor/protocol.ts';
import { withoutSecrets } from '../plan/credentials.ts';
import type { StartPlan } from '../plan/types.ts';
import { copyContainer } from './copy/copy.ts';
import { createContainer } from './create/create.ts';
import { destroyContainer } from './remove/destroy.ts';
import { incarnationOf } from './ephemeral.ts';
import { copyAndStart, freeName } from './copy/ephemeral-copy.ts';
import type { CommandResult } from './exec/command-error.ts';
import { execInContainer } from './exec/exec.ts';
import type { ExecOptions } from './exec/options.ts';
import type { RunningCommand } from './exec/running-command.ts';
import { executeBy } from './start/execute.ts';
import { exportContainer } from './export/export.ts';
import { freezeContainer, thawContainer, whileFrozen, type FreezeOptions } from './freeze/freeze.ts';
import { importContainer } from './import/import.ts';
import { addressesOf, inspectContainers, linksOf } from './info/inspect.ts';
import { interfaceReports } from './info/interfaces.ts';
import { readLog, type LogOptions } from './journal/log.ts';
import type { LogRecord } from './journal/record.ts';
import { healthOf } from './info/health.ts';
import { lastExit } from './info/last-exit.ts';
import type { Started } from './start/launch.ts';
import { nestedLimits, type Nested } from './nested/limits.ts';
import { nestedContainers } from './nested/nested.ts';
import type { LimitName } from './limits/names.ts';
import { limitsOf, setLimits, type LimitReport } from './limits/set.ts';
import { ControlGroup } from './parts/cgroup.ts';
import { Checkpoints } from './parts/checkpoints.ts';
import { Configuration } from './parts/configuration.ts';
import { consoleStream } from './parts/console.ts';
import { Devices } from './parts/devices.ts';
import { milliseconds } from './milliseconds.ts';
import { containerEvents, EventStream, type ContainerEvent, type EventOptions } from './parts/events.ts';
import * as files from './parts/files.ts';
import type * as Options from './parts/options.ts';
import { placeOf, silently, type Located, type StoreOptions } from './parts/place.ts';
import { Snapshots } from './parts/snapshots.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';
import { conditionText, parseConditions, type Condition, type WaitCondition } from './readiness/condition.ts';
import { checkFor } from './readiness/health.ts';
import { DEFAULT_WAIT_MS, waitForConditions } from './readiness/wait-for.ts';
import { processesOf, type ContainerProcess } from './info/processes.ts';
import { renameContainer } from './copy/rename.ts';
import { planStart, startContainer } from './start/start.ts';
import { stopContainer } from './stop/stop.ts';
import { listContainers } from './store.ts';
import { runningUsage } from './info/oom-kills.ts';
import { checkStates, waitForState } from './wait.ts';

const isList = (args: object): args is readonly string[] => Array.isArray(args);

const wordsOf = (args: NonNullable<Options.CreateOptions['args']>): readonly string[] =>
  isList(args)
    ? args
    : Object.entries(args).map(([key, value]) => (value === true ? `--${key}` : `--${key}=${value}`));

/** A container by its name, whether it exists or not: each method tells. All of them throw TlxcError. */
export class Container {
  readonly name: string;
  /** Its snapshots (tlxc-snapshot). */
  readonly snapshots: Snapshots;
  /** Its configuration file (tlxc-config explain). */
  readonly config: Configuration;
  /** Devices, interfaces and ports of the host's that it has (tlxc-device). */
  readonly devices: Devices;
  /** The files of its control group while it runs (tlxc-cgroup). */
  readonly cgroup: ControlGroup;
  /** What it was as it ran, memory and all (tlxc-checkpoint). */
  readonly checkpoints: Checkpoints;
  readonly #self: Located;
  readonly #paths: ContainerPaths;

  /** Throws TLXC_E_NAME unless a container may have that name. */
  constructor(name: string, options: StoreOptions = {}) {
    this.name = name;
    this.#self = { name, ...placeOf(options) };
    this.#paths = containerPaths(this.#self.system, this.#self.lxcpath, name);
    this.snapshots = new Snapshots(this.#self);
    this.config = new Configuration(this.#self);
    this.devices = new Devices(this.#self);
    this.cgroup = new ControlGroup(this.#self);
    this.checkpoints = new Checkpoints(this.#self);
  }

  /** Creates a container: whole, or not at all. Throws TLXC_E_EXISTS, TLXC_E_TEMPLATE, TLXC_E_IMAGE, TLXC_E_STORAGE … */
  static async create(name: string, options: Options.CreateOptions): Promise<Container> {
    const { template, args = {}, configFile, backend, volume = {}, privileged = false } = options;
    const { keepOnFailure = false, cloudInit, onEvent } = options;
    if (typeof (template as unknown) !== 'string')
      throw usageError(
        'a container is created from a template, and none is given',
        "template: 'download', for one",
      );
    const what = { template, templateArgs: wordsOf(args), configFile, backend, volume, privileged };
    const { kind } = await createContainer({
      name,
      ...placeOf(options),
      ...what,
      ...{ keepOnFailure, cloudInit },
      ...(onEvent && { onEvent }),
    });
    if (kind === 'container') return new Container(name, options);
    const message = 'the template only answered a question: these arguments create nothing';
    throw new TlxcError({ code: 'TLXC_E_USAGE', message, container: name });
  }

  /** Creates one that is gone at the end of its `await using`, whatever it does then. Its name is its own unless given. */
  static async throwaway(
    options: Options.CreateOptions & { readonly name?: string },
  ): Promise<ThrowawayContainer> {
    const { name = `throwaway-${randomBytes(6).toString('hex')}` } = options;
    await Container.create(name, options);
    return new ThrowawayContainer(name, options);
  }

  /**
   * Makes a container of what tlxc-export or another container manager wrote, or of a directory of LXC's.
   * Throws TLXC_E_EXISTS, TLXC_E_USAGE, TLXC_E_STORAGE …
   */
  static async import(source: string, options: Options.ImportOptions = {}): Promise<Container> {
    const { name = null, backend = null, volume = {}, warn = silently, onStage } = options;
    const { privileged = false, keepMac = false, trusted = false } = options;
    const how = { name, backend, volume, privileged, keepMac, trusted, warn, onStage };
    const place = placeOf(options);
    return new Container(
      await importContainer({
        ...place,
        source: source === '-' ? source : files.hostPath(source),
        ...how,
        stdin: process.stdin,
      }),
      place,
    );
  }

  /** Those that are defined in the store, by name. */
  static list(options: StoreOptions = {}): Container[] {
    const place = placeOf(options);
    return listContainers(place.lxcpath).map((name) => new Container(name, place));
  }

  /** Every state change of every container of the store, of those to come too, until the loop is left or the signal aborted. */
  static events(options: StoreOptions & EventOptions = {}): EventStream {
    return new EventStream(placeOf(options), options, () => true);
  }

  /** LXCPATH/NAME */
  get directory(): string {
    return this.#paths.dir;
  }

  /** Whether it is defined. */
  get exists(): boolean {
    return existsSync(this.#paths.config);
  }

  /** STOPPED where there is none of that name; UNRESPONSIVE: its monitor does not answer. */
  get state(): Options.ContainerInfo['state'] {
    return inspectContainers(this.#self, [this.name], { network: false })[0]?.state ?? 'STOPPED';
  }

  /** Resolves when init has been executed, and what `wait` says is so. Throws TLXC_E_RUNNING, TLXC_E_CONFIG, and the step of the start that failed. */
  async start({ warn, wait, waitTimeoutMs, ...options }: Options.StartOptions = {}): Promise<Started> {
    const callbacks = warn ? { warn } : {};
    const conditions = wait === undefined ? [] : parseConditions([wait].flat());
    const timeout =
      waitTimeoutMs === undefined ? {} : { timeoutMs: milliseconds('waitTimeoutMs', waitTimeoutMs) };
    const check = checkFor(conditions);
    const started = await startContainer({ ...this.#self, ...options }, { ...callbacks, check });
    if (conditions.length > 0) await this.#waitFor(conditions, { ...timeout, ...callbacks });
    return started;
  }

  /**
   * Resolves once all of these are so in the running container: 'running', 'ready' (init has booted), 'healthy'
   * (tlxc.health.command), 'ip', 'port:80', 'exec:COMMAND' (exits 0). Throws TLXC_E_TIMEOUT with what is missing, TLXC_E_ABORTED, TLXC_E_NOT_RUNNING as soon as it
   * has ended.
   */
  async waitFor(
    conditions: WaitCondition | readonly WaitCondition[],
    options: Options.WaitOptions = {},
  ): Promise<void> {
    await this.#waitFor(parseConditions([conditions].flat()), options);
  }

  async #waitFor(conditions: readonly Condition[], options: Options.WaitOptions): Promise<void> {
    const whom = { paths: this.#paths, caller: this.#self.environment };
    const timeoutMs = milliseconds('timeoutMs', options.timeoutMs ?? DEFAULT_WAIT_MS);
    const waiting = waitForConditions({ ...whom, conditions, ...options, timeoutMs });
    await waiting.catch((error: unknown) => {
      throw options.signal?.aborted ? this.#aborted(conditions.map(conditionText), options.signal) : error;
    });
  }

  #aborted(what: readonly string[], { reason }: AbortSignal): TlxcError {
    const message = `waiting for ${what.join(' or ')} was aborted`;
    return new TlxcError({
      code: 'TLXC_E_ABORTED',
      message,
      container: this.name,
      cause: reason as unknown,
      hint: 'the caller wanted it no more; it can be called again',
    });
  }

  /** What a start would do, as data, without the texts of credentials: nothing is started. Throws TLXC_E_CONFIG. */
  plan({
    warn = silently,
    ...options
  }: Omit<Options.StartOptions, 'wait' | 'waitTimeoutMs'> = {}): StartPlan {
    const { plan, warnings } = planStart({ ...this.#self, ...options });
    warnings.forEach(warn);
    return withoutSecrets(plan);
  }

  /**
   * Has its init shut down, and resolves when it has ended; one that takes longer than a minute is killed, unless the options say
   * otherwise. Throws TLXC_E_NOT_RUNNING, TLXC_E_TIMEOUT, TLXC_E_UNRESPONSIVE.
   */
  async stop(options: Options.StopOptions = {}): Promise<void> {
    const timeoutMs = milliseconds('timeoutMs', options.timeoutMs ?? 60_000);
    const { how = 'halt', escalate = true, configFile, warn = silently } = options;
    await stopContainer({ ...this.#self, how, timeoutMs, escalate, configFile, warn });
  }

  /** Resolves when it runs again. Throws as stop does. */
  reboot(options: Pick<Options.StopOptions, 'timeoutMs' | 'warn'> = {}): Promise<void> {
    return this.stop({ ...options, how: 'reboot' });
  }

  /** Resolves when all its processes are frozen; until thaw. */
  freeze(options: FreezeOptions = {}): Promise<void> {
    return freezeContainer(this.#paths, options);
  }

  /** Lets it run again. */
  thaw(): void {
    thawContainer(this.#paths);
  }

  /** Runs `work` while it is frozen, and in every case thaws it then; one that does not run stays as it is. */
  whileFrozen<T>(work: () => T | Promise<T>, options: FreezeOptions = {}): Promise<T> {
    return whileFrozen(this.#paths, work, options);
  }

  /**
   * Runs a command in the running container: `['make', '-j4']`, no shell reads it. Awaited, it gives how the command ended and what it printed, and throws
   * CommandError where that is not well; meanwhile it is a process with streams, to be killed or written to.
   */
  exec(argv: readonly [string, ...string[]], options: ExecOptions = {}): RunningCommand {
    return execInContainer({ paths: this.#paths, caller: this.#self.environment }, argv, options);
  }

  /** Starts the container for one command (tlxc-execute), which runs as `exec` has it; the container ends with it. */
  execute(
    argv: readonly [string, ...string[]],
    options: ExecOptions & {
      readonly start?: Omit<Options.StartOptions, 'command' | 'wait' | 'waitTimeoutMs'>;
    } = {},
  ): Promise<CommandResult> {
    const { start: { warn = silently, ...how } = {}, ...execOptions } = options;
    return executeBy({ ...this.#self, ...how, command: argv }, { warn }, async ({ uid, gid, cwd }) => {
      const configured = { uid: Number(uid), gid: Number(gid), cwd };
      const { user } = execOptions;
      return this.exec(argv, { ...(user === undefined ? configured : { cwd }), ...execOptions });
    });
  }

  /** Its console as a stream (0), or one of its ttys (-1: the next free one). Destroying the stream gives it back. */
  console(tty = 0): Duplex {
    return consoleStream(this.#self, tty);
  }

  /** All that is to be known of it now. */
  info(): Options.ContainerInfo {
    const [status] = inspectContainers(this.#self, [this.name], { network: true });
    if (!status) throw new TypeError('one container was asked for');
    const { name, state, running } = status;
    return {
      ...{ name, state, running },
      pid: running?.initPid ?? null,
      ipv4: addressesOf(status, 'inet'),
      ipv6: addressesOf(status, 'inet6'),
      usage: running && runningUsage(running.cgroups),
      links: linksOf(status),
      interfaces: interfaceReports(status),
      lastExit: lastExit(this.#paths),
      health: healthOf(running?.health),
      restart: status.restart ?? null,
    };
  }

  /** Its processes, by pid, with what they use; none where it does not run. Their command lines are the container's words. */
  async processes(): Promise<readonly ContainerProcess[]> {
    const running = inspectContainers(this.#self, [this.name], { network: false })[0]?.running;
    return running ? (await processesOf(running)).processes : [];
  }

  /**
   * The containers in it, `levels` deep, as tlxc-ls or lxc-ls in it tells, or its directories where it is stopped; `error`
   * says why that is not all. Throws TLXC_E_COMMAND, TLXC_E_TIMEOUT, TLXC_E_UNRESPONSIVE, TLXC_E_USAGE.
   */
  async nested({ levels = 5 }: { readonly levels?: number } = {}): Promise<Nested> {
    return nestedContainers(this.#self, this.name, nestedLimits(levels));
  }

  /**
   * Resolves once it is in one of the states, or has been since the call. Throws TLXC_E_TIMEOUT, TLXC_E_ABORTED,
   * TLXC_E_UNRESPONSIVE.
   */
  async wait(
    states: ContainerState | readonly ContainerState[],
    { timeoutMs: asked = -1, signal }: Options.StateWaitOptions = {},
  ): Promise<void> {
    const timeoutMs = milliseconds('timeoutMs', asked);
    const wanted = typeof states === 'string' ? [states] : states;
    checkStates(wanted);
    const { system } = this.#self;
    if (await waitForState({ system, paths: this.#paths, states: new Set(wanted), timeoutMs, signal }))
      return;
    if (signal?.aborted) throw this.#aborted(wanted, signal);
    const message = `it was not ${wanted.join(' or ')} within ${timeoutMs / 1000} s`;
    throw new TlxcError({
      code: 'TLXC_E_TIMEOUT',
      message,
      container: this.name,
      hint: 'allow it more time: timeoutMs',
    });
  }

  /** State changes from now until it has stopped, or the signal is aborted; none where it does not run. */
  events(options: EventOptions = {}): AsyncGenerator<ContainerEvent, void, undefined> {
    return containerEvents(this.#self, options);
  }

  /** State changes from now on, of its later runs too, until the loop is left or the signal aborted. */
  follow(options: EventOptions = {}): EventStream {
    return new EventStream(this.#self, options, (name) => name === this.name);
  }

  /**
   * Sets limits, all or none: { memory: '2G', cpus: 1.5, pids: null }; null is none. In the running container, if it runs, and
   * for its next starts, unless `where` says 'now' or 'saved'. Throws TLXC_E_BUSY where more is used than would be allowed.
   */
  set(
    limits: Readonly<Partial<Record<LimitName, string | number | null>>>,
    { where = 'both', warn = silently }: Options.SetOptions = {},
  ): Promise<void> {
    const changes = Object.entries(limits).map(([name, value]) =>
      value === null ? `${name}-` : `${name}=${value}`,
    );
    return setLimits({ ...this.#self, changes, where, warn });
  }

  /** Its limits, as they are now and from the next start on. */
  limits(): readonly LimitReport[] {
    return limitsOf(this.#self).limits;
  }

  /**
   * What its console printed and its monitor told, of all boots that are kept, and with `follow` what comes. Throws
   * TLXC_E_NOT_FOUND where there is no log, or no such boot.
   */
  logs(options: LogOptions = {}): AsyncGenerator<LogRecord, void, undefined> {
    return readLog(this.#paths, options);
  }

  /** Copies files of the host's into the container, which may run or not. Paths of the container are absolute. */
  push(sources: readonly string[], target: string, options: files.PushOptions = {}): Promise<void> {
    return files.push(this.#self, sources, target, options);
  }

  /** Copies files of the container's to the host, where they belong to the caller. */
  pull(sources: readonly string[], target: string, options: files.CopyFilesOptions = {}): Promise<void> {
    return files.pull(this.#self, sources, target, options);
  }

  /**
   * What a file of the container's holds, which may run or not. Throws TLXC_E_NOT_FOUND; TLXC_E_STORAGE where it is larger than
   * `maxBytes` (64 MiB unless given): what is large is pulled.
   */
  readFile(
    path: string,
    { maxBytes = 64 * 1024 * 1024 }: { readonly maxBytes?: number } = {},
  ): Promise<Buffer> {
    return files.readFile(this.#self, path, maxBytes);
  }

  /** Makes or replaces a file of the container's, which may run or not; it appears whole. */
  writeFile(path: string, content: string | Uint8Array, options: files.WriteFileOptions = {}): Promise<void> {
    return files.writeFile(this.#self, path, content, options);
  }

  /** Copies the stopped container: whole, or not at all. */
  async copy(newName: string, options: Options.CopyOptions = {}): Promise<Container> {
    const { lxcpath = this.#self.lxcpath } = options;
    await copyContainer(this.#copyRequest(newName, options));
    return new Container(newName, { ...this.#self, lxcpath });
  }

  /** Starts a copy-on-write copy of the stopped container that is gone when it stops (tlxc-copy -e), or is no longer used. */
  async throwaway(options: Options.ThrowawayCopyOptions = {}): Promise<ThrowawayContainer> {
    const { lxcpath: newPath = this.#self.lxcpath, mounts = [], tmpfs = false, warn = silently } = options;
    const { name = freeName({ ...this.#self, newPath }) } = options;
    const how = { mounts, tmpfs, keep: false, foreground: false, command: [] };
    const request = { ...this.#copyRequest(name, options), ...how };
    await copyAndStart(request, { warn, onCopied: () => undefined });
    return new ThrowawayContainer(name, { ...this.#self, lxcpath: newPath });
  }

  #copyRequest(newName: string, options: Options.CopyOptions) {
    const {
      lxcpath: newPath = this.#self.lxcpath,
      snapshot = false,
      backend = null,
      hookArgs = [],
    } = options;
    const { keepName = false, keepMac = false, allowRunning = false, volume = {} } = options;
    const { configFile, onStage, cloudInit } = options;
    const how = { configFile, snapshot, backend, volume, keepName, keepMac, allowRunning, hookArgs };
    return { ...this.#self, newName, newPath, ...how, cloudInit, onStage };
  }

  /** Gives the stopped container another name; this object is of the old one. */
  async rename(
    newName: string,
    { warn = silently }: Pick<Options.DestroyOptions, 'warn'> = {},
  ): Promise<Container> {
    await renameContainer({ ...this.#self, newName, warn });
    return new Container(newName, this.#self);
  }

  /**
   * Writes the container, stopped or frozen, into one file, from which Container.import makes it again: mode 0600, in place of one
   * of that name once it is whole. Throws TLXC_E_RUNNING, TLXC_E_STORAGE.
   */
  async export(file: string, options: Options.ExportOptions = {}): Promise<void> {
    const { compression = 'zstd', snapshots = false, freeze = false, onStage } = options;
    const how = { compression, snapshots, freeze, onStage };
    await exportContainer({ ...this.#self, file: file === '-' ? file : files.hostPath(file), ...how });
  }

  /** Removes a stopped container; with force it is killed first, with snapshots they go with it. */
  destroy(options: Options.DestroyOptions = {}): Promise<void> {
    const { force = false, snapshots = false, configFile, warn = silently } = options;
    return destroyContainer({ ...this.#self, force, snapshots, configFile, warn });
  }
}

/** One that is gone at the end of its `await using`: killed and destroyed, with its snapshots, if it is still there. */
export class ThrowawayContainer extends Container implements AsyncDisposable {
  readonly #throwAway: () => Promise<void>;

  /** @internal */
  constructor(name: string, options: StoreOptions) {
    super(name, options);
    const self = { name, ...placeOf(options) };
    const paths = containerPaths(self.system, self.lxcpath, name);
    // One that was made under its name since is somebody else's.
    const incarnation = existsSync(paths.dir) ? incarnationOf(paths) : '';
    const how = { force: true, snapshots: true, warn: silently, incarnation };
    this.#throwAway = () => destroyContainer({ ...self, ...how });
  }

  /** Kills and destroys it, whatever it does; that it is gone already is no error. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#throwAway().catch((error: unknown) => {
      if (!(error instanceof TlxcError && error.code === 'TLXC_E_NOT_FOUND')) throw error;
    });
  }
}
