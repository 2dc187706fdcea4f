/** Addresses that TLXC gives interfaces itself (tlxc.net.N.ipv4.static): those that DHCP on the bridge keeps for them. */
import { ipv4Address } from '../../config/values/network.ts';
import { TlxcError } from '../../errors.ts';
import { networkPlaces } from '../../network/places.ts';
import { readReservations } from '../../network/reservations.ts';
import { bridgeSettings } from '../../network/settings.ts';
import { originOf } from '../../plan/input.ts';
import type { StartPlan } from '../../plan/types.ts';
import { Problem } from '../../problem.ts';
import { keyOf, type Named } from './bridge-names.ts';

/**
 * The plan with the addresses. What was reserved for the container is known only once its lock is held, and no other
 * container can be given the address any more. Throws TLXC_E_NETWORK where nothing could be reserved.
 */
export function withStaticAddresses(plan: StartPlan, { system, paths, members }: Named): StartPlan {
  if (!members.some(({ ipv4Static }) => ipv4Static)) return plan;
  const { ipv4: bridge } = bridgeSettings(system);
  const reserved = readReservations(networkPlaces(system)).get(keyOf(paths))?.interfaces ?? [];
  const interfaces = plan.interfaces.map((each) => {
    const at = members.findIndex(({ index, ipv4Static }) => index === each.index && ipv4Static !== null);
    const asked = members[at]?.ipv4Static;
    if (!asked) return each;
    const address = reserved[at]?.ipv4;
    if (!bridge || !address) {
      const message = bridge ? 'no address is kept for it' : 'the bridge has no IPv4 (tlxc.bridge.ipv4)';
      const key = `tlxc.net.${each.index}.ipv4.static`;
      throw new TlxcError({
        code: 'TLXC_E_NETWORK',
        message: 'the container has no address',
        container: paths.name,
        problems: [new Problem({ message, at: asked.at, subject: { key, value: '1' } })],
        hint: 'tlxc-net status shows what the bridge has',
      });
    }
    const origin = originOf(asked.at);
    const own = ipv4Address(`${address}/${bridge.prefix}`);
    return { ...each, ipv4: [{ ...own, origin }], ipv4Gateway: { value: bridge.address, origin } };
  });
  return { ...plan, interfaces };
}
