/** The DNS zones that hold the names of a network's addresses. */
import type { InterfaceAddress } from './ipv4.ts';
import { expandIpv6 } from './ipv6.ts';

/** Several, where the network ends between two labels. */
function zones(
  labels: readonly number[],
  prefix: number,
  { bits, radix, top }: { bits: number; radix: number; top: string },
): string[] {
  const whole = Math.ceil(prefix / bits);
  const count = 2 ** (whole * bits - prefix);
  const last = labels[whole - 1] ?? 0;
  const first = last - (last % count);
  return Array.from({ length: count }, (_, step) => {
    const own = [...labels.slice(0, whole - 1), first + step];
    return [...own.reverse().map((label) => label.toString(radix)), top].join('.');
  });
}

/** 10.0.4.1/24 -> 4.0.10.in-addr.arpa */
export function reverseZones({ address, prefix }: InterfaceAddress): string[] {
  if (!address.includes(':'))
    return zones(address.split('.').map(Number), prefix, { bits: 8, radix: 10, top: 'in-addr.arpa' });
  const digits = Array.from(expandIpv6(address)).map((digit) => parseInt(digit, 16));
  return zones(digits, prefix, { bits: 4, radix: 16, top: 'ip6.arpa' });
}
