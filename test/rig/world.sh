# PID 1's way into a world: run by unshare in new mount, network, PID and cgroup namespaces, it makes /proc, /sys and
# the cgroup tree (type, mount point and words of each hierarchy are its arguments) those of the new namespaces, propagates
# mounts as a systemd host does, and then only reaps.
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t sysfs sysfs /sys
case " $* " in *' cgroup '*) mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup ;; esac
while [ $# -gt 0 ]; do
    [ -d "$2" ] || mkdir -p "$2"
    mount -t "$1" ${3:+-o "$3"} "$1" "$2"
    # The root of a v2 tree that has controllers to hand down may hold no process of its own.
    if [ "$1" = cgroup2 ]; then
        mkdir "$2/rig"
        echo $$ > "$2/rig/cgroup.procs"
    fi
    shift 3
done
[ ! -d /sys/kernel/security ] || mount -t securityfs securityfs /sys/kernel/security || true
mount --make-rshared /
ip link set lo up
echo ready
exec perl -e '$SIG{CHLD} = "IGNORE"; $SIG{TERM} = $SIG{INT} = "IGNORE"; sleep 3600 while 1'
