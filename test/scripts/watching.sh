# What watches containers: checks of nagios and munin, inventories, ssh loops, reports by mail.
ip link add br0 type bridge && ip address add 10.9.8.1/24 dev br0 && ip link set br0 up
made app base db
n=10
for c in app db; do
    sed -i '/^lxc.net/d' /var/lib/lxc/$c/config
    printf '%s\n' 'lxc.net.0.type = veth' 'lxc.net.0.link = br0' 'lxc.net.0.flags = up' "lxc.net.0.ipv4.address = 10.9.8.$((n++))/24" >> /var/lib/lxc/$c/config
done
printf 'lxc.start.auto = 1\nlxc.start.order = 5\nlxc.group = web\n' >> /var/lib/lxc/app/config
lxc-start -n app -d && lxc-start --name=db --daemon; status
# A check of memory: thresholds in per cent of the limit.
lxc-cgroup -n app memory.limit_in_bytes 64M
used=$(lxc-cgroup -n app memory.usage_in_bytes) limit=$(lxc-cgroup -n app memory.limit_in_bytes)
percent=$((used * 100 / limit)); [ $percent -ge 0 ] && [ $percent -lt 90 ] && echo "LXC app OK - used memory|limit=${limit}B"
lxc-cgroup -n app memory.memsw.limit_in_bytes > /dev/null 2>&1 || echo no swap accounting
echo $(($(lxc-cgroup -n app memory.limit_in_bytes) / 1024 / 1024))M
lxc-cgroup -n app memory.stat | awk '$1 == "cache" || $1 == "rss" { print $1, ($2 >= 0 ? "bytes" : "?") }' | sort
lxc-cgroup -n app cpuacct.usage | grep -c '^[0-9]\{1,\}$'
lxc-cgroup -n app cpuacct.stat | awk '{ print $1 }'
lxc-cgroup -n base memory.usage_in_bytes 2> /dev/null || echo stopped or none
lxc-info -n app | grep 'Memory use' | tr -s ' ' | cut -d ' ' -f 3 | cut -d . -f 1 | grep -c '^[0-9]*$'
lxc-info -n app -SH | awk -F': *' '$1 == "Memory use" { print ($2 > 0 ? "memory" : "none") } $1 == "CPU use" { print ($2 >= 0 ? "cpu" : "none") }'
lxc-info -n app -S | sed -n 's/^ *\(TX\|RX\|Total\) bytes:.*/\1/p'
lxc-info -n app | awk '/^Link:/ { link = $2 } /bytes:/ { print $1, (link != "" ? "of a link" : "of none") }'
# A check of what should run, and of what starts with the host.
status=0; for c in app db base; do [ "$(lxc-info -n $c -s -H)" = RUNNING ] || { status=2; missing="$missing $c"; }; done; echo "status $status:$missing"
grep -L '^lxc.start.auto *= *1' /var/lib/lxc/*/config | xargs -n1 dirname | xargs -n1 basename
for c in $(lxc-ls -1); do auto=$(lxc-info -n "$c" -c lxc.start.auto -H); [ "${auto:-0}" = 1 ] && echo "$c starts with the host"; done
lxc-ls -f -F NAME,AUTOSTART | awk 'NR > 1 && $2 == 0 { print $1 }'
lxc-ls --running -1 | wc -l; lxc-ls --stopped -1 | wc -l; lxc-ls --frozen -1 | wc -l; lxc-ls --defined -1 | wc -l
echo "lxc.value $(lxc-ls --running | wc -w)"
# Tables taken apart.
lxc-ls -f | grep -w app | cut -d' ' -f1
lxc-ls -f | grep RUNNING | awk '{ print $1 }'
lxc-ls -f | grep 'app ' | awk '{ print $5 }'
lxc-ls -f | grep app | tr -s ' ' | cut -d ' ' -f 5
lxc-ls -f | sed 's/  */ /g' | grep -E 'RUNNING|STOPPED' | cut -f2 -d' '
lxc-ls -f | awk 'NR > 1 { count[$2]++ } END { for (s in count) print s, count[s] }' | sort
lxc-ls -f --running | awk '!/^NAME/ { printf "%s ansible_host=%s\n", $1, $5 }'
lxc-ls --fancy-format name,state,pid,ipv4 --fancy | awk '{ print $1, $2, ($3 ~ /^[0-9]+$/ ? "pid" : $3), $4 }'
lxc-ls --fancy-format NAME --running --line
lxc-ls -F NAME,STATE,IPV4 --fancy | column -t | head -n 1
lxc-ls -f -F IPV4,NAME | awk '$1 != "-" && NR > 1 { print $1 "\t" $2 }' > "$T/hosts"; cat "$T/hosts"
lxc-ls -f -F NAME,IPV4 --filter '^(app|db)$' | grep -oE '([0-9]+\.){3}[0-9]+'
lxc-ls | xargs -n 1 | grep -v base | sed 's/$/.example.com/'
lxc-ls | grep app | wc -l
lxc-ls -1 'app|base'; lxc-ls --filter='^(web|db)' -1
printf '%-8s %s\n' name state; lxc-ls -1 | while read -r c; do printf '%-8s %s\n' "$c" "$(lxc-info -n "$c" -sH < /dev/null)"; done
[[ $(lxc-ls -f) =~ app\ +RUNNING ]] && echo matched
lxc-ls -f | python3 -c 'import sys; rows = [l.split() for l in sys.stdin]; print([dict(zip(rows[0], r))["STATE"] for r in rows[1:]])'
python3 -c 'import subprocess; print([c for c in subprocess.check_output(["lxc-ls", "-1"]).decode().splitlines()])' 2> /dev/null
lxc-info -n app | python3 -c 'import sys; d = dict(l.split(":", 1) for l in sys.stdin if ":" in l); print(d["State"].strip(), int(d["PID"]) > 1)'
# Addresses into files, rules and names.
ip=$(lxc-info -n app | awk '/^IP:/ { print $2 }'); echo "$ip"; [ -n "$ip" ] && echo "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination $ip"
until [ -n "$(lxc-info -n db -iH)" ]; do sleep 0.2; done; lxc-info -n db -iH | head -n 1
lxc-info -n db -i | grep -oE '([0-9]{1,3}\.){3}[0-9]{1,3}'
for c in $(lxc-ls --active); do echo "$(lxc-info -n $c -iH) $c"; done | sort
[[ $(lxc-info -n base -iH) ]] || echo base has none
lxc-attach -n app -- ip -4 -o addr show eth0 | awk '{ split($4, a, "/"); print a[1] }'
lxc-attach -n app -- ping -c1 -W2 10.9.8.11 > /dev/null && echo app reaches db
link=$(lxc-info -n app | grep Link | awk '{ print $2 }'); bridge link show dev "$link" | grep -o 'master br0'
pid=$(lxc-info -n app -p | awk '{ print $2 }'); mkdir -p /run/netns && ln -sf "/proc/$pid/ns/net" "$T/netns"; nsenter --net="$T/netns" ip -4 -o addr show eth0 | grep -o '10.9.8.[0-9]*/'
ps -o comm= -p "$(lxc-info -n app -pH)"; ps -eo pid= --ppid "$(lxc-info -n app -pH)" > /dev/null; status
stat -c %F "/proc/$(lxc-info -n app -pH)/root/etc"
grep -c . "/proc/$(lxc-info -n app -pH)/cgroup" > /dev/null; status
# The same for all that run, and on each.
for c in $(lxc-ls --running); do printf '== %s: ' "$c"; lxc-attach -n "$c" -- sh -c 'echo "$(hostname) $(cat /proc/uptime | wc -w)"'; done
lxc-ls --running -1 | xargs -I{} lxc-attach -n {} -- sh -c 'echo {} $((1 + 1))'
lxc-ls --running -1 | xargs -P 2 -I{} lxc-attach -n {} -- hostname | sort
parallel_out=$(for c in app db; do lxc-attach -n $c -- sh -c "sleep 0.2; echo $c" & done; wait); echo "$parallel_out" | sort
mapfile -t up < <(lxc-ls --running -1); echo "${#up[@]}: ${up[*]}"
readarray -t all <<< "$(lxc-ls -1)"; echo "${all[-1]}"
while IFS= read -r c; do lxc-attach -n "$c" -- true < /dev/null && echo "$c answers"; done < <(lxc-ls -1 --active)
if lxc-attach -n db -- sh -c 'test -e /etc/passwd && ! test -e /etc/nothing' < /dev/null; then echo files as expected; fi
lxc-attach -n app -- df -P / | awk 'NR == 2 { print ($5 + 0 <= 100 ? "fits" : "full") }'
lxc-attach -n app -- sh -c 'cat /proc/loadavg' | awk '{ print NF }'
uptime=$(lxc-attach -n app -- cut -d. -f1 /proc/uptime); [ "$uptime" -gt 0 ] && echo "up"
# Changes, as they come.
timeout 20 lxc-monitor -n app | while read -r line; do case $line in *STOPPED*) echo "mail: app has stopped"; break ;; *FROZEN*) echo "mail: app is frozen" ;; esac; done | uniq & watcher=$!
sleep 1.5; lxc-freeze -n app; lxc-unfreeze -n app; lxc-stop -k -n app; wait $watcher; status
lxc-wait -n db -s 'STOPPED|ABORTING' -t 20 & waiter=$!; sleep 0.3; lxc-stop -n db -k; wait $waiter && echo "db has ended"
lxc-wait -n app -s RUNNING -t 0; status
lxc-wait -n app -s STOPPED -t -1; status
lxc-info -n app | grep -cE '^(Name|State):'
lxc-monitor -Q > /dev/null 2>&1
for c in $(lxc-ls -1); do lxc-destroy -fn "$c"; done > /dev/null; lxc-ls -f; ip link delete br0
