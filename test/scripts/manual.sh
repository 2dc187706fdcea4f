# The examples of LXC's manual pages.
made foo bar
cat > "$T/config" <<F
lxc.rootfs.path = dir:/var/lib/lxc/foo/rootfs
lxc.net.0.type = empty
lxc.uts.name = fromfile
lxc.mount.auto = proc:mixed sys:ro
F
lxc-execute -n foo -f "$T/config" /bin/hostname; status
lxc-execute -n foo -- /bin/sh -c 'exit 3'; status
lxc-wait -n foo -s STOPPED &
waiter=$!
sleep 0.2
lxc-execute -n foo sleep 1 &
wait $waiter; status
wait
lxc-start -n foo
lxc-wait -n foo -s RUNNING; status
lxc-wait -n foo -s 'RUNNING|STOPPED'; status
for i in $(lxc-ls -1); do lxc-info -n "$i" -s; done
lxc-ls -f | tr -s ' '
lxc-ls --active -1
lxc-info -n foo -c lxc.net.0.veth.pair
lxc-info -n foo -c lxc.net.0.type
lxc-cgroup -n foo cpuset.cpus '0,1' 2> /dev/null; status
lxc-cgroup -n foo cpuset.cpus
lxc-cgroup -n foo cpu.shares 512; status
lxc-cgroup -n foo cpu.shares
lxc-cgroup -n foo devices.list | head -n 1
lxc-freeze -n foo; status
lxc-info -n foo -sH
lxc-unfreeze -n foo; status
ip link add dummy7 type veth peer name left7
lxc-device -n foo add dummy7 dummy8; status
lxc-attach -n foo -- ip link show dummy8 | grep -c dummy8
lxc-attach -n foo -s NETWORK -e -- ip link delete dummy8; status
lxc-attach -n foo -- ip link show dummy8 2> /dev/null; status
lxc-attach -n foo -e -- /bin/id -u
echo 'hostname; exit 4' | lxc-attach -n foo; status
CONFIG=/nowhere lxc-checkconfig > /dev/null 2>&1; echo checked
lxc-monitor -n 'foo|bar' > "$T/seen" &
watcher=$!
sleep 1
lxc-stop -n foo -k; status
sleep 0.5
kill $watcher
wait $watcher 2> /dev/null
grep -c STOPPED "$T/seen"
lxc-unshare -s UTSNAME -- sh -c 'hostname other; hostname'; status
lxc-unshare -s 'NETWORK|PID|MOUNT' -- sh -c 'echo $$'; status
lxc-unshare -s 'NETWORK|PID|UTSNAME' -H myhostname -- hostname; status
lxc-monitor -Q; status
lxc-destroy -n foo; status
