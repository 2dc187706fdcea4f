/** Starts a container: its configuration becomes a plan, the plan goes to a new monitor. */
import { existsSync } from 'node:fs';
import { readContainerConfig, refuseProblems, type ReadConfig } from '../../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import { withLines } from '../../config/locate.ts';
import { isSpent, readConfigFile } from '../../config/read-file.ts';
import type { Environment } from '../../environment.ts';
import { errnoName } from '../../errno.ts';
import type { OnStage } from '../../gauge.ts';
import { TlxcError } from '../../errors.ts';
import type { HostFacts } from '../../host/facts.ts';
import { findDevices } from '../../host/devices.ts';
import { findLxcfs } from '../../host/lxcfs.ts';
import { liesOnShared } from '../../host/mounts.ts';
import { probeHost } from '../../host/probe.ts';
import { askMonitor } from '../../monitor/client.ts';
import { native } from '../../native/binding.ts';
import type { StartFiles, StartOptions as PlanOptions } from '../../plan/input.ts';
import { nativeFile } from '../../package-root.ts';
import { wantsGuestSystemd } from '../../plan/cgroup-mounts.ts';
import { wantsLxcfs } from '../../plan/lxcfs.ts';
import { removeFile } from '../../remove-file.ts';
import { attachRootfs, lacksDevice } from '../../storage/attach.ts';
import { compileStartPlan, type CompiledStart, type StartInput } from '../../plan/start-plan.ts';
import { destroyCommand } from '../ephemeral.ts';
import { readCredentials } from './credentials.ts';
import { guestSystemd } from './guest-systemd.ts';
import type { StartPlan } from '../../plan/types.ts';
import { launchMonitor, type LaunchCallbacks, type Started } from './launch.ts';
import { provideBridge } from '../network/bridge.ts';
import { likelyCauses } from '../doctor.ts';
import { withLock } from '../lock.ts';
import { makeRoom } from './make-room.ts';
import { checkPidFile } from './pid-file.ts';
import { checkLeases, tellNames } from '../network/bridge-names.ts';
import { notDefined, refuseMissing } from '../not-defined.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { recover } from '../recover.ts';
import { dropRestart, restartDone, restartPolicy, restartsUpTo } from '../restart.ts';
import { readImages } from '../image/rootfs-image.ts';
import { findShared, type ShareOption } from './shared-namespaces.ts';
import { scopeFor, type Scope } from '../scope.ts';
import { withStaticAddresses } from '../network/static-addresses.ts';
import { runningHint } from './failure.ts';
import { sweepDead } from '../sweep.ts';
import { unresponsive } from '../unresponsive.ts';

export interface StartRequest extends Partial<
  Omit<PlanOptions, 'runDir' | 'share' | 'destroy' | 'restart' | 'proxyProgram' | 'enterProgram'>
> {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** Instead of LXCPATH/NAME/config, which then need not exist. */
  readonly configFile?: string | undefined;
  /** Lines KEY=VALUE that count after those of the file, for this start alone: ['lxc.cgroup2.memory.max=512M']. */
  readonly defines?: readonly string[];
  /** Namespaces that it joins: a running container's name, a pid, or the path of a namespace file: { net: 'u2' }. */
  readonly share?: Readonly<Partial<Record<ShareOption, string>>>;
  readonly environment: Environment;
  /** This process was run to start it again (tlxc.restart): not where that has been cancelled meanwhile. */
  readonly isRestart?: boolean;
}

export interface StartCallbacks {
  /** Something a person should know that does not stop the start. */
  readonly warn?: (text: string) => void;
  /** Looks at the plan before anything is done, and may throw. */
  readonly check?: (plan: StartPlan) => void;
  /** What is done to the plan last. */
  readonly finish?: ((plan: StartPlan) => StartPlan) | undefined;
  /** The container ends with who has this (LaunchCallbacks). */
  readonly own?: LaunchCallbacks['own'];
  readonly onStage?: OnStage;
}

