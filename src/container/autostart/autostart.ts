/** Which containers a boot or a shutdown of the host is about, and what is done to each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { glanceAt } from '../../config/glance.ts';
import { loadContainerConfig, readContainerConfig } from '../../config/load.ts';
import { withLines } from '../../config/locate.ts';
import type { Sourced, SystemConfig } from '../../config/model.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError, type ErrorCode } from '../../errors.ts';
import { askMonitors } from '../../monitor/client.ts';
import { countOf } from '../../problem.ts';
import { atMost } from './at-once.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import type { Condition } from '../readiness/condition.ts';
import { pendingRestart } from '../restart.ts';
import {
  afterProblems,
  autostartOrder,
  phasesOf,
  isEnd,
  needing,
  type AutostartSelection,
  type Candidate,
} from './order.ts';
import { startContainer } from '../start/start.ts';
import { stopContainer } from '../stop/stop.ts';
import { listContainers } from '../store.ts';

export interface AutostartRequest extends AutostartSelection {
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** Every value of every configuration is looked at, and not only those that decide what is done. */
  readonly thorough?: boolean;
  /** Of a shutdown, after which it is killed, or of a reboot; 0: send the signal and go on, -1: wait for ever. */
  readonly timeoutMs: number;
  readonly environment: Environment;
  /** What each container that is started is waited for: those that come after it start then. */
  readonly wait?: { readonly conditions: readonly Condition[]; readonly timeoutMs?: number } | null;
  /** Of those that others come after, without `wait`; 90,000 unless given, -1: for ever. */
  readonly readyTimeoutMs?: number;
}

export interface Failed {
  readonly name: string;
  readonly error: TlxcError;
}

export interface AutostartPlan {
  /** How many containers the store has, concerned or not. */
  readonly defined: number;
  /** In order; only those that are not yet as the action wants them. A phase waits for all of the one before. */
  readonly phases: readonly (readonly Candidate[])[];
  /** All of the store that could be read. */
  readonly containers: readonly Candidate[];
  /** Mistakes in configurations that keep no container from being stopped: a sentence each. */
  readonly warnings: readonly { readonly name: string; readonly text: string }[];
  /** Why containers are not among them that cannot be looked at, or whose tlxc.start.after cannot be done. */
  readonly failures: readonly Failed[];
}

/** What is wrong in its configuration, and does not keep it from being stopped. */
interface Doubtful {
  readonly doubts: readonly string[];
}

interface Store {
  readonly names: readonly string[];
  readonly containers: readonly (Candidate & Doubtful)[];
  readonly failures: readonly Failed[];
}

/**
 * To stop a container nothing of its configuration is needed but where it stands in the order: mistakes are warnings then. A file that
 * cannot be read at all leaves what stands there where nothing is set.
 */
function readForEnd(name: string, { lxcpath, system, environment }: AutostartRequest): Candidate & Doubtful {
  const configFile = containerPaths(system, lxcpath, name).config;
  try {
    const { config, mistakes } = readContainerConfig({ name, lxcpath, configFile, environment });
    return { ...config, doubts: mistakes.problems.map(String) };
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    const start = { auto: false, delay: 0, order: 0, after: [], hasHealth: false };
    return {
      name,
      start,
      groups: [],
      doubts: [error.message, ...(error.details.problems ?? []).map(String)],
    };
  }
}

function readStore(request: AutostartRequest): Store {
  const { lxcpath, system, environment, action } = request;
  const failures: Failed[] = [];
  const names = listContainers(lxcpath);
  if (isEnd(action)) return { names, failures, containers: names.map((name) => readForEnd(name, request)) };
  const containers = names.flatMap((name): (Candidate & Doubtful)[] => {
    const configFile = containerPaths(system, lxcpath, name).config;
    const glance = request.thorough ? null : glanceAt({ configFile, environment });
    if (glance) return [{ name, ...glance, doubts: [] }];
    try {
      return [{ ...loadContainerConfig({ name, lxcpath, configFile, environment }), doubts: [] }];
    } catch (error) {
      if (!(error instanceof TlxcError)) throw error;
      failures.push({ name, error });
      return [];
    }
  });
  return { names, containers, failures };
}

