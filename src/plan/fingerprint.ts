/**
 * 128 bits of a text as hexadecimal, to name a cache file in a directory of root's own: two runs of cyrb53's mixing.
 * Not for texts that an adversary picks. Here rather than node:crypto because loading that costs every start 3 ms.
 */
export function fingerprint(text: string): string {
  return [1, 2].map((seed) => mix(text, seed)).join('');
}

function mix(text: string, seed: number): string {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  const mixed = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  const other = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(mixed ^ (mixed >>> 13), 3266489909);
  return [mixed, other].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
}
