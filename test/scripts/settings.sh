# Settings, limits, and the grammar of command lines.
made c1
lxc-config lxc.lxcpath
for item in lxc.default_config lxc.lxcpath lxc.bdev.lvm.vg lxc.bdev.zfs.root lxc.cgroup.use lxc.cgroup.pattern; do
    lxc-config -l | grep -cx "$item"
done
lxc-config lxc.bdev.lvm.vg
lxc-config lxc.nonsense > /dev/null 2>&1; status
lxc-config lxc.lx; status
lxc-start -n c1
lxc-cgroup -n c1 memory.limit_in_bytes 64M; status
lxc-cgroup -n c1 memory.limit_in_bytes; status
lxc-cgroup -n c1 pids.max 50; lxc-cgroup c1 pids.max
[ "$(lxc-cgroup -n c1 pids.max)" = 50 ] && echo fifty
lxc-cgroup -n c1 no.such.key 2> /dev/null; status
lxc-cgroup -n c1 pids.max nonsense 2> /dev/null; status
lxc-cgroup -n nobody pids.max 2> /dev/null; status
lxc-cgroup -n c1 2> /dev/null; status
lxc-device -n c1 add /dev/fuse; status
lxc-attach -n c1 -- test -c /dev/fuse; status
lxc-device -n c1 del /dev/fuse; status
lxc-attach -n c1 -- test -e /dev/fuse; status
lxc-device -n c1 add /dev/nosuch 2> /dev/null; status
lxc-monitor -n 'c.*' > $T/seen &
watcher=$!
sleep 1
lxc-stop -n c1 -k
lxc-start -n c1
sleep 1
kill $watcher; wait $watcher 2> /dev/null
grep -v exited $T/seen
lxc-stop -n c1 -k
lxc-execute -n c1 -d -- sleep 100; status
lxc-info -n c1 -sH
lxc-stop -n c1 -k; status
lxc-checkconfig > /dev/null; status
lxc-monitor -Q; status
