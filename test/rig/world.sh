# PID 1's way into a world: run by unshare in new mount, network, PID and cgroup namespaces, it makes /proc, /sys and
# the cgroup tree those of the new namespaces, propagates mounts as a systemd host does, and then only reaps.
set -e
mount --make-rprivate /
mount -t proc proc /proc
cgroups=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $3, $2, $4 }' /proc/mounts)
mount -t sysfs sysfs /sys
echo "$cgroups" | grep -q '^cgroup ' && mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
echo "$cgroups" | while read -r type point options; do
    mkdir -p "$point"
    # Only the hierarchy's own words: rw, relatime and the like were said by whoever mounted it.
    words=$(echo "$options" | tr , '\n' | grep -vE '^(rw|ro|nosuid|nodev|noexec|relatime|noatime|seclabel|xattr|clone_children|release_agent=.*|nsdelegate|memory_recursiveprot|favordynmods)$' | paste -sd,)
    mount -t "$type" ${words:+-o "$words"} "$type" "$point"
    # The root of a v2 tree that has controllers to hand down may hold no process of its own.
    if [ "$type" = cgroup2 ]; then
        mkdir "$point/rig"
        echo $$ > "$point/rig/cgroup.procs"
    fi
done
[ ! -d /sys/kernel/security ] || mount -t securityfs securityfs /sys/kernel/security || true
mount --make-rshared /
ip link set lo up
echo ready
exec perl -e '$SIG{CHLD} = "IGNORE"; $SIG{TERM} = $SIG{INT} = "IGNORE"; sleep 3600 while 1'
