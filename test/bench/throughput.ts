/** TCP between two containers on TLXC's bridge, beside the same between two namespaces joined by hand with ip(8). */
import { appendFileSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { busyboxSignals, makeBusyboxRootfs } from '../rig/busybox.ts';
import { rigProgram } from '../rig/programs.ts';
import { median, run } from './sample.ts';

const STREAM_MS = 300;
const PORT = 5001;

/** Two ends, and how a program is run in each. */
interface Pair {
  /** Of the receiving end. */
  readonly address: string;
  readonly receive: readonly string[];
  readonly send: readonly string[];
}

/** The receiver's end, then the sender's. */
const BY_HAND = `
mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns
ip link add hand0 type bridge; ip link set hand0 up
for n in 1 2; do
  ip netns add hand$n
  ip link add handport$n type veth peer name eth0 netns hand$n
  ip link set handport$n master hand0 up
  ip -n hand$n addr add 10.77.0.$n/24 dev eth0; ip -n hand$n link set eth0 up
done`;

function makeByHand(): Pair {
  run(['sh', '-ec', BY_HAND]);
  const within = (end: number): string[] => ['nsenter', `--net=/run/netns/hand${end}`, rigProgram('stream')];
  return { address: '10.77.0.1', receive: within(1), send: within(2) };
}

function addContainer(store: string, end: number, bridge: Bridge): void {
  const rootfs = join(store, `t${end}`, 'rootfs');
  makeBusyboxRootfs(rootfs);
  copyFileSync(rigProgram('stream'), join(rootfs, 'bin/stream'));
  const lines = [
    `lxc.rootfs.path = dir:${rootfs}`,
    'lxc.mount.auto = proc:mixed sys:ro',
    'lxc.net.0.type = veth',
    `lxc.net.0.link = ${bridge.name}`,
    'lxc.net.0.flags = up',
    `lxc.net.0.ipv4.address = ${bridge.network}.${200 + end}/24`,
    ...busyboxSignals,
  ];
  appendFileSync(join(store, `t${end}`, 'config'), lines.map((line) => `${line}\n`).join(''));
}

interface Bridge {
  readonly name: string;
  /** The first three numbers of its addresses. */
  readonly network: string;
}

function makeContainers(store: string): Pair {
  run(['tlxc-net', 'start']);
  const bridge = {
    name: run(['tlxc-config', 'tlxc.bridge.name']).trim(),
    network: run(['tlxc-config', 'tlxc.bridge.ipv4']).trim().split('.').slice(0, 3).join('.'),
  };
  mkdirSync(store, { recursive: true });
  for (const end of [1, 2]) {
    addContainer(store, end, bridge);
    run(['tlxc-start', '-P', store, '-n', `t${end}`]);
  }
  const within = (end: number): string[] => [
    'tlxc-attach',
    '-P',
    store,
    '-n',
    `t${end}`,
    '--',
    '/bin/stream',
  ];
  return { address: `${bridge.network}.201`, receive: within(1), send: within(2) };
}

/** Gigabits a second. */
async function stream({ address, receive, send }: Pair): Promise<number> {
  const [file, ...args] = [...receive, 'receive', String(PORT)];
  const receiver = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(receiver, 'close');
  const bytes = Number(run([...send, 'send', address, String(PORT), String(STREAM_MS)]));
  await ended;
  return (bytes * 8) / STREAM_MS / 1e6;
}

/**
 * Prints the medians of both, and that of the rounds' own ratios: what else the machine does disturbs the two streams of a
 * round alike. In turns, and each first in every other round.
 */
export async function compareThroughput(store: string, rounds: number): Promise<void> {
  const containers = makeContainers(store);
  const byHand = makeByHand();
  const rates = new Map([containers, byHand].map((pair) => [pair, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const pair of round % 2 === 0 ? [containers, byHand] : [byHand, containers]) {
      const rate = await stream(pair);
      if (round >= 0) rates.get(pair)?.push(rate);
    }
  }
  const [ours, theirs] = [rates.get(containers) ?? [], rates.get(byHand) ?? []];
  const ratio = median(ours.map((rate, round) => rate / (theirs[round] ?? 0)));
  const columns = [ours, theirs].map((each) => `${median(each).toFixed(1).padStart(7)} Gb/s`);
  console.log(
    `${'TCP between two, beside veths made by hand'.padEnd(44)}${columns.join('')}${ratio.toFixed(2).padStart(9)}`,
  );
  for (const end of [1, 2]) run(['tlxc-stop', '-P', store, '-k', '-n', `t${end}`]);
  run(['tlxc-net', 'stop']);
}