function readConfig(request: StartRequest, paths: ContainerPaths): ReadConfig {
  const configFile = request.configFile ?? paths.config;
  if (request.configFile === undefined && !existsSync(configFile))
    throw notDefined(paths, 'No container config specified');
  const { name, lxcpath, defines = [], environment } = request;
  return readContainerConfig({ name, lxcpath, configFile, overrides: defines, environment });
}

/** LXC's words, with what is missing. */
function whyNoCoreScheduling(): string {
  const errno = native().coreScheduling();
  if (errno === 0) return '';
  const missing = errnoName(errno) === 'ENODEV' ? 'no core here runs two threads (SMT)' : 'CONFIG_SCHED_CORE';
  return `the kernel does not support core scheduling (${missing})`;
}

function readProfile({ seccomp }: ContainerConfig): StartFiles['seccompProfile'] {
  if (seccomp.profile === undefined) return undefined;
  const { value: path } = seccomp.profile;
  try {
    return { path, ...readConfigFile(path) };
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    return { why: error.message };
  }
}

/** The compiler reads no file: the lines of what it refuses are looked up here. */
function compile(input: StartInput, { lineOf }: ReadConfig): CompiledStart {
  try {
    return compileStartPlan(input, (members) => checkLeases(members, input.system));
  } catch (error) {
    throw error instanceof TlxcError ? withLines(error, lineOf) : error;
  }
}

function readTunnel({ autoMounts }: ContainerConfig): boolean | undefined {
  const tunnel = autoMounts.map(({ value }) => value).find((mount) => mount.what === 'shmounts');
  return tunnel && existsSync(tunnel.host) ? liesOnShared(tunnel.host) : undefined;
}

function commandLineOf({ foreground = false, consolePath, consoleLog, ...request }: StartRequest) {
  const { pidFile, logFile, logLevel, command, initProgram } = request;
  return { foreground, consolePath, consoleLog, pidFile, logFile, logLevel, command, initProgram };
}

/** Of a configuration with mistakes these are told: mended, it may share something else, or nothing. */
function shareOf(request: StartRequest, { config, mistakes, lineOf }: ReadConfig): PlanOptions['share'] {
  try {
    return findShared({ config, system: request.system, fromCommandLine: request.share ?? {} });
  } catch (error) {
    refuseProblems(config, mistakes, lineOf);
    throw error;
  }
}

const oncePiped = (name: string, path: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: `tlxc.restart starts it again by its configuration, and that came out of a pipe, ${path}`,
    container: name,
    path,
    hint: 'give a file, or take tlxc.restart out (-s tlxc.restart=no)',
  });

/** Not of what somebody sits before and waits for, or tlxc-execute runs. */
function restartOf(
  request: StartRequest,
  config: ContainerConfig,
  paths: ContainerPaths,
): PlanOptions['restart'] {
  if (request.foreground === true || request.initProgram !== undefined) return null;
  if (config.restart.policy !== 'no' && request.configFile !== undefined && isSpent(request.configFile))
    throw oncePiped(request.name, request.configFile);
  return restartPolicy(config, paths, { ...request, count: request.isRestart ? restartsUpTo(paths) : 0 });
}

/** Compiles what a start would do and starts nothing. Throws TLXC_E_CONFIG with everything that is wrong. */
export function planStart(request: StartRequest, host: HostFacts = probeHost()): CompiledStart {
  const paths = containerPaths(request.system, request.lxcpath, request.name);
  return planRead(request, readConfig(request, paths), host);
}

