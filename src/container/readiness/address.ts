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

const isReachable = ({ up, loopback, addresses }: InterfaceState): boolean =>
  up && !loopback && addresses.some(({ scope }) => scope === 'global');

function words(interfaces: readonly InterfaceState[]): string {
  const others = interfaces.filter(({ loopback }) => !loopback);
  if (others.length === 0) return 'it has no network interface but lo (lxc.net.0.type gives it one)';
  const each = others.map(({ name, up, state }) => `${name} is ${up ? `up (link ${state})` : 'down'}`);
  return `no interface has a global address: ${each.join(', ')}`;
}

/** Throws TLXC_E_NETWORK where the namespace cannot be listened to. */
export async function waitForAddress(target: Target): Promise<void> {
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
      else if (state.some(isReachable)) return;
      else note(words(state));
      await native().networkChange({ socket });
      await pause(REST_MS, signal);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    native().closeFd(socket);
  }
}
