# What administrators' own scripts do with the commands: loops, pipes, tests of what is printed.
made base web db
running() { [ "$(lxc-info -sHn "$1" 2> /dev/null)" = RUNNING ]; }
for c in web db; do running $c || lxc-start -d -n $c; done; status
running web && echo web is up
running base || echo base is down
lxc-ls --fancy | awk '{ print $1 }' | grep -v NAME
lxc-ls --fancy | awk '{ print $1 }' | grep -v NAME | xargs -I {} echo 'container {}.'
lxc-ls -f | grep -E 'RUNNING.*0' | cut -d ' ' -f1
lxc-ls -f | tail -n +2 | while read -r name state auto rest; do echo "$name is $state ($auto)"; done
lxc-ls -f -F NAME,STATE | sed 's/ *$//'
lxc-ls -1 | while read -r name; do lxc-info -n "$name" -s; done
lxc-ls --running -1 | while read -r name; do lxc-attach -n "$name" -- hostname < /dev/null; done
lxc-ls --running | xargs -n1 echo
lxc-ls --running | xargs -rn1 lxc-info -sn
lxc-ls --stopped | xargs -rn1 lxc-info -H -s -n
lxc-ls -1 --filter='^w' | while read -r name; do echo "$name"; done
lxc-ls | grep -qw db; status
lxc-ls | grep -qw nobody; status
lxc-ls | sed 's/ *$//' | paste -sd,
lxc-info -n web | grep -i '^state' | tr -s ' '
lxc-info --name web --state --no-humanize; status
lxc-info -n web | awk '$1 == "State:" { print $2 }'
lxc-info -n nobody 2>&1 | grep -c "doesn't exist"
if lxc-info -n nobody > /dev/null 2>&1; then echo there; else echo none; fi
if lxc-info -n base > /dev/null 2>&1; then echo there; else echo none; fi
pid=$(lxc-info -n web -p -H); nsenter -t "$pid" -n ip -o link show lo | cut -d' ' -f2
nsenter -t "$(lxc-info -pHn web)" -u hostname
nsenter --target "$(lxc-info -n web -pH)" --mount --uts --ipc --net --pid -- hostname
ls "/proc/$(lxc-info -n web -p | awk '{ print $2 }')/root" | sort | head -n 3
[ -z "$(lxc-info -n web -iH)" ] && echo no address
timeout 10 lxc-attach --clear-env -n web -- /bin/sh -c 'echo "HOME is ${HOME:-none}"'; status
timeout -s KILL 20 lxc-attach --clear-env -n web -- sh -l -c true; status
echo 'key of somebody' | lxc-attach -n web -- sh -c 'mkdir -p /root/.ssh; cat >> /root/.ssh/authorized_keys'; status
lxc-attach -n web -- cat /root/.ssh/authorized_keys
tar -C "$T" -cf - tlxc.conf | lxc-attach -n web -- tar -C /tmp -xf -; lxc-attach -n web -- test -s /tmp/tlxc.conf; status
lxc-attach -n web -- sh -c 'cd /etc && cat passwd' > "$T/passwd"; cmp "$T/passwd" /var/lib/lxc/web/rootfs/etc/passwd; status
out=$(lxc-attach -n web -- sh -c 'echo first; exit 3'); echo "$out $?"
lxc-attach -n web -- sh << 'IN'
a=1
echo "lines $((a + 1))"
exit 5
IN
status
lxc-attach -n web -- sh -c 'echo a; echo b >&2' 2>&1 | sort
lxc-attach -n web -- false || echo it failed
lxc-attach -n web -- true && echo it worked
for i in 1 2 3; do lxc-attach -n web -- echo "time $i" & done | sort; wait
lxc-attach -n db -- sh -c 'sleep 100 & echo started'; status
lxc-attach -qn web -- hostname
lxc-attach -n web -- ps 2> /dev/null | grep -c '[i]nit'
lxc-attach --name=web --clear-env --set-var=LANG=C -- sh -c 'echo $LANG'
lxc-cgroup -n web memory.limit_in_bytes 128M && lxc-cgroup -n web memory.limit_in_bytes | head -n 1
used=$(lxc-cgroup -n web memory.usage_in_bytes); [ "$used" -gt 0 ] && echo used
lxc-cgroup -n web cpuset.cpus | head -n 1 | grep -c '[0-9]'
grep -m1 '^lxc.uts.name' "$(lxc-config lxc.lxcpath)/web/config" | cut -d= -f2 | tr -d ' '
lxc-info -n web -c lxc.rootfs.path | cut -d= -f2- | tr -d ' '
rootfs=$(lxc-info -H -c lxc.rootfs.path -n web); test -d "${rootfs#dir:}/bin"; status
lxc-stop -n db -t 5 || lxc-stop -n db -k; status
lxc-stop --kill --name=db 2> /dev/null; status
lxc-copy -n base -N copy1 && lxc-start -n copy1 && lxc-wait -n copy1 -s RUNNING -t 5; status
lxc-ls -1 | grep '^copy' | sort -r | xargs -r lxc-destroy -fn > /dev/null; status
lxc-destroy -fn copy1 2> /dev/null || true
lxc-copy -s -n base -N overlaid > /dev/null 2>&1; status
lxc-start -n overlaid; lxc-attach -n overlaid -- sh -c 'echo changed > /etc/changed'; status
test -e /var/lib/lxc/base/rootfs/etc/changed; status
lxc-destroy -n base 2> /dev/null; status
lxc-destroy -fn overlaid > /dev/null; lxc-destroy -n base > /dev/null; status
lxc-stop -n web; lxc-wait -n web -s STOPPED -t 30 && tar -C /var/lib/lxc/web --numeric-owner -czf "$T/web.tgz" . ; status
lxc-destroy -n web > /dev/null; mkdir /var/lib/lxc/web && tar -C /var/lib/lxc/web --numeric-owner -xzf "$T/web.tgz"
lxc-start -n web && lxc-attach -n web -- cat /root/.ssh/authorized_keys
sed -i 's/^lxc.uts.name.*/lxc.uts.name = renamed/' /var/lib/lxc/web/config
lxc-stop -r -n web -t 10; lxc-wait -n web -s RUNNING -t 10; lxc-attach -n web -- hostname
lxc-stop -n web && lxc-start -n web && lxc-attach -n web -- hostname
for c in $(lxc-ls --active); do lxc-stop -n "$c" -k & done; wait
lxc-ls --running | wc -l
for c in $(lxc-ls -1); do lxc-destroy --force --name="$c"; done | sort
lxc-ls -1
