/** TCP between two containers on TLXC's bridge, and into one by a forward, beside the same without TLXC. */
import { appendFileSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { busyboxSignals, makeBusyboxRootfs } from '../rig/busybox.ts';
import { rigProgram } from '../rig/programs.ts';
import { median, run } from './sample.ts';

const STREAM_MS = 300;
const PORT = 5001;
/** Of the host's, leads to PORT of the first container. */
const FORWARDED = 5002;

/** Two ends, and how a program is run in each. */
interface Pair {
  /** Of the receiving end, and where the sender finds it. */
  readonly address: string;
  readonly port: number;
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
  return { address: '10.77.0.1', port: PORT, receive: within(1), send: within(2) };
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
    ...(end === 1 ? [`tlxc.net.0.forward = tcp ${FORWARDED} -> ${PORT}`] : []),
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
  return { address: `${bridge.network}.201`, port: PORT, receive: within(1), send: within(2) };
}

/** Gigabits a second. */
async function stream({ address, port, receive, send }: Pair): Promise<number> {
  const [file, ...args] = [...receive, 'receive', String(PORT)];
  const receiver = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(receiver, 'close');
  // Who comes to a forwarded port before somebody listens inside is sent away.
  await once(receiver.stdout, 'data');
  const bytes = Number(run([...send, 'send', address, String(port), String(STREAM_MS)]));
  await ended;
  return (bytes * 8) / STREAM_MS / 1e6;
}

/**
 * Prints the medians of both, and that of the rounds' own ratios: what else the machine does disturbs the two streams of a
 * round alike. In turns, and each first in every other round.
 */
async function compare(what: string, [ours, theirs]: readonly [Pair, Pair], rounds: number): Promise<void> {
  const rates = new Map([ours, theirs].map((pair) => [pair, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const pair of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
      const rate = await stream(pair);
      if (round >= 0) rates.get(pair)?.push(rate);
    }
  }
  const [own, other] = [rates.get(ours) ?? [], rates.get(theirs) ?? []];
  const ratio = median(own.map((rate, round) => rate / (other[round] ?? 0)));
  const columns = [own, other].map((each) => `${median(each).toFixed(1).padStart(7)} Gb/s`);
  console.log(`${what.padEnd(44)}${columns.join('')}${ratio.toFixed(2).padStart(9)}`);
}

export async function compareThroughput(store: string, rounds: number): Promise<void> {
  run(['ip', 'link', 'set', 'lo', 'up']);
  const containers = makeContainers(store);
  await compare('TCP between two, beside veths made by hand', [containers, makeByHand()], rounds);
  const end = [rigProgram('stream')];
  const loopback: Pair = { address: '127.0.0.1', port: PORT, receive: end, send: end };
  const forwarded: Pair = { ...loopback, port: FORWARDED, receive: containers.receive };
  await compare("TCP by a forward, beside the host's loopback", [forwarded, loopback], rounds);
  for (const each of [1, 2]) run(['tlxc-stop', '-P', store, '-k', '-n', `t${each}`]);
  run(['tlxc-net', 'stop']);
}
