# The daily life of somebody who is not root: containers in the home directory, made from the user's own default.conf.
chmod 755 ~; mkdir -p ~/.config/lxc
cat > ~/.config/lxc/default.conf << C
lxc.net.0.type = empty
lxc.idmap = u 0 $(awk -F: '$1 == "ann" { print $2, $3 }' /etc/subuid)
lxc.idmap = g 0 $(awk -F: '$1 == "ann" { print $2, $3 }' /etc/subgid)
C
store=$(lxc-config lxc.lxcpath); echo "$store"
lxc-config lxc.default_config
lxc-ls; lxc-ls -1; lxc-ls -f; status
lxc-info -n web; status
lxc-create -t busybox -n web > /dev/null 2>&1; status
lxc-create -t busybox -n web 2>&1 | grep -ci 'already exists'
lxc-create --name db --template busybox --bdev dir > /dev/null 2>&1; status
lxc-ls -f -F NAME,STATE,AUTOSTART,UNPRIVILEGED | sed 's/ *$//'
grep -c '^lxc.idmap' "$store/web/config"; lxc-info -n web -c lxc.idmap | head -n 1 | cut -d' ' -f1
echo 'lxc.uts.name = web.example' >> "$store/web/config"
lxc-start -n web -d -l INFO -o "$T/web.log"; status
test -f "$T/web.log"; status
lxc-wait -n web -s RUNNING -t 10; status
lxc-info -n web -sH; lxc-info --name web --state | awk '{ print $2 }'
pid=$(lxc-info -n web -p -H); [ "$pid" -gt 1 ] && echo "a pid"; ps -o user= -p "$pid" | grep -c "^$(awk -F: '$1 == "ann" { print $2 }' /etc/subuid)"
lxc-ls --active -1; lxc-ls --stopped -1; lxc-ls | sed 's/ *$//'
for c in $(lxc-ls --running); do lxc-attach -n "$c" -- hostname; done
lxc-attach -n web -- id -u; lxc-attach -n web -- sh -c 'exit 42'; status
lxc-attach -n web -- cat /proc/self/uid_map | tr -s ' '
lxc-attach -n web --clear-env -- /bin/sh -c 'echo "HOME is ${HOME:-none}"'; status
lxc-attach -n web --clear-env -v GREETING=hello -- sh -c 'echo $GREETING'
lxc-attach -n web -u 1000 -g 1000 -- id -u
echo 'from outside' | lxc-attach -n web -- tee /etc/note; lxc-attach -n web -- cat /etc/note
tar -C "$HOME" -cf - .config | lxc-attach -n web -- tar -C /tmp -xf -; lxc-attach -n web -- test -d /tmp/.config; status
lxc-attach -n web -- tar -C /etc -cf - note | tar -xOf -
out=$(lxc-attach -n web -- sh -c 'echo first; exit 3'); echo "$out $?"
echo 'hostname; exit 4' | lxc-attach -n web; status
lxc-attach -n web -- /no/such/program 2> /dev/null; status
cat "$store/web/rootfs/etc/note"; ls -ln "$store/web/rootfs/etc/note" | awk '{ print $3 }' | grep -c "^$(awk -F: '$1 == "ann" { print $2 }' /etc/subuid)"
rm "$store/web/rootfs/etc/note" 2> /dev/null; status
lxc-cgroup -n web pids.max 100; status
lxc-cgroup -n web pids.max | head -n 1
lxc-freeze -n web; lxc-info -n web -sH; lxc-unfreeze -n web; lxc-info -n web -sH
lxc-start -n web 2> /dev/null; status
lxc-destroy -n web 2> /dev/null; status
lxc-copy -n web -N copy 2> /dev/null; status
lxc-stop -n web -k; status
lxc-stop -n web 2> /dev/null; status
lxc-wait -n web -s STOPPED -t 10; status
lxc-copy -n web -N copy; status
lxc-info -n copy -c lxc.uts.name
lxc-start -n copy; lxc-attach -n copy -- test -e /etc/note; status
lxc-stop -n copy -k; lxc-destroy -n copy > /dev/null; status
lxc-snapshot -n web > /dev/null 2>&1; status
lxc-snapshot -n web -L | cut -d' ' -f1
lxc-snapshot -n web -r snap0 -N restored; status
lxc-snapshot -n web -d snap0; status
lxc-ls -1
lxc-execute -n db -- sh -c 'hostname; exit 6'; status
echo data | lxc-execute -n db -- cat; status
lxc-usernsexec -m u:0:0:1 -- true 2> /dev/null || echo 'not so'
lxc-usernsexec -- id -u; lxc-usernsexec -s -- sh -c 'cd "$1" && stat -c %u:%g etc' - "$store/db/rootfs"
lxc-usernsexec -s -- tar -C "$store/db" --numeric-owner -czf - . > "$T/db.tgz"; tar -tvzf "$T/db.tgz" ./rootfs/etc/passwd | awk '{ print $1, $2, $NF }'
lxc-usernsexec -m u:0:$(id -u):1 -m g:0:$(id -g):1 -- sh -c 'id -u; cat /proc/self/uid_map' | tr -s ' '
lxc-usernsexec -- lxc-unshare -s 'UTSNAME|IPC' -H other -- hostname
printf 'lxc.start.auto = 1\nlxc.group = mine\n' >> "$store/db/config"
lxc-autostart -L; lxc-autostart -g mine -L; lxc-autostart -a -L | awk '{ print $1 }'
lxc-autostart -g mine; lxc-ls --running -1
lxc-autostart -g mine -k; lxc-wait -n db -s STOPPED -t 10; lxc-ls --running | wc -l
lxc-monitor -n 'db' > "$T/events" & p=$!; sleep 2; lxc-start -n db; lxc-stop -n db -k; sleep 1; { kill $p; wait $p; } 2> /dev/null
grep -v 'exited with' "$T/events" | uniq; lxc-monitor -Q > /dev/null 2>&1
lxc-checkconfig > /dev/null; status
mkdir "$T/elsewhere"; chmod 755 "$T/elsewhere"; lxc-create -P "$T/elsewhere" -t busybox -n far > /dev/null 2>&1; status
lxc-ls -P "$T/elsewhere" -1; lxc-start -P "$T/elsewhere" -n far; lxc-info -P "$T/elsewhere" -n far -sH
lxc-attach -P "$T/elsewhere" -n far -- hostname; lxc-stop -P "$T/elsewhere" -n far -k; lxc-destroy -P "$T/elsewhere" -n far > /dev/null; status
lxc-destroy -n nobody 2> /dev/null; status
for c in $(lxc-ls -1); do lxc-destroy -f -n "$c"; done > /dev/null; lxc-ls | wc -l
ls "$store"
