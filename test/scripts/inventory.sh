# What runs, and what not: the loops of a report.
made c1 c2 c3
lxc-start -n c1
lxc-start c2 -d
for c in $(lxc-ls); do
    printf '%s ' "$c"
    lxc-info -n "$c" -sH
done
for c in $(lxc-ls -1 --running); do echo "running: $c"; done
lxc-ls --stopped
lxc-ls --active
lxc-ls -1
lxc-ls --defined -1
lxc-ls --filter 'c[12]'
lxc-ls 'c3|c1'
lxc-ls --filter '^nothing'; status
lxc-ls -f -F name,state,autostart,groups
lxc-ls -f | awk 'NR > 1 { print $1, $2, $3, $4 }'
lxc-ls --fancy --fancy-format NAME,STATE,PID | awk '$2 == "RUNNING" { print $1, ($3 > 1 ? "pid" : "none") }'
lxc-ls --fancy -F name,bogus; status
lxc-ls | wc -w
lxc-ls | tr -s ' \n' '\n' | sort -r
lxc-ls -f --running | tail -n +2 | cut -d' ' -f1
[ "$(lxc-info -n c1 -s | awk '{ print $2 }')" = RUNNING ] && echo up
lxc-info -n c3
lxc-info --name c3 --state
lxc-info c3 -p; status
lxc-info -n c3 -pH; status
lxc-info -n c1 -p | sed 's/[0-9]\{1,\}/PID/'
kill -0 "$(lxc-info -n c1 -pH)" && echo alive
lxc-info -n c1 -iH; status
lxc-info -n c1 -c lxc.uts.name
lxc-info -n c1 -c lxc.uts.name -H
lxc-info -n c1 -c lxc.uts.name -c lxc.tty.max
lxc-info -n c1 -c lxc.nonsense; status
lxc-info -n c1 -c lxc.group; status
lxc-info -n c1 -c lxc.mount.auto; status
lxc-info -n c1 | cut -d: -f1 | tr -d ' '
lxc-info -n nobody; status
lxc-info; status
lxc-ls -g web; status
ls /sys/fs/cgroup > /dev/null; lxc-ls --line | sort