function planRead(request: StartRequest, read: ReadConfig, host: HostFacts): CompiledStart {
  const paths = containerPaths(request.system, request.lxcpath, request.name);
  const { config, mistakes } = read;
  checkPidFile(request.pidFile);
  const options = {
    ...commandLineOf(request),
    runDir: paths.runDir,
    logDir: existsSync(paths.dir) ? paths.logDir : undefined,
    dnsRecord: paths.dnsRecord,
    share: shareOf(request, read),
    noCoreScheduling: config.coreScheduling ? whyNoCoreScheduling() : '',
    proxyProgram: nativeFile('tlxc-proxy'),
    enterProgram: nativeFile('tlxc-enter'),
    destroy: config.ephemeral && destroyCommand(paths),
    restart: restartOf(request, config, paths),
    environment: request.environment,
  };
  const files = {
    seccompProfile: readProfile(config),
    credentials: readCredentials(read),
    imageFilesystems: readImages(config),
    tunnelIsShared: readTunnel(config),
    devices: findDevices(config.devices.map(({ value }) => value.device)),
    lxcfs: wantsLxcfs(config) ? findLxcfs() : undefined,
    guestSystemd:
      request.command === undefined && wantsGuestSystemd(config) ? guestSystemd(config) : undefined,
  };
  return compile({ config, mistakes, host, system: request.system, options, files }, read);
}

/** Throws TLXC_E_RUNNING or TLXC_E_UNRESPONSIVE unless the container is stopped. */
function checkStopped(paths: ContainerPaths): void {
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind === 'stopped') return;
  const container = paths.name;
  if (result.kind === 'answer') {
    const hint = runningHint(container);
    throw new TlxcError({ code: 'TLXC_E_RUNNING', message: 'Container is already running', container, hint });
  }
  throw unresponsive(container, result);
}

/** The error, and what the host lacks that may explain it. */
function withLikelyCauses(error: unknown, request: StartRequest): unknown {
  if (!(error instanceof TlxcError)) return error;
  const findings = likelyCauses(request);
  return findings.length === 0 ? error : new TlxcError({ ...error.details, findings });
}

/** A generated AppArmor profile is the monitor's to remove once there is one, which then does so whatever happens. */
async function launchConfined(
  plan: StartPlan,
  callbacks: LaunchCallbacks,
  scope: Scope | null,
): Promise<Started> {
  const { apparmorGenerated } = plan.security;
  if (apparmorGenerated === null) return launchMonitor(plan, callbacks, scope && scope.take);
  const { loadProfile, unloadProfile } = await import('./apparmor.ts');
  loadProfile(plan);
  return launchMonitor(plan, callbacks).catch((error: unknown) => {
    unloadProfile(apparmorGenerated);
    throw error;
  });
}

/**
 * Starts the container and resolves when its init has been executed. Throws TLXC_E_RUNNING when it runs already, and the
 * failed step as TlxcError otherwise; nothing is left behind then.
 */
export async function startContainer(
  request: StartRequest,
  callbacks: StartCallbacks = {},
): Promise<Started> {
  const { warn = () => undefined, finish = (plan: StartPlan) => plan, own } = callbacks;
  const paths = containerPaths(request.system, request.lxcpath, request.name);
  await recover(paths, request.system, callbacks.onStage);
  checkStopped(paths);
  const scope = scopeFor(request.name, probeHost(), request.environment);
  const read = readConfig(request, paths);
  if (lacksDevice(read.config)) {
    refuseProblems(read.config, read.mistakes, read.lineOf);
    await withLock(paths, () => attachRootfs(read.config, request.system));
  }
  const { plan, warnings, members } = planRead(request, read, scope?.host ?? probeHost());
  warnings.forEach(warn);
  callbacks.check?.(plan);
  return withLock(paths, async () => {
    // Again: one that was on its way may run by now, or be gone.
    checkStopped(paths);
    if (plan.configFile === paths.config) refuseMissing(paths);
    if (request.isRestart) restartsUpTo(paths);
    else dropRestart(paths);
    await sweepDead(paths);
    makeRoom(plan, probeHost());
    await provideBridge(plan, request, warn);
    const named = { system: request.system, paths, configFile: plan.configFile, members };
    await tellNames(named, warn);
    const launched = finish(withStaticAddresses(plan, named));
    const started = await launchConfined(launched, { warn, own }, scope).catch((error: unknown) => {
      removeFile(paths.dnsRecord);
      throw withLikelyCauses(error, request);
    });
    restartDone(paths);
    return started;
  });
}
