/** Who answers the containers' questions for names: our dnsmasq or, where port 53 is somebody else's, whoever else there is. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutServer } from './resolv-conf.ts';
import { addressesOf, type BridgeSettings } from './settings.ts';

export const DNS_PORT = 53;
/** A server of this machine answers a question about localhost at once; one that keeps strangers out by silence never does. */
const ANSWER_MS = 1000;
/** "localhost. A?", recursion desired; RFC 1035, 4.1. */
const QUESTION = Buffer.from('746c01000001000000000000096c6f63616c686f73740000010001', 'hex');
const REFUSED = 5;
/** Where programs that keep 127.0.0.x in /etc/resolv.conf write whom they ask themselves. */
const UPSTREAM = [
  '/run/systemd/resolve/resolv.conf',
  '/run/NetworkManager/no-stub-resolv.conf',
  '/run/dnsmasq/resolv.conf',
];

/** Whether a socket that is made now gets the port: asked of the kernel, since /proc/net tells not all that is in the way. */
async function isHeld(address: string, protocol: 'udp' | 'tcp'): Promise<boolean> {
  // Loaded here and below: most runs of a command ask nothing of the sort.
  const dgram = process.getBuiltinModule('node:dgram');
  const net = process.getBuiltinModule('node:net');
  return new Promise((resolve) => {
    const socket =
      protocol === 'udp' ? dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4') : net.createServer();
    const settle = (held: boolean) => () => void socket.close(() => resolve(held));
    socket.on('listening', settle(false));
    // Closing what was never bound may throw.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE'));
    if ('bind' in socket) socket.bind({ port: DNS_PORT, address, exclusive: true });
    else socket.listen({ port: DNS_PORT, host: address, exclusive: true });
  });
}

/** Another program has port 53 of one of the bridge's addresses. Ours must not run. */
export async function portIsHeld(settings: BridgeSettings): Promise<boolean> {
  const asked = addressesOf(settings).flatMap((address) => [isHeld(address, 'udp'), isHeld(address, 'tcp')]);
  return (await Promise.all(asked)).includes(true);
}

/** RFC 1035, 4.1.1: an answer (QR), of one that asks others for who asks it (RA), and does so for us. */
const isHelpful = (answer: Buffer): boolean =>
  answer.length >= 12 &&
  answer.subarray(0, 2).equals(QUESTION.subarray(0, 2)) &&
  (answer[2] ?? 0) >= 0x80 &&
  (answer[3] ?? 0) >= 0x80 &&
  ((answer[3] ?? 0) & 0x0f) !== REFUSED;

/** Whether the holder of the port answers those on the bridge: the question comes from the bridge's own address, as the kernel chooses. */
async function answers(address: string): Promise<boolean> {
  const socket = process.getBuiltinModule('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const gaveUp = new AbortController();
  const answered = new Promise<boolean>((resolve) => {
    socket.on('message', (message) => resolve(isHelpful(message)));
    socket.on('error', () => resolve(false));
    // Connected, so that nobody else's answer is heard, and nobody's absence is waited for.
    socket.connect(DNS_PORT, address, () => socket.send(QUESTION));
  });
  const late = sleep(ANSWER_MS, false, { signal: gaveUp.signal }).catch(() => false);
  try {
    return await Promise.race([answered, late]);
  } finally {
    gaveUp.abort();
    socket.close();
  }
}

function serversIn(path: string): string[] {
  try {
    const text = withoutServer(readFileSync(path, 'utf8'));
    return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
  } catch {
    return [];
  }
}

/** Reached from elsewhere than this host: neither loopback nor of one link alone. */
const isReachable = (address: string): boolean => !/^(127\.|0\.|::|fe[89ab]|169\.254\.)/i.test(address);

/** Those that the host asks, without such as only the host itself can reach. */
export function hostNameServers(): string[] {
  const files = ['/etc/resolv.conf', ...UPSTREAM];
  return files.map((path) => serversIn(path).filter(isReachable)).find((each) => each.length > 0) ?? [];
}

/** Whom containers ask while port 53 is not ours: who has it, as far as it answers them, else whom the host asks. */
export async function otherNameServers(settings: BridgeSettings): Promise<string[]> {
  const addresses = addressesOf(settings);
  const helpful = await Promise.all(addresses.map(answers));
  const local = addresses.filter((_, index) => helpful[index]);
  return local.length > 0 ? local : hostNameServers().filter((address) => !addresses.includes(address));
}
