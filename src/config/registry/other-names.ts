/** Names that LXC knows and TLXC refuses, for their feature does not exist yet. */

/** A name ending in "*" stands for all that begin so; [i] for a number. */
export const unsupported: readonly string[] = [
  'lxc.net.[i].ipvlan.*',
  'lxc.net.[i].l2proxy',
  'lxc.net.[i].macvlan.*',
  'lxc.net.[i].script.*',
  'lxc.net.[i].veth.ipv4.route',
  'lxc.net.[i].veth.ipv6.route',
  'lxc.net.[i].veth.mode',
  'lxc.net.[i].veth.n_rxqueues',
  'lxc.net.[i].veth.n_txqueues',
  'lxc.net.[i].veth.vlan.*',
  'lxc.net.[i].vlan.*',
];
