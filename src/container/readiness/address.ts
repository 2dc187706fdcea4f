/** Waits for an address that others can reach, told by netlink in the container's network namespace. */
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { native, type InterfaceState, type NativeFailure } from '../../native/binding.ts';
import { aborted, pause, type Target } from './target.ts';

/** Between two looks: whoever is root in the container can send as many events as it likes. */
const REST_MS = 20;
const LIST_MS = 1000;

function failure({ paths }: Target, { syscall, errno }: NativeFailure): TlxcError {
  const message = "cannot follow the container's network";
  return new TlxcError({
    ...{ code: 'TLXC_E_NETWORK', message, container: paths.name },
    ...{ syscall, errno: errnoName(errno) },
  });
}

/** Which addresses will do: "ip" is any by which it has a network beyond its bridge. */
export type AddressKind = 'ip' | 'ip4' | 'ip6';

type Address = InterfaceState['addresses'][number];

/** RFC 4193: of a network of its own, which a bridge gives at once; IPv4, by which it reaches others, comes later. */
const isLocal = ({ family, address }: Address): boolean => family === 'inet6' && /^f[cd]/i.test(address);

const fits = (address: Address, kind: AddressKind): boolean => {
  if (address.scope !== 'global') return false;
  if (kind === 'ip') return !isLocal(address);
  return address.family === (kind === 'ip4' ? 'inet' : 'inet6');
};

const isReachable = ({ up, loopback, addresses }: InterfaceState, kind: AddressKind): boolean =>
  up && !loopback && addresses.some((address) => fits(address, kind));

const LACKED: Readonly<Record<AddressKind, string>> = {
  ip: 'global address',
  ip4: 'global IPv4 address',
  ip6: 'global IPv6 address',
};

/** What it has, and is not waited for. */
function othersOf(interfaces: readonly InterfaceState[], kind: AddressKind): string {
  const there = interfaces.flatMap(({ loopback, addresses }) =>
    loopback ? [] : addresses.filter(({ scope }) => scope === 'global').map(({ address }) => address),
  );
  if (there.length === 0) return '';
  const more = kind === 'ip' ? '; ip6 is content with that' : '';
  return ` but ${there.join(', ')}${more}`;
}

function words(interfaces: readonly InterfaceState[], kind: AddressKind): string {
  const others = interfaces.filter(({ loopback }) => !loopback);
  if (others.length === 0) return 'it has no network interface but lo (lxc.net.0.type gives it one)';
  const each = others.map(({ name, up, state }) => `${name} is ${up ? `up (link ${state})` : 'down'}`);
  return `no interface has a ${LACKED[kind]}${othersOf(others, kind)}: ${each.join(', ')}`;
}

/** Throws TLXC_E_NETWORK where the namespace cannot be listened to. */
export async function waitForAddress(target: Target, kind: AddressKind): Promise<void> {
  const { initPidfd, signal, note } = target;
  const socket = native().openNetworkEvents({ initPidfd });
  // It has just ended: who follows its life tells, and ends this.
  if (typeof socket !== 'number' && errnoName(socket.errno) === 'ESRCH') return aborted(signal);
  if (typeof socket !== 'number') throw failure(target, socket);
  const stop = (): void => native().stopWaiting({ connection: socket });
  signal.addEventListener('abort', stop);
  try {
    // Listened to first, looked at then: nothing is missed in between.
    while (!signal.aborted) {
      const state = native().networkState({ initPidfd, timeoutMs: LIST_MS });
      if ('errno' in state) note(`its interfaces cannot be listed (${errnoName(state.errno)})`);
      else if (state.some((each) => isReachable(each, kind))) return;
      else note(words(state, kind));
      await native().networkChange({ socket });
      await pause(REST_MS, signal);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    native().closeFd(socket);
  }
}
