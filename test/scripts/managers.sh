# How programs that manage containers call the commands: the command lines of pct, waydroid, ganeti, vagrant, ansible,
# salt, autopkgtest, juju, docker's first driver, init scripts, and what they take from the answers.
made 100 web
ip link add br0 type bridge && ip address add 10.9.8.1/24 dev br0 && ip link set br0 up
printf '%s\n' 'lxc.net.0.type = veth' 'lxc.net.0.link = br0' 'lxc.net.0.flags = up' 'lxc.net.0.ipv4.address = 10.9.8.7/24' > "$T/net"
sed -i '/^lxc.net/d' /var/lib/lxc/web/config; cat "$T/net" >> /var/lib/lxc/web/config
store=$(lxc-config lxc.lxcpath)
# Containers called by numbers, in the foreground of a unit.
lxc-start -F -n 100 < /dev/null > /dev/null 2>&1 & unit=$!
lxc-wait -n 100 -s RUNNING -t 20; status
lxc-info -n 100 -p | sed -n 's/^PID: *\([0-9]*\)$/a number/p'
lxc-info -n 100 -s | awk '{ print $2 }'
pid=$(lxc-info -n 100 -p -H) && readlink "/proc/$pid/exe" | xargs basename
lxc-attach -n 100 --clear-env --keep-var TERM -- sh -c 'echo in $(hostname)' < /dev/null; status
lxc-attach -n 100 --clear-env -- chpasswd -e <<< 'root:*' 2> /dev/null; status
lxc-attach -n 100 -s 'NETWORK|UTSNAME' -- hostname
lxc-cgroup -n 100 memory.limit_in_bytes 268435456; lxc-cgroup -n 100 memory.limit_in_bytes
lxc-cgroup -n 100 cpu.cfs_quota_us 50000; lxc-cgroup -n 100 cpu.cfs_period_us
lxc-cgroup -n 100 cpuset.cpus 0; lxc-cgroup -n 100 cpuset.cpus
lxc-device -n 100 add /dev/fuse; lxc-attach -n 100 -- test -c /dev/fuse; status
lxc-freeze -n 100; lxc-info -n 100 -s -H; lxc-unfreeze -n 100
lxc-stop -n 100 --nokill --timeout 30; status
wait $unit; status
lxc-start -F -n 100 -l DEBUG -o "$T/100.log" < /dev/null > /dev/null 2>&1 & unit=$!
lxc-wait -n 100 -s RUNNING -t 20; test -s "$T/100.log"; status
lxc-stop -n 100 --kill; wait $unit 2> /dev/null; lxc-info -n 100 -sH
lxc-info -n 100 -p; lxc-info -n 100 -pH | wc -c
lxc-config lxc.cgroup.use | wc -l
# A store of the program's own, a configuration that includes another, its own init.
own=$T/waydroid/lxc; mkdir -p "$own/way"; cp -a "$T/rootfs" "$own/rootfs"
printf '%s\n' "lxc.rootfs.path = $own/rootfs" 'lxc.uts.name = way' 'lxc.arch = x86_64' 'lxc.autodev = 0' 'lxc.net.0.type = none' 'lxc.net.0.type = empty' \
    'lxc.mount.auto = cgroup:ro sys:ro proc' 'lxc.console.path = none' "lxc.include = $own/way/nodes" 'lxc.no_new_privs = 1' > "$own/way/config"
printf '%s\n' 'lxc.mount.entry = tmpfs dev tmpfs nosuid 0 0' 'lxc.mount.entry = /dev/zero dev/zero none bind,create=file,optional 0 0' \
    'lxc.mount.entry = /dev/null dev/null none bind,create=file,optional 0 0' \
    'lxc.mount.entry = /dev/nosuch dev/nosuch none bind,create=file,optional 0 0' > "$own/way/nodes"
