/** AppArmor's list of loaded profiles, /sys/kernel/security/apparmor/profiles. */

/** The names in its text, whose lines are "NAME (MODE)"; a name may hold blanks. */
export const profileNames = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => /^(.+) \(\w+\)$/.exec(line)?.[1] ?? []);
