# Less usual words on the command line: configurations that are no files, options twice, tasks together.
made c1 c2
lxc-create -n e1 -t none -f /dev/null; status
lxc-create -n e2 -t none -f <(printf 'lxc.uts.name = piped\nlxc.tty.max = 3\n'); status
lxc-info -n e2 -c lxc.tty.max
mkfifo "$T/fifo"; (sleep 0.5; echo 'lxc.tty.max = 4' > "$T/fifo") &
lxc-create -n e3 -t none -f "$T/fifo"; status
lxc-info -n e3 -c lxc.tty.max
lxc-info -n c1 -s --rcfile /dev/null; lxc-wait -n c1 -s STOPPED --rcfile=/dev/null; status
lxc-start -n c1 -f <(sed 's/uts.name.*/uts.name = other/' /var/lib/lxc/c1/config); status
lxc-attach -n c1 -- hostname
lxc-stop -n c1 -k --rcfile /dev/null; status
lxc-execute -n c1 --rcfile <(cat /var/lib/lxc/c1/config) -- hostname; status
lxc-snapshot -n c1 -L --rcfile /dev/null; status
# A hook that finds the copy by each of its variables.
cat > "$T/hook" << 'H'
#!/bin/sh
echo "$*" "$LXC_SRC_NAME" "$LXC_NAME" > "$LXC_ROOTFS_MOUNT/etc/mount"
echo "$LXC_NAME" > "${LXC_ROOTFS_PATH#*:}/etc/path"
echo 'lxc.tty.max = 5' >> "$LXC_CONFIG_FILE"
H
chmod +x "$T/hook"; echo "lxc.hook.clone = $T/hook one" >> /var/lib/lxc/c1/config
lxc-copy -n c1 -N k1 -- two 'th ree'; status
cat /var/lib/lxc/k1/rootfs/etc/mount /var/lib/lxc/k1/rootfs/etc/path; lxc-info -n k1 -c lxc.tty.max
ls /var/lib/lxc/c1/rootfs/etc
echo c2 > /var/lib/lxc/c2/rootfs/etc/hostname
lxc-copy -n c2 -N r2 -R; status
[ "$(cat /var/lib/lxc/r2/rootfs/etc/hostname)" = r2 ]; status
lxc-info -n r2 -c lxc.uts.name
for type in dir none best; do lxc-create -n "b$type" -t none -B $type; status; done
lxc-create -n b4 -t none -B nonsense 2> /dev/null; status
mkdir "$T/shown"; echo shown > "$T/shown/file"; rm -f "$T/hook"; sed -i /hook.clone/d /var/lib/lxc/c1/config
lxc-copy -n c1 -e -N e5 -m "bind=$T/shown:mnt/a,bind=$T/shown:/mnt/b:ro"; status
lxc-attach -n e5 -- cat /mnt/a/file /mnt/b/file
lxc-stop -n e5 -k; lxc-wait -n e5 -s STOPPED -t 10; status
