# Copies and snapshots.
made c1
lxc-copy -n c1 -N c2; status
lxc-copy -n c1 -N c2 2> /dev/null; status
lxc-copy -n nobody -N c3 2> /dev/null; status
lxc-copy -n c1 2> /dev/null; status
lxc-info -n c2 -c lxc.uts.name
printf '#!/bin/sh\necho hook "$@" from "$LXC_SRC_NAME" to "$LXC_NAME"\n' > $T/clone; chmod +x $T/clone
echo "lxc.hook.clone = $T/clone 1>> $T/cloned" >> /var/lib/lxc/c2/config
lxc-copy -n c2 -N c3 -R -- not told; status; cat $T/cloned; sed -i /hook.clone/d /var/lib/lxc/c3/config
lxc-ls -1
lxc-snapshot -n c1 -L
lxc-snapshot -n c1 > /dev/null 2>&1; status
echo 'before the upgrade' > $T/comment
lxc-snapshot -n c1 -c $T/comment > /dev/null 2>&1; status
lxc-snapshot -n c1 -L | cut -d' ' -f1
lxc-snapshot -n c1 -L -C | grep -v '^snap'
for s in $(lxc-snapshot -n c1 -L | awk '{ print $1 }'); do echo "has $s"; done
touch /var/lib/lxc/c1/rootfs/tmp/later
lxc-snapshot -n c1 -r snap0; status
test -e /var/lib/lxc/c1/rootfs/tmp/later; status
lxc-snapshot -n c1 -r snap1 -N c4; status
lxc-ls -1
lxc-snapshot -n c1 -r nosuch 2> /dev/null; status
lxc-destroy -n c1 2> /dev/null; status
lxc-snapshot -n c1 -d snap0; status
lxc-snapshot -n c1 -d nosuch 2> /dev/null; status
lxc-snapshot -n c1 -d ALL; status
lxc-snapshot -n c1 -L
lxc-snapshot -n nobody -L 2> /dev/null; status
lxc-snapshot -n c1 > /dev/null 2>&1
lxc-destroy -n c1 -s; status
lxc-start -n c3
lxc-destroy -n c3 2> /dev/null; status
lxc-copy -n c3 -N c5 2> /dev/null; status
lxc-destroy -n c3 -f; status
for c in $(lxc-ls); do lxc-destroy -n "$c"; done
lxc-ls | wc -l
