/** Managers of containers inside containers, for tlxc.container.conf(5). */
export const NESTING = `.SH CONTAINERS IN CONTAINERS
An unprivileged container in which Docker, Podman, LXC or TLXC shall run takes these lines at the end:
.PP
.EX
    lxc.include = /usr/share/tlxc/config/nesting.conf
.EE
.PP
It adds /proc and /sys that nothing is hidden in (below /dev/.lxc: the kernel asks for them when containers mount theirs), and the host's
/dev/fuse and /dev/net/tun. Nothing of the host is opened by that; more of its kernel can be reached. In a container that was made with \\-\\-privileged it takes
.I privileged.conf
before it, and then root of the inner containers is root of the host in all but name.
.PP
Overlays do not go upon each other. In a container whose own root filesystem is one (\\-B overlay, the default) Docker and Podman take fuse-overlayfs where
that is installed, and else copy (vfs); made with \\-B dir, btrfs, loop or lvm it has room for overlays of theirs, which is faster.
.TP
.B Docker
Runs as installed. Version 20.10, Debian 12's, gives \\-\\-privileged all capabilities that there are, and fails for those that the container has not;
a last line
.B lxc.cap.drop =
gives the container all of them (over itself alone), but systemd in it may then call itself degraded: units that need more than the capability are tried.
.TP
.B Podman
As root of the container as installed; as another user of it in a session (log in, or
.BR "su \\-l" ),
with subordinate ids below 65536 (/etc/subuid in the container: 20000:40000). On hosts with control groups of both versions crun refuses to run:
runtime = "runc" below [engine] in /etc/containers/containers.conf of the container.
.TP
.B systemd\\-nspawn
From systemd 254 on with
.BR "\\-\\-bind=/dev/.lxc/proc:/run/proc \\-\\-bind=/dev/.lxc/sys:/run/sys" ,
since it leaves none of them in sight; \\-U needs more ids than 65536 (lxc.idmap). A tree without systemd wants SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1.
.TP
.B LXC
With
.B lxc.apparmor.profile = unconfined
in the inner container, where the host has AppArmor.
.TP
.B TLXC
Runs as installed; tlxc\\-doctor there says what can be had. What the kernel leaves to the machine's root is missing: device nodes are the outer container's (tlxc.device
at a start, no tlxc\\-device), \\-B is dir or overlay, nothing is limited in size, CRIU saves nothing, and lists of devices are left out, since no node can be made. No mount maps ids either: containers of root have the ids of the
outer container (lxc.idmap = u 0 0 65536), each in a user namespace of its own. Its root may do nothing to what is around it, but is the owner of whatever of root's is shared with it (lxc.mount.entry,
lxc.net.0.type = none). The bridge takes another network than the host's (tlxc.bridge.ipv4 = auto). A user of the container with fewer than 65536 subordinate ids names them:
.BR "lxc.idmap = u 0 20000 40000" ,
and g, in ~/.config/tlxc/default.conf. On a host with AppArmor a container that was made there with \\-\\-privileged is held by what holds the outer one. Profiles of its own
can be loaded in an outer container of root's that has policy of its own, by
.BR "lxc.apparmor.profile = generated" ", " "lxc.cap.drop =" ", " "tlxc.mount.masked =" " and"
.BR "lxc.mount.entry = /sys/kernel/security sys/kernel/security none bind 0 0" ,
and apparmor installed in it. In a privileged container nothing of this holds.
`;
