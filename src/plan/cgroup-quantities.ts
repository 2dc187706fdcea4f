/** The scales on which the two cgroup worlds put the same thing. */
const clamp = (number: number, least: number, most: number) =>
  Math.min(Math.max(Math.round(number), least), most);

/**
 * The scheduler's own scale: the kernel takes a weight of 100 for what 1024 shares are (sched_group_set_shares), so this
 * is exact, and what is usual stays usual. runc once used another line (1024 shares became 39), later a curve that meets
 * this one at its ends and at 1024.
 */
export const weightOfShares = (shares: number) => clamp((shares * 100) / 1024, 1, 10_000);
export const sharesOfWeight = (weight: number) => clamp((weight * 1024) / 100, 2, 262_144);

/** The kernel's share of each nice level, -20 first (sched_prio_to_weight). */
const NICE_SHARES = [
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121,
  2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23,
  18, 15,
];

/** cpu.weight.nice, -20 to 19, as cpu.shares. */
export const sharesOfNice = (nice: number) => NICE_SHARES[nice + 20] ?? 1024;

/**
 * Weights of block devices: io.weight 1 to 10000, BFQ's 1 to 1000 (both usually 100), blkio.weight 10 to 1000 (usually 500).
 * Each side of the usual value is stretched by itself, as systemd does.
 */
export const bfqOfIo = (weight: number) =>
  clamp(weight <= 100 ? weight : 100 + ((weight - 100) * 900) / 9900, 1, 1000);
export const ioOfBfq = (weight: number) =>
  clamp(weight <= 100 ? weight : 100 + ((weight - 100) * 9900) / 900, 1, 10_000);
export const ioOfBlkio = (weight: number) => clamp((weight * 100) / 500, 1, 10_000);
