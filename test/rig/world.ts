/**
 * A scratch world: places of its own for containers, images and sockets, and mount, network, PID and cgroup namespaces
 * of its own in which commands run. When the test ends, its containers are killed, and whatever else is left of it
 * (a process, a mount, a cgroup, an interface, a socket) fails the test.
 */
import type { ExecutionContext } from 'ava';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hold, type Holder } from './holder.ts';
import { grown, snapshot, type Snapshot } from './leaks.ts';
import { withoutProgress } from './progress-lines.ts';
import { runProcess, type Outcome, type RunOptions } from './process.ts';
import { faultsIn } from './transcript.ts';

const bin = fileURLToPath(new URL('../../bin', import.meta.url));

export interface WorldOptions {
  /** Further lines of its tlxc.conf: "tlxc.bridge.ipv4 = 10.9.0.1/24". */
  readonly settings?: readonly string[];
  /** Where its directory is made; the system's temporary directory. */
  readonly under?: string;
}

export class World {
  readonly lxcpath: string;
  readonly runDir: string;
  readonly cacheDir: string;
  readonly stateDir: string;
  /** What every command run in the world sees; TLXC_CONF names the world's settings. */
  readonly env: NodeJS.ProcessEnv;
  /** Errors of commands without an object, a reason or a remedy. */
  readonly helpless: string[] = [];
  private before: Snapshot;

  constructor(
    readonly dir: string,
    readonly holder: Holder,
    settings: readonly string[],
  ) {
    const place = (name: string): string => {
      mkdirSync(join(dir, name), { mode: 0o755 });
      return join(dir, name);
    };
    [this.lxcpath, this.runDir, this.cacheDir, this.stateDir] = [
      place('lxc'),
      place('run'),
      place('cache'),
      place('state'),
    ];
    const conf = join(dir, 'tlxc.conf');
    const places = {
      'lxc.lxcpath': this.lxcpath,
      'tlxc.rundir': this.runDir,
      'tlxc.cachedir': this.cacheDir,
      'tlxc.statedir': this.stateDir,
    };
    const written = Object.entries(places).map(([name, value]) => `${name} = ${value}`);
    writeFileSync(conf, [...written, ...settings, ''].join('\n'));
    const commands = place('bin');
    for (const file of readdirSync(bin).filter((name) => name.endsWith('.js'))) {
      symlinkSync(join(bin, file), join(commands, basename(file, '.js')));
    }
    // Not ours: npm puts node_modules/.bin there, with programs named as those of the system are.
    const path = [commands, dirname(process.execPath), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
    this.env = { PATH: path, HOME: dir, TERM: 'dumb', LANG: 'C.UTF-8', TLXC_CONF: conf };
    this.before = this.snapshot();
  }

  /** Runs a program (a tlxc command by its name, or any other) in the world. */
  run(program: string, ...args: readonly string[]): Promise<Outcome> {
    return this.runWith({}, program, ...args);
  }

  async runWith(options: RunOptions, program: string, ...args: readonly string[]): Promise<Outcome> {
    const env = { ...this.env, ...options.env };
    const label = [program, ...args].join(' ');
    // nsenter begins in the root directory.
    const inside = ['env', `--chdir=${options.cwd ?? this.dir}`, program, ...args];
    const outcome = await runProcess([...this.holder.enter, ...inside], { label, ...options, env });
    const faults = faultsIn(label, outcome);
    if (faults !== undefined) this.helpless.push(faults);
    return options.progress === true ? outcome : withoutProgress(outcome);
  }

  /** Starts a program that goes on while the test does; the caller ends it, or the end of the world. */
  spawn(program: string, ...args: readonly string[]): ChildProcessWithoutNullStreams {
    const [file = '', ...words] = [...this.holder.enter, 'env', `--chdir=${this.dir}`, program, ...args];
    return spawn(file, words, { env: this.env, stdio: 'pipe' });
  }

  /** Runs a line of shell in the world and gives its output; throws with all it said unless it exits 0. */
  async sh(line: string, options: RunOptions = {}): Promise<string> {
    const outcome = await this.runWith(options, 'sh', '-c', line);
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(`${line}: exit ${outcome.code ?? outcome.signal}\n${outcome.stdout}${outcome.stderr}`);
  }

  /** As sh; what the line makes is the world's from then on, and goes with it. */
  async furnish(line: string): Promise<void> {
    await this.sh(`set -e; ${line}`);
    this.before = this.snapshot();
  }

  /** Everything in the world that outlives a command. */
  snapshot(): Snapshot {
    return snapshot(this.holder, { runDir: this.runDir, lxcpath: this.lxcpath });
  }

  /** What the world has more than at its beginning. Waits two seconds for what is on its way out. */
  async leaks(): Promise<readonly string[]> {
    for (let attempt = 0; ; attempt++) {
      const left = grown(this.before, this.snapshot());
      if (left.length === 0 || attempt === 20) return left;
      await sleep(100);
    }
  }

  /** Where nothing has outlived its command, none is running. */
  private async stopContainers(): Promise<void> {
    if (grown(this.before, this.snapshot()).length === 0) return;
    const names = readdirSync(this.lxcpath).filter((name) => existsSync(join(this.lxcpath, name, 'config')));
    for (const name of names) await this.run('tlxc-stop', '-k', '-n', name);
  }

  /** Kills the containers, takes the bridge down, looks for what is left, ends everything. */
  async close(): Promise<readonly string[]> {
    try {
      await this.stopContainers();
      if (existsSync(join(this.runDir, 'network'))) await this.run('tlxc-net', 'stop');
      return await this.leaks();
    } finally {
      await this.holder.end();
      rmSync(this.dir, { recursive: true, force: true });
    }
  }
}

/** A world at dir, which must not exist yet. Who opens it closes it. */
export async function openWorld(dir: string, settings: readonly string[] = []): Promise<World> {
  const holder = await hold(basename(dir));
  // A container's root passes through here.
  mkdirSync(dir, { mode: 0o755 });
  return new World(dir, holder, settings);
}

/** Makes a world for this test; it ends with the test, and fails it when something is left. */
export async function makeWorld(t: ExecutionContext, options: WorldOptions = {}): Promise<World> {
  // Not by the process id, which comes again: what a killed run left behind stands in nobody's way.
  const dir = join(options.under ?? tmpdir(), `tlxc-test-${randomBytes(4).toString('hex')}`);
  const world = await openWorld(dir, options.settings);
  t.teardown(async () => {
    const left = await world.close();
    const faults = [
      ...(left.length > 0 ? [`left behind:\n${left.join('\n')}`] : []),
      ...(world.helpless.length > 0 ? [`errors that leave people alone:\n${world.helpless.join('')}`] : []),
    ].join('\n');
    if (faults === '') return;
    if (t.passed) throw new Error(faults);
    t.log(faults);
  });
  return world;
}
