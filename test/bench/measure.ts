/** The measurements; run.ts runs this in a scratch world. */
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busyboxSignals, makeBusyboxRootfs } from '../rig/busybox.ts';
import { median, run, sample, type Step } from './sample.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, containers: { type: 'string', default: '20' } },
});
const rounds = Number(values.rounds);
const containers = Number(values.containers);
/** Both tools run the same containers, each in its own copy of the store. */
const home = process.env['HOME'] ?? '';
const stores = { tlxc: join(home, 'tlxc'), lxc: join(home, 'lxc-own') } as const;
type Tool = keyof typeof stores;
const tools = ['tlxc', 'lxc'] as const;

const command = (tool: Tool, name: string, ...args: readonly string[]): string[] => [
  `${tool}-${name}`,
  '-P',
  stores[tool],
  ...args,
];

function addContainer(tool: Tool, name: string, further: readonly string[] = []): void {
  const rootfs = join(stores[tool], name, 'rootfs');
  makeBusyboxRootfs(rootfs);
  const lines = [
    `lxc.rootfs.path = dir:${rootfs}`,
    `lxc.uts.name = ${name}`,
    'lxc.mount.auto = proc:mixed sys:ro',
  ];
  const config = [...lines, 'lxc.net.0.type = empty', ...busyboxSignals, ...further];
  appendFileSync(join(stores[tool], name, 'config'), config.map((line) => `${line}\n`).join(''));
}

const bare: Step = { name: 'node', argv: [process.execPath, '-e', '0'] };

function print(what: string, ours: number, theirs: number, unit: string): void {
  const columns = [ours, theirs].map((value) => `${value.toFixed(1).padStart(9)} ${unit}`);
  console.log(`${what.padEnd(44)}${columns.join('')}${(ours / theirs).toFixed(2).padStart(9)}`);
}

/** A line for the whole command and one with Node's own start-up taken off. */
function compare(what: string, ours: Step, theirs: Step, count = rounds): void {
  const medians = sample([bare, ours, theirs], count);
  const [node = 0, tlxc = 0, lxc = 0] = [bare, ours, theirs].map(({ name }) => medians.get(name));
  print(what, tlxc, lxc, 'ms');
  print(`  without node -e 0 (${node.toFixed(1)} ms)`, tlxc - node, lxc, 'ms');
}

function step(tool: Tool, argv: readonly string[], after?: readonly string[]): Step {
  return { name: tool, argv, ...(after ? { after } : {}) };
}

function compareStart(): void {
  const pair = tools.map((tool) =>
    step(tool, command(tool, 'start', '-n', 'b1'), command(tool, 'stop', '-k', '-n', 'b1')),
  );
  compare('start of a busybox container', pair[0] as Step, pair[1] as Step);
}

function compareWithRunning(): void {
  for (const tool of tools) run(command(tool, 'start', '-n', 'b1'));
  const attach = tools.map((tool) => step(tool, command(tool, 'attach', '-n', 'b1', '--', 'true')));
  compare('attach, command true', attach[0] as Step, attach[1] as Step);
  const info = tools.map((tool) => step(tool, command(tool, 'info', '-n', 'b1')));
  compare('info of a running container', info[0] as Step, info[1] as Step);
  for (const tool of tools) run(command(tool, 'stop', '-k', '-n', 'b1'));
}

/** Proportional set sizes, kilobytes, of the processes whose command line matches. */
function sharesOf(pattern: RegExp): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      if (!pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) return [];
      return [Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])];
    } catch {
      // It ended while it was looked at.
      return [];
    }
  });
}

function compareMany(): void {
  const names = Array.from({ length: containers }, (_, index) => `m${index + 1}`);
  for (const tool of tools) {
    for (const name of names) {
      addContainer(tool, name);
      run(command(tool, 'start', '-n', name));
    }
  }
  const list = tools.map((tool) => step(tool, command(tool, 'ls', '--fancy')));
  compare(`ls --fancy of ${containers} running containers`, list[0] as Step, list[1] as Step);
  const [ours, theirs] = [sharesOf(/^\[tlxc monitor\]/), sharesOf(/^\[lxc monitor\]/)];
  if (ours.length !== containers || theirs.length !== containers) {
    throw new Error(
      `expected ${containers} monitors of each kind, found ${ours.length} and ${theirs.length}`,
    );
  }
  print(`monitor's PSS, ${containers} containers, median`, median(ours), median(theirs), 'kB');
  for (const tool of tools) for (const name of names) run(command(tool, 'stop', '-k', '-n', name));
}

/** From what each has at hand: nothing is downloaded. */
function compareCreate(): void {
  const empty = join(home, 'empty.conf');
  appendFileSync(empty, '');
  const pair = tools.map((tool) =>
    step(
      tool,
      command(tool, 'create', '-n', 'c1', '-f', empty, '-t', 'busybox'),
      command(tool, 'destroy', '-n', 'c1'),
    ),
  );
  compare('create -t busybox', pair[0] as Step, pair[1] as Step, Math.ceil(rounds / 2));
}

for (const tool of tools) {
  mkdirSync(stores[tool], { recursive: true });
  addContainer(tool, 'b1');
}
console.log(
  `${`medians of ${rounds} rounds`.padEnd(44)}${'TLXC'.padStart(12)}${'LXC'.padStart(12)}${'ratio'.padStart(9)}`,
);
compareStart();
compareWithRunning();
compareCreate();
compareMany();
