/** Names that LXC knows and TLXC refuses, for their feature does not exist yet. */

/** A name ending in "*" stands for all that begin so; [i] for a number. */
export const unsupported: readonly string[] = [
  'lxc.autodev.tmpfs.size',
  'lxc.rootfs.managed',
  'lxc.seccomp.allow_nesting',
  'lxc.seccomp.notify.*',
];