/** Those of which a monitor says that they run, or says nothing though it is there; at an end also those that would be started again. */
function runningOf(
  names: readonly string[],
  { system, lxcpath, action }: AutostartRequest,
): ReadonlySet<string> {
  const places = names.map((name) => containerPaths(system, lxcpath, name));
  const answers = askMonitors(places, { op: 'info' });
  const counts = (place: ContainerPaths, index: number) =>
    answers[index]?.kind !== 'stopped' || (isEnd(action) && pendingRestart(place) !== null);
  return new Set(places.filter(counts).map(({ name }) => name));
}

function refused(one: Candidate, { names, containers }: Store): Failed[] {
  const byName = new Map(containers.map((each) => [each.name, each]));
  const problems = afterProblems(one, byName, names);
  if (problems.length === 0) return [];
  const details = { message: countOf(problems), container: one.name, problems };
  return [{ name: one.name, error: withLines(new TlxcError({ code: 'TLXC_E_CONFIG', ...details })) }];
}

/** Looks at the containers of the store and changes nothing. */
export function planAutostart(request: AutostartRequest): AutostartPlan {
  const { action } = request;
  const store = readStore(request);
  const order = autostartOrder(store.containers, request);
  const names = order.map(({ container }) => container.name);
  const running = runningOf(names, request);
  const concerned = order.filter(({ container }) => running.has(container.name) === (action !== 'start'));
  const refusals = action === 'start' ? concerned.flatMap(({ container }) => refused(container, store)) : [];
  const left = concerned.filter(({ container }) => !refusals.some(({ name }) => name === container.name));
  return {
    defined: store.names.length,
    phases: phasesOf(left, action),
    containers: store.containers,
    warnings: left.flatMap(({ container: { name, doubts } }) => doubts.map((text) => ({ name, text }))),
    failures: [...store.failures, ...refusals],
  };
}

interface Wait extends NonNullable<AutostartRequest['wait']> {
  /** Nobody said that it has to be so: not every init lets it be seen when it has booted. */
  readonly otherwise?: 'go-on';
}

async function waitFor(
  name: string,
  { lxcpath, system, environment }: AutostartRequest,
  wait: Wait,
  warn: (text: string) => void,
): Promise<void> {
  const { DEFAULT_WAIT_MS, waitForConditions } = await import('../readiness/wait-for.ts');
  const { conditions, timeoutMs = DEFAULT_WAIT_MS } = wait;
  const paths = containerPaths(system, lxcpath, name);
  const waiting = waitForConditions({ paths, caller: environment, conditions, timeoutMs, warn });
  await waiting.catch((error: unknown) => {
    const goesOn =
      wait.otherwise === 'go-on' && error instanceof TlxcError && error.code === 'TLXC_E_TIMEOUT';
    if (!goesOn) throw error;
    warn(`${error.message}: those that come after it are started (tlxc.start.ready says what they wait for)`);
  });
}

/** Somebody else was quicker: it is as it should be. */
const unless =
  (code: ErrorCode) =>
  (error: unknown): void => {
    if (!(error instanceof TlxcError) || error.code !== code) throw error;
  };

/** What is done to one container, without waiting for anything else. Throws the TlxcError of what failed. */
async function act(name: string, request: AutostartRequest, warn: (text: string) => void): Promise<void> {
  const { lxcpath, system, environment, action, timeoutMs } = request;
  const which = { name, lxcpath, system, environment };
  if (action === 'start') {
    await startContainer(which, { warn }).catch(unless('TLXC_E_RUNNING'));
  } else if (action === 'reboot') await stopContainer({ ...which, how: 'reboot', timeoutMs, escalate: true });
  else {
    const how = action === 'kill' ? 'kill' : 'halt';
    await stopContainer({ ...which, how, timeoutMs, escalate: true, warn }).catch(
      unless('TLXC_E_NOT_RUNNING'),
    );
  }
}

/** A start keeps a processor busy; a stop waits for the container. */
const AT_ONCE = { start: 8, reboot: 64, shutdown: 64, kill: 64 } as const;

export interface AutostartEvents {
  readonly warn: (text: string, name: string) => void;
  readonly done: (name: string, milliseconds: number) => void;
  readonly failed: (name: string, error: TlxcError) => void;
}

