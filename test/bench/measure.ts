/** The measurements; run.ts runs this in a scratch world. */
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { busyboxSignals, makeBusyboxRootfs } from '../rig/busybox.ts';
import { compareEphemeral, compareImages, copySnapshot } from './images.ts';
import { median, run, sample, type Step } from './sample.ts';
import { compareThroughput } from './throughput.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    containers: { type: 'string', default: '20' },
    only: { type: 'string', default: 'start,running,create,copy,ephemeral,images,many,autostart,throughput' },
  },
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

const NO_NETWORK = ['lxc.net.0.type = empty'];

function addContainer(tool: Tool, name: string, network: readonly string[] = NO_NETWORK): void {
  const rootfs = join(stores[tool], name, 'rootfs');
  makeBusyboxRootfs(rootfs);
  const lines = [
    `lxc.rootfs.path = dir:${rootfs}`,
    `lxc.uts.name = ${name}`,
    'lxc.mount.auto = proc:mixed sys:ro',
  ];
  const config = [...lines, ...network, ...busyboxSignals];
  appendFileSync(join(stores[tool], name, 'config'), config.map((line) => `${line}\n`).join(''));
}

const bare: Step = { argv: [process.execPath, '-e', '0'] };

function print(what: string, ours: number, theirs: number, unit: string): void {
  const columns = [ours, theirs].map((value) => `${value.toFixed(1).padStart(9)} ${unit}`);
  console.log(`${what.padEnd(44)}${columns.join('')}${(ours / theirs).toFixed(2).padStart(9)}`);
}

/** A line for the whole command, and one with Node's own start-up of the same round taken off. */
function compare(what: string, [ours, theirs]: readonly [Step, Step], count = rounds): void {
  const times = sample([bare, ours, theirs], count);
  const [node, tlxc, lxc] = [bare, ours, theirs].map((step) => times.get(step) ?? []) as [
    number[],
    number[],
    number[],
  ];
  print(what, median(tlxc), median(lxc), 'ms');
  const own = tlxc.map((time, round) => time - (node[round] ?? 0));
  print(`  without node -e 0 (${median(node).toFixed(1)} ms)`, median(own), median(lxc), 'ms');
}

/** The same step for both tools. */
const pair = (step: (tool: Tool) => Step): readonly [Step, Step] => [step('tlxc'), step('lxc')];

function compareStart(): void {
  const step = (tool: Tool): Step => ({
    argv: command(tool, 'start', '-n', 'b1'),
    after: command(tool, 'stop', '-k', '-n', 'b1'),
  });
  compare('start of a busybox container', pair(step));
}

function compareWithRunning(): void {
  for (const tool of tools) run(command(tool, 'start', '-n', 'b1'));
  compare(
    'attach, command true',
    pair((tool) => ({ argv: command(tool, 'attach', '-n', 'b1', '--', 'true') })),
  );
  compare(
    'info of a running container',
    pair((tool) => ({ argv: command(tool, 'info', '-n', 'b1') })),
  );
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

/** One of many, with addresses to be shown. */
const onBridge = (tool: Tool, index: number): string[] =>
  [
    ...['type = veth', 'link = many0', 'flags = up'],
    `ipv4.address = 10.78.${tools.indexOf(tool)}.${index + 1}/16`,
    `ipv6.address = fd78::${tools.indexOf(tool)}:${index + 1}/64`,
  ].map((line) => `lxc.net.0.${line}`);

function compareMany(): void {
  run(['sh', '-ec', 'ip link add many0 type bridge; ip link set many0 up']);
  const names = Array.from({ length: containers }, (_, index) => `m${index + 1}`);
  for (const tool of tools) {
    for (const [index, name] of names.entries()) {
      addContainer(tool, name, onBridge(tool, index));
      run(command(tool, 'start', '-n', name));
    }
  }
  compare(
    `ls --fancy of ${containers} running containers`,
    pair((tool) => ({ argv: command(tool, 'ls', '--fancy') })),
  );
  // One of ours has a child that writes its log once the container has said something; these say nothing.
  const [ours, theirs] = [sharesOf(/^\[tlxc (monitor|journal)\]/), sharesOf(/^\[lxc monitor\]/)];
  if (ours.length !== containers || theirs.length !== containers)
    throw new Error(`of ${containers} containers: ${ours.length} and ${theirs.length} processes of monitors`);
  const each = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) / containers;
  print(`monitor's PSS, ${containers} containers, mean`, each(ours), each(theirs), 'kB');
  for (const tool of tools) for (const name of names) run(command(tool, 'stop', '-k', '-n', name));
}

const AUTOSTARTED = 50;

/**
 * The same lines of configuration for both (addContainer), nothing included: root's containers without a user namespace or a
 * profile of system calls, a network namespace with nothing in it, /dev made by the start, busybox as init; two control
 * groups a hierarchy. What TLXC does beyond that is in its time: Node begins and ends, and each monitor keeps a journal. LXC
 * starts one container after the other, TLXC several at once.
 */
function compareAutostart(): void {
  for (const tool of tools)
    for (let index = 1; index <= AUTOSTARTED; index++)
      addContainer(tool, `a${index}`, [...NO_NETWORK, 'lxc.start.auto = 1']);
  const step = (tool: Tool): Step => ({
    argv: command(tool, 'autostart'),
    after: command(tool, 'autostart', '-k'),
  });
  compare(`autostart of ${AUTOSTARTED} busybox containers`, pair(step), Math.ceil(rounds / 4));
  for (const tool of tools) run(['sh', '-c', 'rm -rf "$0"/a*', stores[tool]]);
}

/** From what each has at hand: nothing is downloaded. */
function compareCreate(): void {
  const empty = join(home, 'empty.conf');
  appendFileSync(empty, '');
  const step = (tool: Tool): Step => ({
    argv: command(tool, 'create', '-n', 'c1', '-f', empty, '-t', 'busybox'),
    after: command(tool, 'destroy', '-n', 'c1'),
  });
  compare('create -t busybox', pair(step), Math.ceil(rounds / 2));
}

for (const tool of tools) {
  mkdirSync(stores[tool], { recursive: true });
  addContainer(tool, 'b1');
}
console.log(
  `${`medians of ${rounds} rounds`.padEnd(44)}${'TLXC'.padStart(12)}${'LXC'.padStart(12)}${'ratio'.padStart(9)}`,
);
const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  start: compareStart,
  running: compareWithRunning,
  create: compareCreate,
  copy: () =>
    compare(
      'copy-on-write copy',
      pair((tool) => copySnapshot(tool, stores[tool])),
    ),
  ephemeral: () => compareEphemeral({ stores }, print),
  images: () => compareImages({ home }, Math.ceil(rounds / 4), print),
  many: compareMany,
  autostart: compareAutostart,
  throughput: () => compareThroughput(stores.tlxc, 2 * rounds),
};
for (const name of values.only.split(',')) await parts[name]?.();
