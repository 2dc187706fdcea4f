/** What tlxc.container.conf(5) shows in full. Each configuration is loaded by a test: none has a problem. */

import { roff } from './roff.ts';

/** What it is for, and the lines. */
export const EXAMPLE_CONFIGURATIONS: readonly (readonly [what: string, lines: string])[] = [
  [
    "What tlxc-create writes for a container of root's: the profile, ids of its own, a layer over an image, the bridge",
    `lxc.include = /usr/share/tlxc/config/common.conf
lxc.include = /usr/share/tlxc/config/userns.conf
lxc.idmap = u 0 1000000 65536
lxc.idmap = g 0 1000000 65536
lxc.rootfs.path = overlay:/var/cache/tlxc/images/ID/rootfs:/var/lib/tlxc/u1/overlay/delta
lxc.rootfs.options = idmap=container
lxc.uts.name = u1
lxc.net.0.type = veth
lxc.net.0.link = tlxcbr0
lxc.net.0.flags = up`,
  ],
  [
    "A fixed address on a bridge of the host's own, in place of DHCP, and a second interface without a way out",
    `lxc.net.0.type = veth
lxc.net.0.link = br0
lxc.net.0.flags = up
lxc.net.0.ipv4.address = 192.168.1.20/24
lxc.net.0.ipv4.gateway = 192.168.1.1
lxc.net.1.type = macvlan
lxc.net.1.link = eth1
lxc.net.1.macvlan.mode = bridge
lxc.net.1.flags = up`,
  ],
  [
    "Port 8080 of the host is the container's port 80; a directory of the host is there, its files with the ids that they have on the host",
    `lxc.idmap = u 0 1000000 65536
lxc.idmap = g 0 1000000 65536
lxc.net.0.type = veth
lxc.net.0.link = tlxcbr0
lxc.net.0.flags = up
tlxc.net.0.forward = tcp 8080 -> 80
lxc.mount.entry = /srv/site var/www none bind,create=dir,idmap=container 0 0`,
  ],
  [
    'Limits: two gigabytes, one and a half processors, 500 processes; more open files; a device',
    `lxc.cgroup2.memory.max = 2G
lxc.cgroup2.cpu.max = 150000 100000
lxc.cgroup2.pids.max = 500
lxc.prlimit.nofile = 4096:16384
lxc.cgroup2.devices.allow = c 10:200 rwm
lxc.mount.entry = /dev/net/tun dev/net/tun none bind,create=file 0 0`,
  ],
  [
    'It starts with the host, after the container db listens, and again when it fails',
    `lxc.start.auto = 1
tlxc.start.after = db
tlxc.restart = on-failure`,
  ],
];

export const EXAMPLES = `.SH EXAMPLES\n${EXAMPLE_CONFIGURATIONS.map(
  ([what, lines]) => `${roff(what)}:\n.PP\n.EX\n${roff(lines).replace(/^/gm, '    ')}\n.EE\n`,
).join('.PP\n')}`;
