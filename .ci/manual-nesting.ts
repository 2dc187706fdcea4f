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
`;