lxc-info -P "$own" -n way -sH; status
lxc-start -P "$own" -F -n way -- /sbin/init < /dev/null > /dev/null 2>&1 & unit=$!
for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(lxc-info -P "$own" -n way -sH)" = RUNNING ] && break; sleep 0.5; done; lxc-info -P "$own" -n way -sH
lxc-attach -P "$own" -n way --clear-env --set-var PATH=/bin:/sbin --set-var ANDROID=/system -- sh -c 'echo $ANDROID; test -c /dev/zero'; status
lxc-attach -P "$own" -n way --clear-env -u 1000 -g 1000 -- id -u
lxc-freeze -P "$own" -n way; lxc-info -P "$own" -n way -sH; lxc-unfreeze -P "$own" -n way; lxc-info -P "$own" -n way -sH
lxc-ls -P "$own" -1 --running; lxc-ls -P "$own" -f -F NAME,STATE | sed 's/ *$//'
lxc-stop -P "$own" -n way -k; status; wait $unit 2> /dev/null
lxc-stop -P "$own" -n way 2> /dev/null; status
# Started by a file that is no container's, with a log, and looked for among those that run.
sed "s/^lxc.uts.name.*/lxc.uts.name = web.example.com/" /var/lib/lxc/web/config > "$T/instance.conf"
lxc-start -n web -o "$T/web.log" -l DEBUG -f "$T/instance.conf" -d; status
lxc-wait -n web -s RUNNING; lxc-ls --running | tr -s ' \n' '\n' | grep -x web
lxc-info -n web -s | grep -E '^State:[[:space:]]+RUNNING$' | tr -s ' '
lxc-info --name web | grep -iE '^state:[^A-Z]+[A-Z]+$' | tr -s ' '
lxc-info --name web --state --no-humanize
lxc-info --name web -iH; lxc-info --name web --ips --no-humanize
lxc-info -Hpn 'web' | grep -cx '[0-9]*'
lxc-attach --name web --namespaces 'NETWORK|MOUNT' -- /sbin/ip -4 addr show scope global eth0 | grep -oE 'inet [0-9.]+' | cut -d' ' -f2
lxc-attach --name web -- su - root -c 'hostname'
lxc-attach --clear-env --name web -- su - root -c 'echo "$0 $HOME"'; status
lxc-attach --name=web -- /bin/sh -c 'echo "$1"' sh 'one "two"'
lxc-attach --name web -- sh -c 'cat > /etc/copied; chmod 600 /etc/copied' < "$T/net"; lxc-attach --name web -- cat /etc/copied | cmp - "$T/net"; status
lxc-attach --name web -- dd of=/tmp/put bs=65536 < "$T/net" 2> /dev/null; lxc-attach --name web -- dd if=/tmp/put bs=65536 2> /dev/null | cmp - "$T/net"; status
lxc-attach --clear-env --keep-var PATH --set-var http_proxy=none --set-var no_proxy=a,b -n web -- sh -c 'echo "$http_proxy $no_proxy"'
lxc-info -n web | sed -n 's/^\([A-Za-z]*\): *\(.*\)$/\1=\2/p' | grep -E '^(Name|State|IP)='
lxc-info -n web | grep -c RUNNING
lxc-info -n web | awk -F': +' '$1 ~ /^(Name|State|IP)$/ { print tolower($1) "=" $2 }'
lxc-info -n web -c lxc.rootfs.path | sed 's/.*= *\(dir:\)*//'
lxc-info -n web -c lxc.net.0.link -c lxc.net.0.ipv4.address | sed 's/.* = //'
lxc-attach --quiet --clear-env --name web runlevel 2> /dev/null; [ $? -ne 1 ] || echo none yet
lxc-info -n web -S | grep -q '^ *Link:'; lxc-info -n web | grep Link | wc -w
veth=$(lxc-info -n web -c lxc.net.0.veth.pair -H); ip link show "$(lxc-info -n web | awk '/^Link:/ { print $2 }')" > /dev/null; status
lxc-stop -n web --kill --timeout 0 2> /dev/null; lxc-wait -n web --state=STOPPED --timeout=10; status
lxc-stop --quiet --kill --name web 2> /dev/null; status
# Throw-away copies for tests.
lxc-copy --quiet --name web --newname ci-1 --ephemeral > /dev/null 2>&1; status
lxc-wait --name ci-1 --state RUNNING --timeout 10; lxc-attach --quiet --name ci-1 -- sh -c 'echo dirt > /etc/dirt; hostname'
test -e "$store/web/rootfs/etc/dirt"; status
lxc-stop --quiet --kill --name ci-1; lxc-wait --name ci-1 --state STOPPED --timeout 10; status
for i in 1 2 3 4 5 6 7 8 9 10; do lxc-ls -1 | grep -qx ci-1 || break; sleep 0.3; done; lxc-ls -1
# Init scripts.
for c in $(find "$store" -mindepth 2 -maxdepth 2 -name config | xargs -n1 dirname | xargs -n1 basename | sort); do echo "* $c"; done
for dir in "$store"/*; do [ -e "$dir/config" ] && c=${dir##*/} && lxc-info -n "$c" > /dev/null 2>&1 && echo "$c $(lxc-info -n "$c" -sH)"; done
lxc-start --logfile="$T/init.log" --logpriority=ERROR --name=100 --daemon; status
lxc-wait --name=100 --state='RUNNING' --timeout=5; status
lxc-stop --name=100 --timeout=20; status
lxc-stop -n 100 -t 5 & lxc-stop -n web -t 5 & wait; status
lxc-autostart -saA -t5; status
lxc-autostart --quiet --ignore-auto --all 2> /dev/null; status
lxc-autostart --ignore-auto --all --list | awk '{ print $1 }'
lxc-autostart --shutdown --ignore-auto --all --timeout 20; status; lxc-ls --running | wc -w
lxc-destroy --quiet --force --name 100; status
lxc-destroy -fqn web; status; lxc-ls | wc -w
ip link delete br0
