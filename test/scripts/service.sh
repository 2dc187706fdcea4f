# How service managers, cron and other programs hold containers: in the foreground, watched, with hooks and groups.
made one two
foreground() { lxc-start -F -n one < /dev/null > "$T/out" 2>&1 & p=$!; lxc-wait -n one -s RUNNING -t 10; sleep 1; }
foreground; kill -0 $p && echo stays
lxc-stop -n one -t 20; status; wait $p; status
foreground; kill -USR1 $p; wait $p; status
foreground; kill -INT $p; sleep 1; lxc-info -n one -sH; lxc-stop -k one; wait $p
lxc-execute -n one -- sh -c 'exit 6'; status
lxc-monitor -n 'one|tw.' > "$T/events" & p=$!
sleep 2; lxc-start one; lxc-start two; lxc-freeze two; lxc-unfreeze two; lxc-stop -k two; lxc-stop -k one; sleep 1
{ kill $p; wait $p; } 2> /dev/null; status
lxc-monitor -Q > /dev/null 2>&1
grep -v 'exited with' "$T/events" | uniq
lxc-monitor -n 'o(' 2> /dev/null; status
lxc-checkconfig > "$T/check"; status
grep -E '^(Namespaces|Utsname namespace|Ipc namespace|Pid namespace|Network namespace|Cgroups|Cgroup namespace|Veth pair device|Bridges):' "$T/check"
grep -A1 -e '^--- Namespaces ---$' "$T/check"
lxc-unshare -s UTSNAME -H other -- hostname; lxc-unshare -s 'UTSNAME|IPC' -Hother2 hostname; hostname | grep -c other
lxc-unshare -s NETWORK -- ip -o link | wc -l; lxc-unshare -s FOO -- true 2> /dev/null; status
lxc-unshare -s UTSNAME -d -- sleep 0.1; status; lxc-unshare -s USER -- id -u
lxc-usernsexec -m u:0:0:1 -m u:1:100000:10 -m g:0:0:1 -- cat /proc/self/uid_map | tr -s ' '; lxc-usernsexec -m x:0:1:1 -- true 2> /dev/null; status
printf '#!/bin/sh\n{ echo "args ${*%%%%:*}"; env | grep -E "^(LXC|FOO)" | grep -vE "_PID=|_NS=|ROOTFS_MOUNT=" | sort; } >> %s/hooked\n' "$T" > "$T/hook"; chmod +x "$T/hook"
for when in pre-start pre-mount mount start-host stop post-stop; do echo "lxc.hook.$when = $T/hook a b" >> /var/lib/lxc/two/config; done
printf '%s\n' 'lxc.hook.version = 1' 'lxc.environment = FOO=bar baz' 'lxc.group = onboot web' 'lxc.group = db' >> /var/lib/lxc/two/config
lxc-start two; lxc-stop -k two; lxc-wait -n two -s STOPPED -t 10; cat "$T/hooked"
sed -i 's/version = 1/version = 0/' /var/lib/lxc/two/config; rm "$T/hooked"
lxc-start two; lxc-stop -n two -t 20; cat "$T/hooked"
lxc-ls -g web; lxc-ls -g onboot,db -1; lxc-ls -g nothing; lxc-ls -f -F NAME,GROUPS,AUTOSTART | sed 's/ *$//'
lxc-info -n two -c lxc.group -c lxc.environment -c lxc.hook.version
mkdir "$T/parts"; echo 'lxc.environment = IN=1' > "$T/parts/a.conf"; echo 'lxc.environment = OUT=1' > "$T/parts/b.txt"
printf '%s\n' "lxc.include = $T/parts" 'lxc.prlimit.nofile = 100:200' 'lxc.proc.oom_score_adj = 10' >> /var/lib/lxc/one/config
lxc-start one; lxc-attach -n one -- sh -c 'echo in:$IN out:$OUT; cat /proc/1/oom_score_adj; grep files /proc/1/limits' | tr -s ' '
lxc-attach -n one -- cat /proc/mounts | grep -E ' /(proc|sys)[ /]' | cut -d' ' -f2,3 | sort
lxc-stop -k one; echo 'lxc.rootfs.managed = 0' >> /var/lib/lxc/one/config; lxc-destroy one > /dev/null 2>&1; status; ls /var/lib/lxc/one/rootfs | wc -l; test -e /var/lib/lxc/one/config; status; lxc-ls -1 | grep one
