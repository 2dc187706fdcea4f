/** Forwards of one configuration that want the same port or socket of the host. */
import { placeOf } from '../problem.ts';
import type { ForwardConfig, HostEnd, Sourced } from './model.ts';
import { network } from './registry/network.ts';
import type { Settings } from './settings.ts';
import { showEnd } from './values/forward.ts';

/** Sockets that one monitor holds; native/monitor/forwards.cc */
const MOST = 512;

const isSix = (address: string): boolean => address.includes(':');

/** Whether one of two addresses is, or stands for, the other. */
function meet(left: string, right: string): boolean {
  const all = (address: string): boolean => address === '0.0.0.0' || address === '::';
  if (left === '' || right === '' || left === right) return true;
  return isSix(left) === isSix(right) && (all(left) || all(right));
}

/** Whether both want a port or socket of the host that only one can have. */
export function sameHostEnd(left: ForwardConfig, right: ForwardConfig): boolean {
  const [one, other]: [HostEnd, HostEnd] = [left.from, right.from];
  if ('path' in one || 'path' in other) return 'path' in one && 'path' in other && one.path === other.path;
  const apart = one.port + left.count <= other.port || other.port + right.count <= one.port;
  return left.protocol === right.protocol && !apart && meet(one.address, other.address);
}

export function checkForwards(settings: Settings): void {
  const all: Sourced<ForwardConfig>[] = [];
  for (const index of settings.networks())
    for (const forward of settings.all(network.forward, index)) {
      const other = all.find(({ value }) => sameHostEnd(value, forward.value));
      const { protocol, from, count } = forward.value;
      const name = `${protocol} ${showEnd(from, 0, count)}`;
      if (other) settings.problem(forward.at, `${name} is forwarded at ${placeOf(other.at)} already`, {});
      all.push(forward);
    }
  const ports = all.reduce((sum, { value }) => sum + value.count, 0);
  const last = all.at(-1);
  if (last && ports > MOST)
    settings.problem(last.at, `${ports} ports are forwarded; a container has at most ${MOST}`, {});
}
