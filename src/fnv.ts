/**
 * A number of 64 bits from a text, FNV-1a: the same on every host and in every version of TLXC, for names that running
 * containers and leases are found by must not change. It is easily foreseen: no secret, and no protection.
 */
export function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
