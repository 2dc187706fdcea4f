/** ContainerConfig + host facts -> StartPlan. Pure: no I/O, equal inputs give equal plans. */
import type { ContainerConfig } from '../config/model.ts';
import { bytes } from '../config/values/cgroup-numbers.ts';
import { TlxcError } from '../errors.ts';
import { countOf, inOrder, type Problem } from '../problem.ts';
import { bridgeMembers, type BridgeMember } from './bridge-members.ts';
import { compileAttributes } from './attributes.ts';
import { compileCgroups } from './cgroup.ts';
import { compileClocks } from './clocks.ts';
import { compileDevices } from './devices.ts';
import { compileForwards } from './forwards.ts';
import { compileHealth } from './health.ts';
import { compileHooks } from './hooks.ts';
import { compileIdmap } from './idmap.ts';
import { compileInit } from './init.ts';
import { Findings, originOf, type Compilation, type StartFiles, type StartInput } from './input.ts';
import { compileProtection, compileTree } from './mounts.ts';
import { checkNamespaces, compileNamespaces, withSharedIds } from './namespaces.ts';
import { compileInterfaces } from './network.ts';
import { compileRootfs } from './rootfs.ts';
import { compileSecurity } from './security.ts';
import { compileSignals } from './signals.ts';
import { compileHostname, compileSysctls } from './sysctls.ts';
import { compileTerminals } from './terminals.ts';
import type { StartPlan } from './types.ts';
import { compileUser } from './user.ts';

export type { StartFiles, StartInput, StartOptions } from './input.ts';

/** schema.ts's PLAN_VERSION, not imported from there: the schema's library has no place in a command. */
const VERSION = 1;
/** The end of an ephemeral container: its destroy hooks, and a large root filesystem. */
const DESTROY_MS = 600_000;
/** LXC's level where no lxc.log.level is set. */
const LOG_LEVEL = 'ERROR';

export interface CompiledStart {
  readonly plan: StartPlan;
  /** Sentences with their place (FILE:LINE: …): what was written has no or another effect on this host; the loader's first. */
  readonly warnings: readonly string[];
  /** Its interfaces on TLXC's own bridge: what DHCP and DNS there are told. */
  readonly members: readonly BridgeMember[];
}

/** What the settings of TLXC's bridge have against its new members; they are not the compiler's to know. */
export type CheckMembers = (members: readonly BridgeMember[]) => readonly Problem[];

/** Throws TLXC_E_CONFIG with every problem at once. */
export function compileStartPlan(input: StartInput, checkMembers: CheckMembers = () => []): CompiledStart {
  const { mistakes } = input;
  const findings = new Findings(mistakes);
  const config = withSharedIds(input.config, input.options.share.user);
  const compilation = { ...input, config, findings };
  const plan = compilePlan(compilation);
  const members = bridgeMembers(compilation);
  findings.problems.push(...checkMembers(members));
  if (findings.problems.length > 0)
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      // Where only this host is in the way, it is said so.
      message: mistakes?.problems.length
        ? countOf(findings.problems)
        : 'the container cannot be started as it is configured',
      container: input.config.name,
      problems: inOrder(findings.problems),
    });
  const warnings = [...input.config.warnings, ...findings.warnings];
  return { plan, warnings, members };
}

function compilePlan(compilation: Compilation): StartPlan {
  const { config, options, files } = compilation;
  const { name, lxcpath, configFile } = config;
  checkNamespaces(compilation);
  const { created, shared } = compileNamespaces(compilation);
  return {
    version: VERSION,
    name,
    lxcpath,
    runDir: options.runDir,
    configFile,
    inputs: inputsOf(config, files),
    logFile: options.logFile ?? config.log.file?.value ?? '',
    logLevel: (options.logLevel ?? config.log.level?.value ?? LOG_LEVEL).toUpperCase(),
    logFacility: facility(config.log.syslog?.value),
    journal: compileJournal(compilation),
    monitor: compileMonitor(compilation),
    hooks: compileHooks(compilation),
    namespaces: created,
    shared,
    clockOffsets: compileClocks(compilation),
    idmap: compileIdmap(compilation),
    user: compileUser(compilation),
    cgroups: compileCgroups(compilation),
    rootfs: compileRootfs(compilation),
    hostname: compileHostname(compilation),
    tree: compileTree(compilation),
    devices: compileDevices(compilation),
    terminals: compileTerminals(compilation),
    protect: compileProtection(compilation),
    interfaces: compileInterfaces(compilation),
    forwards: compileForwards(compilation),
    sysctls: compileSysctls(compilation),
    ...compileAttributes(compilation),
    security: compileSecurity(compilation),
    signals: compileSignals(compilation),
    ...compileCommands(compilation),
    restore: null,
  };
}

/** What is executed in it. */
function compileCommands(compilation: Compilation): Pick<StartPlan, 'init' | 'health'> {
  const init = compileInit(compilation);
  return { init, health: compileHealth(compilation, init) };
}

/** Every file that the plan was made of. */
function inputsOf({ inputs }: ContainerConfig, { seccompProfile }: StartFiles): StartPlan['inputs'] {
  const policy = seccompProfile && 'input' in seccompProfile ? [seccompProfile.input] : [];
  return [...inputs, ...policy].map((file) => ({ ...file }));
}

/** As syslog(3) counts them: the kernel's interface has had these numbers since it was BSD's. */
function facility(name: string | undefined): number {
  if (name === undefined) return 0;
  return name.toLowerCase() === 'daemon' ? 3 << 3 : (16 + Number(name.slice(-1))) << 3;
}

/** tlxc.log.size and tlxc.log.files; what is not defined has no place for one. */
function compileJournal({ options, system: { settings } }: Compilation): StartPlan['journal'] {
  const size = Number(bytes(settings['tlxc.log.size'] ?? '0'));
  const directory = size > 0 ? (options.logDir ?? '') : '';
  return { directory, size, files: Number(settings['tlxc.log.files'] ?? 1) };
}

function compileMonitor(compilation: Compilation): StartPlan['monitor'] {
  const { config, options, findings } = compilation;
  const { ephemeral } = config;
  const destroy = options.destroy ?? [];
  if (ephemeral && destroy.length === 0)
    findings.warn(
      ephemeral.at,
      `${config.name} is not defined in ${config.lxcpath}: nothing is destroyed when it stops`,
    );
  return {
    unshare: config.monitor.unshare,
    afterStop:
      destroy.length > 0
        ? [{ argv: [...destroy], timeoutMs: DESTROY_MS, origin: originOf(ephemeral?.at) }]
        : [],
    removeAtEnd: bridgeMembers(compilation).length > 0 ? [options.dnsRecord] : [],
    pidFile: options.pidFile ?? '',
    foreground: options.foreground,
    restart: options.restart ?? null,
    title: `[tlxc monitor] ${config.lxcpath} ${config.name}`,
  };
}
