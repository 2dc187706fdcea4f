/** What the interfaces of a running container are. */
import { forward } from '../../config/values/forward.ts';
import type { InterfaceState } from '../../native/binding.ts';
import { forwardName } from '../../plan/forwards.ts';
import type { Live, RunningContainer } from './live.ts';

/** The interface that lxc.net.[i] made: its name inside is the monitor's to tell. */
function interfaceOf({ running, interfaces }: RunningContainer, key: string): InterfaceState | undefined {
  const index = Number(key.split('.')[2]);
  const made = running.interfaces.find((each) => each.index === index);
  return made && interfaces.find(({ name }) => name === made.name);
}

const inside =
  (show: (state: InterfaceState) => string | undefined): Live =>
  (container, { key }) => {
    const state = interfaceOf(container, key);
    return state && show(state);
  };

const address = (family: 'inet' | 'inet6'): Live =>
  inside(({ addresses }) =>
    addresses
      .filter((each) => each.family === family && each.scope !== 'link')
      .map((each) => `${each.address}/${each.prefix}`)
      .join(', '),
  );

/** All the ports of the line, or not: they may have been taken away while it ran. */
const forwarded: Live = ({ running }, { value }) => {
  const { protocol, from, count } = forward(value);
  const names = Array.from({ length: count }, (_, offset) => forwardName(protocol, from, offset));
  const there = (name: string): boolean => running.forwards.some(({ listen }) => listen === name);
  return names.every(there) ? value : 'not forwarded';
};

export const networkKeys: Readonly<Record<string, Live>> = {
  'lxc.net.[i].name': inside(({ name }) => name),
  'lxc.net.[i].flags': inside(({ up }) => (up ? 'up' : 'down')),
  'lxc.net.[i].hwaddr': inside(({ hwaddr }) => hwaddr),
  'lxc.net.[i].mtu': inside(({ mtu }) => String(mtu)),
  'lxc.net.[i].ipv4.address': address('inet'),
  'lxc.net.[i].ipv6.address': address('inet6'),
  'lxc.net.[i].veth.pair': ({ running }, { key }) =>
    running.interfaces.find(({ index }) => index === Number(key.split('.')[2]))?.hostName,
  'tlxc.net.[i].forward': forwarded,
};