/** Why a container is not started: what it needs does not run, or does not work, because of `first`, which may be that itself. */
function lacking({ name }: Candidate, { value: needed, at }: Sourced<string>, first: string): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_NOT_RUNNING',
    message: `not started: it comes after ${needed}, which is not ready${first === needed ? '' : `, because of ${first}`}`,
    container: name,
    where: at,
    hint: `mend ${first}, as is said of it; tlxc-start -n ${name} starts it all the same`,
  });
}

/** A plan while it is performed. */
class Run {
  readonly #plan: AutostartPlan;
  /** Of each the one whose own failure is the reason. */
  readonly #failed: Map<string, string>;
  /** Settled when nothing has to wait for the container any more. */
  readonly #settled = new Map<string, Promise<void>>();
  readonly #slot: ReturnType<typeof atMost>;

  constructor(
    plan: AutostartPlan,
    private readonly request: AutostartRequest,
    private readonly events: AutostartEvents,
  ) {
    this.#plan = plan;
    this.#failed = new Map(plan.failures.map(({ name }) => [name, name]));
    this.#slot = atMost(AT_ONCE[request.action]);
  }

  async perform(phase: readonly Candidate[]): Promise<void> {
    // What one waits for stands before it.
    for (const one of phase) this.#settled.set(one.name, this.#handle(one, phase));
    await this.#all(phase.map(({ name }) => name));
  }

  async #all(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#settled.get(name) ?? Promise.resolve()));
  }

  /** What it needs, or at a stop those of the phase that need it. */
  #awaited(one: Candidate, phase: readonly Candidate[]): readonly string[] {
    if (!isEnd(this.request.action)) return one.start.after.map(({ value }) => value);
    // Also by way of those that are not stopped here.
    const dependants = needing(one, this.#plan.containers);
    return phase.filter((each) => dependants.has(each.name)).map(({ name }) => name);
  }

  async #handle(one: Candidate, phase: readonly Candidate[]): Promise<void> {
    const { request, events } = this;
    await this.#all(this.#awaited(one, phase));
    const lacks = request.action === 'start' && one.start.after.find(({ value }) => this.#failed.has(value));
    if (lacks) {
      const first = this.#failed.get(lacks.value) ?? lacks.value;
      this.#fail(one.name, lacking(one, lacks, first), first);
      return;
    }
    const begin = performance.now();
    try {
      const warn = (text: string): void => events.warn(text, one.name);
      await this.#slot(() => act(one.name, request, warn));
      // Others may start meanwhile: it is those that come after it who wait.
      const wait = request.action === 'start' ? this.#waitOf(one) : null;
      if (wait) await waitFor(one.name, request, wait, warn);
    } catch (error) {
      this.#fail(one.name, error);
      return;
    }
    events.done(one.name, performance.now() - begin);
    const { delay } = one.start;
    if (delay > 0 && (request.action === 'start' || request.action === 'reboot')) await sleep(delay * 1000);
  }

  /** Of one that others here come after: they are told that it can be used. */
  #waitOf({ name, start }: Candidate): Wait | null {
    if (this.request.wait) return this.request.wait;
    const isNeeded = this.#plan.phases
      .flat()
      .some((other) => other.start.after.some(({ value }) => value === name));
    if (!isNeeded) return null;
    const { readyTimeoutMs: timeoutMs } = this.request;
    const time = timeoutMs === undefined ? {} : { timeoutMs };
    if (start.ready !== undefined) return { conditions: start.ready, ...time };
    const kind = start.hasHealth ? 'healthy' : 'ready';
    return { conditions: [{ kind }], ...time, otherwise: 'go-on' };
  }

  #fail(name: string, error: unknown, first = name): void {
    if (!(error instanceof TlxcError)) throw error;
    this.#failed.set(name, first);
    this.events.failed(name, error);
  }
}

/** Performs a plan. What fails is told, and keeps nobody from being started but those that need it. */
export async function autostart(
  plan: AutostartPlan,
  request: AutostartRequest,
  events: AutostartEvents,
): Promise<void> {
  const run = new Run(plan, request, events);
  for (const phase of plan.phases) await run.perform(phase);
}
