/** The unit in which /proc and cpuacct.stat count time: USER_HZ is 100 on every machine that Node runs on. */
export const NANOSECONDS_PER_TICK = 1e7;
