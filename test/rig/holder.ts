/** The process that holds a world's namespaces, and the cgroups it lives in. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('world.sh', import.meta.url));

export interface Holder {
  /** Of the world's PID 1, as the test sees it. */
  readonly pid: number;
  /** The world's group in every hierarchy. */
  readonly groups: readonly string[];
  /** What goes before a command's argv to run it in the world. */
  readonly enter: readonly string[];
  /** Ends every process of the world and removes its groups. */
  end(): Promise<void>;
}

/** A cgroup hierarchy as it is mounted on this host. */
interface Hierarchy {
  readonly type: 'cgroup' | 'cgroup2';
  readonly point: string;
  /** What names it: "cpu,cpuacct", "name=systemd"; nothing for v2. */
  readonly words: string;
}

/** Options that were said by whoever mounted it, and are none of the hierarchy's own. */
const MOUNTER =
  /^(rw|ro|nosuid|nodev|noexec|relatime|noatime|seclabel|xattr|clone_children|release_agent=.*|nsdelegate|memory_recursiveprot|favordynmods)$/;

/** All cgroup hierarchies. */
function findHierarchies(): Hierarchy[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, point = '', type, options = ''] = line.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const words = options.split(',').filter((word) => !MOUNTER.test(word));
    return [{ type, point, words: words.join(',') }];
  });
}

function makeGroup(parent: string, name: string): string {
  const group = join(parent, name);
  mkdirSync(group);
  // A new v1 cpuset has no processors and takes no process until it is given some.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(join(parent, file)) || existsSync(join(parent, 'cgroup.controllers'))) continue;
    writeFileSync(join(group, file), readFileSync(join(parent, file)));
  }
  return group;
}

/** Groups and everything below them, however deep; the kernel needs a moment after the last process. */
async function removeGroups(groups: readonly string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const left = groups.filter((group) => existsSync(group));
    if (left.length === 0) return;
    const { stderr } = spawnSync('find', [...left, '-depth', '-type', 'd', '-delete'], { encoding: 'utf8' });
    if (attempt > 100) throw new Error(`groups cannot be removed: ${stderr}`);
    if (attempt > 0) await sleep(20);
  }
}

function firstChild(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

async function ready(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the world could not be made (${code}): ${said}`)));
  });
  child.removeAllListeners('exit');
}

/** Once unshare's own process has left the v2 group for its child too, the group may hand its controllers down. */
function delegate(group: string, unshare: number): void {
  if (!existsSync(join(group, 'rig'))) return;
  writeFileSync(join(group, 'rig/cgroup.procs'), String(unshare));
  const controllers = readFileSync(join(group, 'cgroup.controllers'), 'utf8').split(/\s+/).filter(Boolean);
  const all = controllers.map((controller) => `+${controller}`).join(' ');
  writeFileSync(join(group, 'cgroup.subtree_control'), all);
}

/** Enters the groups of the world by name from outside, then its namespaces; the v2 one is its child "rig". */
function enterScript(groups: readonly string[]): string {
  const procs = groups.map((group) =>
    join(group, existsSync(join(group, 'rig')) ? 'rig' : '', 'cgroup.procs'),
  );
  return `for f in ${procs.join(' ')}; do echo $$ > $f || exit 125; done; exec "$@"`;
}

/** Throws with the reason when the host refuses a step. */
export async function hold(name: string): Promise<Holder> {
  const hierarchies = findHierarchies();
  const groups = hierarchies.map(({ point }) => makeGroup(point, name));
  const join_ = groups.map((group) => `echo $$ > ${join(group, 'cgroup.procs')}`).join('; ');
  const namespaces = ['--mount', '--net', '--pid', '--cgroup', '--fork', '--kill-child'];
  const mounts = hierarchies.flatMap(({ type, point, words }) => [type, point, words]);
  const line = `${join_}; exec unshare ${namespaces.join(' ')} sh ${script} "$@"`;
  const child = spawn('setpriv', ['--pdeathsig=KILL', 'sh', '-ec', line, 'world', ...mounts], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = async (): Promise<void> => {
    const exited =
      child.exitCode !== null ? undefined : new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    await removeGroups(groups);
  };
  try {
    await ready(child);
    for (const group of groups) delegate(group, child.pid ?? 0);
  } catch (error) {
    await end();
    throw error;
  }
  const pid = firstChild(child.pid ?? 0);
  const nsenter = ['nsenter', `--target=${pid}`, '--mount', '--net', '--pid', '--cgroup'];
  return { pid, groups, end, enter: ['sh', '-c', enterScript(groups), 'enter', ...nsenter, '--'] };
}
