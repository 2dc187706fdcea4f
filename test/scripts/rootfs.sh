# Containers made by a template, whose files scripts reach below the container's directory.
ip link add br0 type bridge
store=$(lxc-config lxc.lxcpath)
cat > "$T/seed" << 'C'
lxc.net.0.type = veth
lxc.net.0.link = br0
lxc.net.0.hwaddr = 10:66:6a:xx:xx:xx
C
lxc-create -n c1 -t busybox -f "$T/seed" > /dev/null 2>&1; status
lxc-create -n c1 -t busybox -f "$T/seed" > /dev/null 2>&1; status
grep -c '^lxc.net.0.hwaddr.*xx' "$store/c1/config"
path=$(lxc-info -n c1 -c lxc.rootfs.path -H); echo "$path"
dir=${path#*:}; dirname "$dir"
echo 'made from outside' > "$dir/etc/motd"; mkdir -p "$dir/opt/app" && cp /etc/hostname "$dir/opt/app/"; status
sed -i 's/^root:[^:]*:/root::/' "$dir/etc/passwd"; status
printf '#!/bin/sh\necho "hook for $LXC_NAME" > %s/hooked\n' "$T" > "$store/c1/hook"; chmod +x "$store/c1/hook"
echo "lxc.hook.pre-start = $store/c1/hook" >> "$store/c1/config"
lxc-start -n c1; lxc-wait -n c1 -s RUNNING -t 10; status
cat "$T/hooked"
lxc-attach -n c1 -- cat /etc/motd
lxc-attach -n c1 -- test -s /opt/app/hostname; status
lxc-attach -n c1 -- grep -c '^root::' /etc/passwd
lxc-attach -n c1 -- sh -c 'echo from inside > /root/note'; cat "$dir/root/note"
lxc-attach -n c1 --clear-env -- sh -c 'echo "ann:x:1000:1000::/home:/bin/sh" >> /etc/passwd; ip link set lo up'
lxc-attach -n c1 --clear-env -u 1000 -g 1000 -- ping -c 1 127.0.0.1 | grep -c '1 packets received'
lxc-attach -n c1 -u 1000 -g 1000 -- touch /root/x 2> /dev/null; status
lxc-attach -n c1 -- su -c 'id -un' ann
pid=$(lxc-info -n c1 -pH); cat "/proc/$pid/root/etc/motd"
echo 'lxc.no_new_privs = 1' >> "$store/c1/config"; lxc-stop -n c1 -k; lxc-start -n c1
lxc-attach -n c1 --clear-env -u 1000 -g 1000 -- ping -c 1 127.0.0.1 > /dev/null 2>&1; status
lxc-stop -n c1 -k; sed -i /no_new_privs/d "$store/c1/config"
mkdir "$T/shared" && echo shared > "$T/shared/file"
echo "lxc.mount.entry = $T/shared opt/shared none bind,create=dir" >> "$store/c1/config"
echo "lxc.mount.entry = $T/shared/file opt/one none ro,bind,create=file" >> "$store/c1/config"
echo "lxc.mount.entry = $T/shared $dir/mnt/full none bind,create=dir" >> "$store/c1/config"
echo "lxc.mount.entry = $T/nowhere mnt none bind,optional" >> "$store/c1/config"
lxc-start -n c1; status
lxc-attach -n c1 -- cat /opt/shared/file /opt/one /mnt/full/file
lxc-attach -n c1 -- sh -c 'echo no > /opt/one' 2> /dev/null; status
lxc-stop -n c1 -k
rm -rf "$dir/opt/shared"; ln -s /tmp "$dir/opt/shared"; lxc-start -n c1 2> /dev/null; status; rm "$dir/opt/shared"
rmdir "$dir/proc" "$dir/sys"; lxc-start -n c1; lxc-attach -n c1 -- test -f /proc/version -a -d /sys/fs; status; lxc-stop -n c1 -k
for n in 1 2 3; do lxc-copy -s -n c1 -N s$n > /dev/null 2>&1; status; done
lxc-destroy -n c1 2> /dev/null; status
wc -l < "$store/c1/lxc_snapshots"
lxc-destroy -n s2 > /dev/null; status
wc -l < "$store/c1/lxc_snapshots"
lxc-copy -n c1 -N c2; status
grep '^lxc.rootfs.path\|^lxc.hook.pre' "$store/c2/config" | sed 's/dir://' | sort
grep -h '^lxc.net.0.hwaddr' "$store/c1/config" "$store/c2/config" | sort -u | wc -l
lxc-start -n c2 2> /dev/null; lxc-attach -n c2 -- hostname; lxc-stop -n c2 -k
lxc-destroy -n s1 > /dev/null; lxc-destroy -n s3 > /dev/null; lxc-destroy -n c2 > /dev/null; lxc-destroy -n c1 > /dev/null; status
ls "$store"
ip link delete br0
