# Completion of the tlxc commands for bash. Written by npm run build:manual from the commands and the registry of keys.

_tlxc_keys='lxc.include lxc.arch lxc.uts.name lxc.init.cmd lxc.init.cwd lxc.init.uid lxc.init.gid lxc.init.groups lxc.signal.halt lxc.signal.reboot lxc.signal.stop lxc.environment lxc.environment.runtime lxc.environment.hooks lxc.execute.cmd lxc.log.file lxc.log.level lxc.log.syslog lxc.rootfs.path lxc.rootfs.mount lxc.rootfs.options lxc.rootfs.managed tlxc.rootfs.volatile lxc.mount.auto lxc.mount.entry lxc.mount.fstab tlxc.mount.base tlxc.mount.lxcfs tlxc.mount.masked tlxc.mount.readonly tlxc.device lxc.autodev lxc.autodev.tmpfs.size lxc.tty.max lxc.tty.dir lxc.pty.max lxc.console.path lxc.console.logfile lxc.console.size lxc.console.buffer.size lxc.console.rotate lxc.net.0.type lxc.net.0.flags lxc.net.0.link lxc.net.0.name lxc.net.0.hwaddr lxc.net.0.mtu lxc.net.0.ipv4.address lxc.net.0.ipv4.gateway lxc.net.0.ipv6.address lxc.net.0.ipv6.gateway lxc.net.0.l2proxy lxc.net.0.script.up lxc.net.0.script.down tlxc.net.0.forward tlxc.net.0.type lxc.net.0.veth.pair lxc.net.0.veth.mode lxc.net.0.veth.n_rxqueues lxc.net.0.veth.n_txqueues lxc.net.0.veth.ipv4.route lxc.net.0.veth.ipv6.route lxc.net.0.veth.vlan.id lxc.net.0.veth.vlan.tagged.id lxc.net.0.macvlan.mode lxc.net.0.ipvlan.mode lxc.net.0.ipvlan.isolation lxc.net.0.vlan.id tlxc.net.0.ipv4.lease tlxc.net.0.ipv4.static tlxc.net.0.ipv6.lease tlxc.net.0.filter lxc.cgroup.dir lxc.cgroup.dir.container lxc.cgroup.dir.monitor lxc.cgroup.dir.monitor.pivot lxc.cgroup.dir.container.inner lxc.cgroup.relative lxc.cgroup. lxc.cgroup2. lxc.namespace.clone lxc.namespace.keep lxc.namespace.share. lxc.time.offset.boot lxc.time.offset.monotonic lxc.prlimit. lxc.sysctl. lxc.proc. lxc.keyring.session lxc.sched.core lxc.selinux.context lxc.selinux.context.keyring tlxc.credential.set. tlxc.credential.load. lxc.idmap lxc.cap.drop lxc.cap.keep lxc.no_new_privs lxc.seccomp.profile lxc.seccomp.allow_nesting lxc.seccomp.notify.proxy lxc.seccomp.notify.cookie lxc.apparmor.profile lxc.apparmor.allow_incomplete lxc.apparmor.allow_nesting lxc.apparmor.raw lxc.start.auto lxc.start.delay lxc.start.order tlxc.start.after tlxc.start.ready tlxc.restart tlxc.restart.delay tlxc.restart.max lxc.group lxc.ephemeral lxc.monitor.unshare lxc.monitor.signal.pdeath lxc.hook.version tlxc.health.command tlxc.health.user tlxc.health.interval tlxc.health.timeout tlxc.health.retries tlxc.health.start-period tlxc.health.restart lxc.hook.pre-start lxc.hook.pre-mount lxc.hook.mount lxc.hook.autodev lxc.hook.start-host lxc.hook.start lxc.hook.stop lxc.hook.post-stop lxc.hook.clone lxc.hook.destroy'

_tlxc_options() {
  case $1 in
    tlxc-attach) echo '-n --name -e --elevated-privileges -a --arch -s --namespaces -R --remount-sys-proc --clear-env --keep-env -L --pty-log -v --set-var --keep-var -f --rcfile -u --uid -g --gid --cwd -c --context -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-autostart) echo '-k --kill -L --list -r --reboot -s --shutdown -a --all -A --ignore-auto -g --groups -t --timeout --wait --wait-timeout --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-cgroup) echo '-n --name --json --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-checkconfig) echo '--json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-checkpoint) echo '-n --name -r --restore -D --checkpoint-dir -v --verbose -A --action-script -s --stop -p --pre-dump --predump-dir -d --daemon -F --foreground --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-config) echo '-l --list -n --name --json -o --logfile --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-console) echo '-n --name -t --tty -e --escape --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-copy) echo '-n --name -N --newname -p --newpath -R --rename --json -s --snapshot -a --allowrunning --freeze-timeout -e --ephemeral -d --daemon -F --foreground -D --keepdata -m --mount -t --tmpfs -B --backingstorage -L --fssize -K --keepname -M --keepmac --user-data --vendor-data --network-config --meta-data --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-create) echo '-n --name -f --config -t --template -B --bdev --fssize --fstype --privileged --keep-on-failure --user-data --vendor-data --network-config --meta-data --json --lvname --vgname --thinpool --zfsroot --rbdname --rbdpool --rbduser --dir -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-destroy) echo '-n --name -s --snapshots -f --force --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-device) echo '-n --name --rcfile --saved --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-doctor) echo '-n --name --denials --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-execute) echo '-n --name -d --daemon -f --rcfile -s --define -u --uid -g --gid --share-net --share-ipc --share-uts --share-pid -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-export) echo '-n --name --freeze --snapshots --compression --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-file) echo '-n --name -r --recursive -p --create-dirs --uid --gid --mode -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-freeze) echo '-n --name -t --timeout --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-image) echo '--remote --server --variant --json --all --alias --pack --keep -t --template --container --listen --cert --key -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-import) echo '-N --newname -B --bdev --fssize --fstype --privileged --json -M --keepmac --trust -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-info) echo '-n --name -c --config -i --ips -p --pid -S --stats -H --no-humanize -s --state --json --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-logs) echo '-n --name -f --follow --until-stopped -b --boot --console --monitor --lines --since -t --timestamps --raw --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-ls) echo '-1 --line -f --fancy -F --fancy-format --json --active --running --frozen --stopped --defined --nesting --filter -g --groups -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-monitor) echo '-n --name --json -Q --quit -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-net) echo '--json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-set) echo '-n --name --now --saved --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-snapshot) echo '-n --name -L --list -r --restore -N --newname -d --destroy --diff -c --comment --freeze-timeout -C --showcomments --json --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-start) echo '-n --name -d --daemon -F --foreground -p --pidfile -f --rcfile -c --console -L --console-log -C --close-all-fds -s --define --share-net --share-ipc --share-uts --share-pid --wait --wait-timeout --plan -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-stop) echo '-n --name -r --reboot -W --nowait -t --timeout -k --kill --nolock --nokill --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-top) echo '-d --delay -b --batch -s --sort -r --reverse --json --count -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-unfreeze) echo '-n --name --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-unshare) echo '-s --namespaces -u --user -H --hostname -i --ifname -d --daemon -M --remount -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-update-config) echo '-n --name -c --config --json -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-usernsexec) echo '-m --map -s --map-self -u --uid -g --gid -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
    tlxc-wait) echo '-n --name -s --state --for -t --timeout --json --rcfile -o --logfile -l --logpriority -q --quiet -P --lxcpath -h --help --usage --version' ;;
  esac
}

_tlxc_kind() {
  case "$1 $2" in
    'tlxc-attach -n' | 'tlxc-attach --name') echo container ;;
    'tlxc-attach -a' | 'tlxc-attach --arch') echo text ;;
    'tlxc-attach -s' | 'tlxc-attach --namespaces') echo text ;;
    'tlxc-attach -L' | 'tlxc-attach --pty-log') echo file ;;
    'tlxc-attach -v' | 'tlxc-attach --set-var') echo text ;;
    'tlxc-attach --keep-var') echo text ;;
    'tlxc-attach -f' | 'tlxc-attach --rcfile') echo file ;;
    'tlxc-attach -u' | 'tlxc-attach --uid') echo text ;;
    'tlxc-attach -g' | 'tlxc-attach --gid') echo text ;;
    'tlxc-attach --cwd') echo text ;;
    'tlxc-attach -c' | 'tlxc-attach --context') echo text ;;
    'tlxc-attach -o' | 'tlxc-attach --logfile') echo file ;;
    'tlxc-attach -l' | 'tlxc-attach --logpriority') echo level ;;
    'tlxc-attach -P' | 'tlxc-attach --lxcpath') echo directory ;;
    'tlxc-autostart -g' | 'tlxc-autostart --groups') echo text ;;
    'tlxc-autostart -t' | 'tlxc-autostart --timeout') echo text ;;
    'tlxc-autostart --wait') echo condition ;;
    'tlxc-autostart --wait-timeout') echo text ;;
    'tlxc-autostart -o' | 'tlxc-autostart --logfile') echo file ;;
    'tlxc-autostart -l' | 'tlxc-autostart --logpriority') echo level ;;
    'tlxc-autostart -P' | 'tlxc-autostart --lxcpath') echo directory ;;
    'tlxc-cgroup -n' | 'tlxc-cgroup --name') echo container ;;
    'tlxc-cgroup --rcfile') echo file ;;
    'tlxc-cgroup -o' | 'tlxc-cgroup --logfile') echo file ;;
    'tlxc-cgroup -l' | 'tlxc-cgroup --logpriority') echo level ;;
    'tlxc-cgroup -P' | 'tlxc-cgroup --lxcpath') echo directory ;;
    'tlxc-checkconfig -o' | 'tlxc-checkconfig --logfile') echo file ;;
    'tlxc-checkconfig -l' | 'tlxc-checkconfig --logpriority') echo level ;;
    'tlxc-checkconfig -P' | 'tlxc-checkconfig --lxcpath') echo directory ;;
    'tlxc-checkpoint -n' | 'tlxc-checkpoint --name') echo container ;;
    'tlxc-checkpoint -D' | 'tlxc-checkpoint --checkpoint-dir') echo directory ;;
    'tlxc-checkpoint -A' | 'tlxc-checkpoint --action-script') echo directory ;;
    'tlxc-checkpoint --predump-dir') echo directory ;;
    'tlxc-checkpoint --rcfile') echo file ;;
    'tlxc-checkpoint -o' | 'tlxc-checkpoint --logfile') echo file ;;
    'tlxc-checkpoint -l' | 'tlxc-checkpoint --logpriority') echo level ;;
    'tlxc-checkpoint -P' | 'tlxc-checkpoint --lxcpath') echo directory ;;
    'tlxc-config -n' | 'tlxc-config --name') echo container ;;
    'tlxc-config -o' | 'tlxc-config --logfile') echo file ;;
    'tlxc-config --logpriority') echo level ;;
    'tlxc-config -P' | 'tlxc-config --lxcpath') echo directory ;;
    'tlxc-console -n' | 'tlxc-console --name') echo container ;;
    'tlxc-console -t' | 'tlxc-console --tty') echo text ;;
    'tlxc-console -e' | 'tlxc-console --escape') echo text ;;
    'tlxc-console --rcfile') echo file ;;
    'tlxc-console -o' | 'tlxc-console --logfile') echo file ;;
    'tlxc-console -l' | 'tlxc-console --logpriority') echo level ;;
    'tlxc-console -P' | 'tlxc-console --lxcpath') echo directory ;;
    'tlxc-copy -n' | 'tlxc-copy --name') echo container ;;
    'tlxc-copy -N' | 'tlxc-copy --newname') echo text ;;
    'tlxc-copy -p' | 'tlxc-copy --newpath') echo directory ;;
    'tlxc-copy --freeze-timeout') echo text ;;
    'tlxc-copy -m' | 'tlxc-copy --mount') echo text ;;
    'tlxc-copy -B' | 'tlxc-copy --backingstorage') echo '=best dir overlay btrfs loop lvm zfs rbd squashfs erofs' ;;
    'tlxc-copy -L' | 'tlxc-copy --fssize') echo text ;;
    'tlxc-copy --user-data') echo file ;;
    'tlxc-copy --vendor-data') echo file ;;
    'tlxc-copy --network-config') echo file ;;
    'tlxc-copy --meta-data') echo file ;;
    'tlxc-copy --rcfile') echo file ;;
    'tlxc-copy -o' | 'tlxc-copy --logfile') echo file ;;
    'tlxc-copy -l' | 'tlxc-copy --logpriority') echo level ;;
    'tlxc-copy -P' | 'tlxc-copy --lxcpath') echo directory ;;
    'tlxc-create -n' | 'tlxc-create --name') echo container ;;
    'tlxc-create -f' | 'tlxc-create --config') echo file ;;
    'tlxc-create -t' | 'tlxc-create --template') echo '=download debian busybox local oci none' ;;
    'tlxc-create -B' | 'tlxc-create --bdev') echo '=best dir overlay btrfs loop lvm zfs rbd squashfs erofs' ;;
    'tlxc-create --fssize') echo text ;;
    'tlxc-create --fstype') echo '=ext4 xfs btrfs' ;;
    'tlxc-create --user-data') echo file ;;
    'tlxc-create --vendor-data') echo file ;;
    'tlxc-create --network-config') echo file ;;
    'tlxc-create --meta-data') echo file ;;
    'tlxc-create --lvname') echo container ;;
    'tlxc-create --vgname') echo text ;;
    'tlxc-create --thinpool') echo text ;;
    'tlxc-create --zfsroot') echo text ;;
    'tlxc-create --rbdname') echo container ;;
    'tlxc-create --rbdpool') echo text ;;
    'tlxc-create --rbduser') echo text ;;
    'tlxc-create --dir') echo text ;;
    'tlxc-create -o' | 'tlxc-create --logfile') echo file ;;
    'tlxc-create -l' | 'tlxc-create --logpriority') echo level ;;
    'tlxc-create -P' | 'tlxc-create --lxcpath') echo directory ;;
    'tlxc-destroy -n' | 'tlxc-destroy --name') echo container ;;
    'tlxc-destroy --rcfile') echo file ;;
    'tlxc-destroy -o' | 'tlxc-destroy --logfile') echo file ;;
    'tlxc-destroy -l' | 'tlxc-destroy --logpriority') echo level ;;
    'tlxc-destroy -P' | 'tlxc-destroy --lxcpath') echo directory ;;
    'tlxc-device -n' | 'tlxc-device --name') echo container ;;
    'tlxc-device --rcfile') echo file ;;
    'tlxc-device -o' | 'tlxc-device --logfile') echo file ;;
    'tlxc-device -l' | 'tlxc-device --logpriority') echo level ;;
    'tlxc-device -P' | 'tlxc-device --lxcpath') echo directory ;;
    'tlxc-doctor -n' | 'tlxc-doctor --name') echo container ;;
    'tlxc-doctor -o' | 'tlxc-doctor --logfile') echo file ;;
    'tlxc-doctor -l' | 'tlxc-doctor --logpriority') echo level ;;
    'tlxc-doctor -P' | 'tlxc-doctor --lxcpath') echo directory ;;
    'tlxc-execute -n' | 'tlxc-execute --name') echo container ;;
    'tlxc-execute -f' | 'tlxc-execute --rcfile') echo file ;;
    'tlxc-execute -s' | 'tlxc-execute --define') echo setting ;;
    'tlxc-execute -u' | 'tlxc-execute --uid') echo text ;;
    'tlxc-execute -g' | 'tlxc-execute --gid') echo text ;;
    'tlxc-execute --share-net') echo container ;;
    'tlxc-execute --share-ipc') echo container ;;
    'tlxc-execute --share-uts') echo container ;;
    'tlxc-execute --share-pid') echo container ;;
    'tlxc-execute -o' | 'tlxc-execute --logfile') echo file ;;
    'tlxc-execute -l' | 'tlxc-execute --logpriority') echo level ;;
    'tlxc-execute -P' | 'tlxc-execute --lxcpath') echo directory ;;
    'tlxc-export -n' | 'tlxc-export --name') echo container ;;
    'tlxc-export --compression') echo text ;;
    'tlxc-export -o' | 'tlxc-export --logfile') echo file ;;
    'tlxc-export -l' | 'tlxc-export --logpriority') echo level ;;
    'tlxc-export -P' | 'tlxc-export --lxcpath') echo directory ;;
    'tlxc-file -n' | 'tlxc-file --name') echo container ;;
    'tlxc-file --uid') echo text ;;
    'tlxc-file --gid') echo text ;;
    'tlxc-file --mode') echo text ;;
    'tlxc-file -o' | 'tlxc-file --logfile') echo file ;;
    'tlxc-file -l' | 'tlxc-file --logpriority') echo level ;;
    'tlxc-file -P' | 'tlxc-file --lxcpath') echo directory ;;
    'tlxc-freeze -n' | 'tlxc-freeze --name') echo container ;;
    'tlxc-freeze -t' | 'tlxc-freeze --timeout') echo text ;;
    'tlxc-freeze --rcfile') echo file ;;
    'tlxc-freeze -o' | 'tlxc-freeze --logfile') echo file ;;
    'tlxc-freeze -l' | 'tlxc-freeze --logpriority') echo level ;;
    'tlxc-freeze -P' | 'tlxc-freeze --lxcpath') echo directory ;;
    'tlxc-image --server') echo text ;;
    'tlxc-image --variant') echo text ;;
    'tlxc-image --alias') echo text ;;
    'tlxc-image --pack') echo '=squashfs erofs' ;;
    'tlxc-image -t' | 'tlxc-image --template') echo '=download debian busybox local oci none' ;;
    'tlxc-image --container') echo container ;;
    'tlxc-image --listen') echo text ;;
    'tlxc-image --cert') echo file ;;
    'tlxc-image --key') echo file ;;
    'tlxc-image -o' | 'tlxc-image --logfile') echo file ;;
    'tlxc-image -l' | 'tlxc-image --logpriority') echo level ;;
    'tlxc-image -P' | 'tlxc-image --lxcpath') echo directory ;;
    'tlxc-import -N' | 'tlxc-import --newname') echo container ;;
    'tlxc-import -B' | 'tlxc-import --bdev') echo '=best dir overlay btrfs loop lvm zfs rbd squashfs erofs' ;;
    'tlxc-import --fssize') echo text ;;
    'tlxc-import --fstype') echo '=ext4 xfs btrfs' ;;
    'tlxc-import -o' | 'tlxc-import --logfile') echo file ;;
    'tlxc-import -l' | 'tlxc-import --logpriority') echo level ;;
    'tlxc-import -P' | 'tlxc-import --lxcpath') echo directory ;;
    'tlxc-info -n' | 'tlxc-info --name') echo container ;;
    'tlxc-info -c' | 'tlxc-info --config') echo key ;;
    'tlxc-info --rcfile') echo file ;;
    'tlxc-info -o' | 'tlxc-info --logfile') echo file ;;
    'tlxc-info -l' | 'tlxc-info --logpriority') echo level ;;
    'tlxc-info -P' | 'tlxc-info --lxcpath') echo directory ;;
    'tlxc-logs -n' | 'tlxc-logs --name') echo container ;;
    'tlxc-logs --lines') echo text ;;
    'tlxc-logs --since') echo text ;;
    'tlxc-logs -o' | 'tlxc-logs --logfile') echo file ;;
    'tlxc-logs -l' | 'tlxc-logs --logpriority') echo level ;;
    'tlxc-logs -P' | 'tlxc-logs --lxcpath') echo directory ;;
    'tlxc-ls -F' | 'tlxc-ls --fancy-format') echo text ;;
    'tlxc-ls --filter') echo text ;;
    'tlxc-ls -g' | 'tlxc-ls --groups') echo text ;;
    'tlxc-ls -o' | 'tlxc-ls --logfile') echo file ;;
    'tlxc-ls -l' | 'tlxc-ls --logpriority') echo level ;;
    'tlxc-ls -P' | 'tlxc-ls --lxcpath') echo directory ;;
    'tlxc-monitor -n' | 'tlxc-monitor --name') echo container ;;
    'tlxc-monitor -o' | 'tlxc-monitor --logfile') echo file ;;
    'tlxc-monitor -l' | 'tlxc-monitor --logpriority') echo level ;;
    'tlxc-monitor -P' | 'tlxc-monitor --lxcpath') echo directory ;;
    'tlxc-net -o' | 'tlxc-net --logfile') echo file ;;
    'tlxc-net -l' | 'tlxc-net --logpriority') echo level ;;
    'tlxc-net -P' | 'tlxc-net --lxcpath') echo directory ;;
    'tlxc-set -n' | 'tlxc-set --name') echo container ;;
    'tlxc-set -o' | 'tlxc-set --logfile') echo file ;;
    'tlxc-set -l' | 'tlxc-set --logpriority') echo level ;;
    'tlxc-set -P' | 'tlxc-set --lxcpath') echo directory ;;
    'tlxc-snapshot -n' | 'tlxc-snapshot --name') echo container ;;
    'tlxc-snapshot -r' | 'tlxc-snapshot --restore') echo snapshot ;;
    'tlxc-snapshot -N' | 'tlxc-snapshot --newname') echo text ;;
    'tlxc-snapshot -d' | 'tlxc-snapshot --destroy') echo snapshot ;;
    'tlxc-snapshot --diff') echo snapshot ;;
    'tlxc-snapshot -c' | 'tlxc-snapshot --comment') echo file ;;
    'tlxc-snapshot --freeze-timeout') echo text ;;
    'tlxc-snapshot --rcfile') echo file ;;
    'tlxc-snapshot -o' | 'tlxc-snapshot --logfile') echo file ;;
    'tlxc-snapshot -l' | 'tlxc-snapshot --logpriority') echo level ;;
    'tlxc-snapshot -P' | 'tlxc-snapshot --lxcpath') echo directory ;;
    'tlxc-start -n' | 'tlxc-start --name') echo container ;;
    'tlxc-start -p' | 'tlxc-start --pidfile') echo file ;;
    'tlxc-start -f' | 'tlxc-start --rcfile') echo file ;;
    'tlxc-start -c' | 'tlxc-start --console') echo file ;;
    'tlxc-start -L' | 'tlxc-start --console-log') echo file ;;
    'tlxc-start -s' | 'tlxc-start --define') echo setting ;;
    'tlxc-start --share-net') echo container ;;
    'tlxc-start --share-ipc') echo container ;;
    'tlxc-start --share-uts') echo container ;;
    'tlxc-start --share-pid') echo container ;;
    'tlxc-start --wait') echo condition ;;
    'tlxc-start --wait-timeout') echo text ;;
    'tlxc-start -o' | 'tlxc-start --logfile') echo file ;;
    'tlxc-start -l' | 'tlxc-start --logpriority') echo level ;;
    'tlxc-start -P' | 'tlxc-start --lxcpath') echo directory ;;
    'tlxc-stop -n' | 'tlxc-stop --name') echo container ;;
    'tlxc-stop -t' | 'tlxc-stop --timeout') echo text ;;
    'tlxc-stop --rcfile') echo file ;;
    'tlxc-stop -o' | 'tlxc-stop --logfile') echo file ;;
    'tlxc-stop -l' | 'tlxc-stop --logpriority') echo level ;;
    'tlxc-stop -P' | 'tlxc-stop --lxcpath') echo directory ;;
    'tlxc-top -d' | 'tlxc-top --delay') echo text ;;
    'tlxc-top -s' | 'tlxc-top --sort') echo key ;;
    'tlxc-top --count') echo text ;;
    'tlxc-top -o' | 'tlxc-top --logfile') echo file ;;
    'tlxc-top -l' | 'tlxc-top --logpriority') echo level ;;
    'tlxc-top -P' | 'tlxc-top --lxcpath') echo directory ;;
    'tlxc-unfreeze -n' | 'tlxc-unfreeze --name') echo container ;;
    'tlxc-unfreeze --rcfile') echo file ;;
    'tlxc-unfreeze -o' | 'tlxc-unfreeze --logfile') echo file ;;
    'tlxc-unfreeze -l' | 'tlxc-unfreeze --logpriority') echo level ;;
    'tlxc-unfreeze -P' | 'tlxc-unfreeze --lxcpath') echo directory ;;
    'tlxc-unshare -s' | 'tlxc-unshare --namespaces') echo text ;;
    'tlxc-unshare -u' | 'tlxc-unshare --user') echo text ;;
    'tlxc-unshare -H' | 'tlxc-unshare --hostname') echo text ;;
    'tlxc-unshare -i' | 'tlxc-unshare --ifname') echo text ;;
    'tlxc-unshare -o' | 'tlxc-unshare --logfile') echo file ;;
    'tlxc-unshare -l' | 'tlxc-unshare --logpriority') echo level ;;
    'tlxc-unshare -P' | 'tlxc-unshare --lxcpath') echo directory ;;
    'tlxc-update-config -n' | 'tlxc-update-config --name') echo container ;;
    'tlxc-update-config -c' | 'tlxc-update-config --config') echo file ;;
    'tlxc-update-config -o' | 'tlxc-update-config --logfile') echo file ;;
    'tlxc-update-config -l' | 'tlxc-update-config --logpriority') echo level ;;
    'tlxc-update-config -P' | 'tlxc-update-config --lxcpath') echo directory ;;
    'tlxc-usernsexec -m' | 'tlxc-usernsexec --map') echo text ;;
    'tlxc-usernsexec -u' | 'tlxc-usernsexec --uid') echo text ;;
    'tlxc-usernsexec -g' | 'tlxc-usernsexec --gid') echo text ;;
    'tlxc-usernsexec -o' | 'tlxc-usernsexec --logfile') echo file ;;
    'tlxc-usernsexec -l' | 'tlxc-usernsexec --logpriority') echo level ;;
    'tlxc-usernsexec -P' | 'tlxc-usernsexec --lxcpath') echo directory ;;
    'tlxc-wait -n' | 'tlxc-wait --name') echo container ;;
    'tlxc-wait -s' | 'tlxc-wait --state') echo state ;;
    'tlxc-wait --for') echo condition ;;
    'tlxc-wait -t' | 'tlxc-wait --timeout') echo text ;;
    'tlxc-wait --rcfile') echo file ;;
    'tlxc-wait -o' | 'tlxc-wait --logfile') echo file ;;
    'tlxc-wait -l' | 'tlxc-wait --logpriority') echo level ;;
    'tlxc-wait -P' | 'tlxc-wait --lxcpath') echo directory ;;
  esac
}

_tlxc_words() {
  case $1 in
    tlxc-attach) echo '@container' ;;
    tlxc-autostart) echo '' ;;
    tlxc-cgroup) echo '@container' ;;
    tlxc-checkconfig) echo '' ;;
    tlxc-checkpoint) echo '@container' ;;
    tlxc-config) echo 'explain lxc.lxcpath lxc.default_config tlxc.rundir tlxc.cachedir tlxc.statedir lxc.cgroup.pattern lxc.cgroup.use tlxc.log.size tlxc.log.files tlxc.image.server tlxc.image.offline tlxc.image.ca tlxc.image.keyring tlxc.bdev lxc.bdev.lvm.vg lxc.bdev.lvm.thin_pool lxc.bdev.zfs.root lxc.bdev.rbd.rbdpool lxc.bdev.rbd.rbduser tlxc.bridge.name tlxc.bridge.auto tlxc.bridge.mac tlxc.bridge.ipv4 tlxc.bridge.ipv6 tlxc.bridge.dhcp.range tlxc.bridge.domain tlxc.bridge.host.names tlxc.bridge.nat' ;;
    tlxc-console) echo '@container' ;;
    tlxc-copy) echo '@container' ;;
    tlxc-create) echo '@container' ;;
    tlxc-destroy) echo '@container' ;;
    tlxc-device) echo '@container' ;;
    tlxc-doctor) echo '@container' ;;
    tlxc-execute) echo '@container' ;;
    tlxc-export) echo '@container' ;;
    tlxc-file) echo 'push pull edit' ;;
    tlxc-freeze) echo '@container' ;;
    tlxc-image) echo 'list pull info verify prune import build export serve' ;;
    tlxc-import) echo '' ;;
    tlxc-info) echo '@container' ;;
    tlxc-logs) echo '@container' ;;
    tlxc-ls) echo '' ;;
    tlxc-monitor) echo '@container' ;;
    tlxc-net) echo 'start stop restart reload force-reload status' ;;
    tlxc-set) echo '@container' ;;
    tlxc-snapshot) echo '@container' ;;
    tlxc-start) echo '@container' ;;
    tlxc-stop) echo '@container' ;;
    tlxc-top) echo '' ;;
    tlxc-unfreeze) echo '@container' ;;
    tlxc-unshare) echo '' ;;
    tlxc-update-config) echo '@container' ;;
    tlxc-usernsexec) echo '' ;;
    tlxc-wait) echo '@container' ;;
  esac
}

_tlxc_later() {
  case $1 in
    tlxc-device) echo 'add del list' ;;
    tlxc-image) echo '@image' ;;
    tlxc-set) echo 'memory= memory-high= memory-low= swap= cpus= cpu-weight= cpuset= mems= pids= io-weight= read= write= read-iops= write-iops=' ;;
  esac
}

_tlxc_values() {
  case $1 in
    lxc.arch) echo 'aarch64 amd64 arm arm64 armel armhf armv7l athlon i386 i486 i586 i686 linux32 linux64 loong64 loongarch64 mips mips64 mips64el mipsel powerpc powerpc64 ppc ppc64 ppc64el ppc64le riscv64 s390x x32 x86 x86_64' ;;
    lxc.signal.halt) echo 'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS' ;;
    lxc.signal.reboot) echo 'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS' ;;
    lxc.signal.stop) echo 'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS' ;;
    lxc.log.level) echo 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' ;;
    lxc.log.syslog) echo 'daemon local0 local1 local2 local3 local4 local5 local6 local7' ;;
    lxc.rootfs.path) echo 'none' ;;
    lxc.rootfs.managed) echo '0 1' ;;
    tlxc.rootfs.volatile) echo '0 1' ;;
    lxc.mount.auto) echo 'proc proc:mixed proc:rw sys sys:mixed sys:ro sys:rw cgroup cgroup:force cgroup:mixed cgroup:mixed:force cgroup:ro cgroup:ro:force cgroup:rw cgroup:rw:force cgroup-full cgroup-full:force cgroup-full:mixed cgroup-full:mixed:force cgroup-full:ro cgroup-full:ro:force cgroup-full:rw cgroup-full:rw:force cgroup2 cgroup2:ro cgroup2:force cgroup2:ro:force' ;;
    tlxc.mount.lxcfs) echo 'auto 0 1' ;;
    lxc.autodev) echo '0 1' ;;
    lxc.console.path) echo 'none' ;;
    lxc.console.size) echo 'auto' ;;
    lxc.console.buffer.size) echo 'auto' ;;
    lxc.console.rotate) echo '0 1' ;;
    lxc.net.0.type) echo 'empty ipvlan macvlan none phys veth vlan' ;;
    lxc.net.0.flags) echo 'up' ;;
    lxc.net.0.ipv4.gateway) echo 'auto dev' ;;
    lxc.net.0.ipv6.gateway) echo 'auto dev' ;;
    lxc.net.0.l2proxy) echo '0 1' ;;
    tlxc.net.0.type) echo 'passt' ;;
    lxc.net.0.veth.mode) echo 'bridge router' ;;
    lxc.net.0.veth.vlan.id) echo 'none' ;;
    lxc.net.0.macvlan.mode) echo 'private vepa bridge passthru' ;;
    lxc.net.0.ipvlan.mode) echo 'l2 l3 l3s' ;;
    lxc.net.0.ipvlan.isolation) echo 'bridge private vepa' ;;
    tlxc.net.0.ipv4.static) echo '0 1' ;;
    tlxc.net.0.filter) echo 'none mac' ;;
    lxc.cgroup.relative) echo '0 1' ;;
    lxc.namespace.clone) echo 'user mnt pid uts ipc net cgroup time mount' ;;
    lxc.namespace.keep) echo 'user mnt pid uts ipc net cgroup time mount' ;;
    lxc.keyring.session) echo '0 1' ;;
    lxc.sched.core) echo '0 1' ;;
    lxc.cap.drop) echo 'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore' ;;
    lxc.cap.keep) echo 'none chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore' ;;
    lxc.no_new_privs) echo '0 1' ;;
    lxc.seccomp.allow_nesting) echo '0 1' ;;
    lxc.apparmor.profile) echo 'generated unconfined unchanged' ;;
    lxc.apparmor.allow_incomplete) echo '0 1' ;;
    lxc.apparmor.allow_nesting) echo '0 1' ;;
    lxc.start.auto) echo '0 1' ;;
    tlxc.restart) echo 'no on-failure always' ;;
    lxc.group) echo 'onboot' ;;
    lxc.ephemeral) echo '0 1' ;;
    lxc.monitor.unshare) echo '0 1' ;;
    lxc.monitor.signal.pdeath) echo 'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS' ;;
    lxc.hook.version) echo '0 1' ;;
    tlxc.health.restart) echo '0 1' ;;
  esac
}

# The store that the line names, or the usual one.
_tlxc_containers() {
  local path=
  [[ $1 =~ [[:space:]](-P|--lxcpath)[[:space:]=]*([^[:space:]]+)[[:space:]] ]] && path=${BASH_REMATCH[2]}
  tlxc-ls -1 ${path:+-P "$path"} 2>/dev/null
}

# Snapshots of the container that the line names: by -n, or by its first word.
_tlxc_snapshots() {
  local name path=
  [[ $1 =~ [[:space:]](-P|--lxcpath)[[:space:]=]*([^[:space:]]+)[[:space:]] ]] && path=${BASH_REMATCH[2]}
  [[ $1 =~ [[:space:]](-n|--name)[[:space:]=]*([^[:space:]]+)[[:space:]] ]] && name=${BASH_REMATCH[2]} ||
    { [[ $1 =~ ^[^[:space:]]+[[:space:]]+([^[:space:]-][^[:space:]]*)[[:space:]] ]] && name=${BASH_REMATCH[1]}; } ||
    return
  tlxc-snapshot -L -n "$name" ${path:+-P "$path"} 2>/dev/null | sed -n 's/^\([^ ]*\) (.*/\1/p'
}

_tlxc_images() {
  tlxc-image list 2>/dev/null | sed -n '1d; s/^\([A-Za-z0-9._+:@/~-]*\)  .*/\1/p'
}

# Whether the line names the container already, or has its first word.
_tlxc_named() {
  [[ $1 =~ [[:space:]](-n|--name)[[:space:]=]*[^[:space:]]+[[:space:]] || $1 =~ ^[^[:space:]]+[[:space:]]+[^[:space:]-][^[:space:]]*[[:space:]] ]]
}

# Keys, for the interface that is being written of.
_tlxc_keys_for() {
  local keys=$_tlxc_keys
  [[ $1 =~ ^lxc\.net\.([0-9]+)\. ]] && keys=${keys//lxc.net.0./lxc.net.${BASH_REMATCH[1]}.}
  echo "$keys"
}

_tlxc_settings() {
  local word key=${1%%=*}
  if [[ $1 == *=* ]]; then
    [[ $key =~ ^lxc\.net\.[0-9]+\.(.*) ]] && word=lxc.net.0.${BASH_REMATCH[1]} || word=$key
    for word in $(_tlxc_values "$word"); do echo "$key=$word"; done
  else
    for word in $(_tlxc_keys_for "$1"); do [[ $word == *. ]] && echo "$word" || echo "$word="; done
  fi
}

_tlxc() {
  local line=${COMP_LINE:0:COMP_POINT} command=${1##*/} current previous before kind words stop reply head
  current=${line##*[[:space:]]}
  before=${line%"$current"}
  before=${before%"${before##*[![:space:]]}"}
  previous=${before##*[[:space:]]}
  case $current in --*=*) previous=${current%%=*} current=${current#*=} ;; esac
  COMPREPLY=()
  if [[ $command == tlxc ]]; then
    if [[ ! $line =~ ^[^[:space:]]+[[:space:]]+([a-z-]+)[[:space:]]+(.*)$ || ${BASH_REMATCH[1]} == help ]]; then
      mapfile -t COMPREPLY < <(compgen -W 'create start stop destroy copy snapshot checkpoint export import execute autostart attach console file device set cgroup freeze unfreeze ls info top logs monitor wait image net config update-config doctor checkconfig unshare usernsexec help --help --version' -- "$current")
      return
    fi
    command=tlxc-${BASH_REMATCH[1]} line="tlxc-${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
    [[ $before == *[[:space:]]*[[:space:]]* ]] || before=$command
  fi
  kind=$(_tlxc_kind "$command" "$previous")
  [[ -z $kind && $command == tlxc-config && $previous == explain ]] && kind=container
  [[ -z $kind && $command == tlxc-config && $before == *' explain '* ]] && kind=key
  case $kind in
    container) words=$(_tlxc_containers "$line") ;;
    snapshot) words=$(_tlxc_snapshots "$line") ;;
    key) words=$(_tlxc_keys_for "$current") ;;
    setting) words=$(_tlxc_settings "$current") ;;
    level) words='TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' ;;
    state) words='STOPPED STARTING RUNNING STOPPING ABORTING FREEZING FROZEN THAWED' ;;
    condition) words='running ready healthy ip ip4 ip6 port: exec:' ;;
    file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    text) return ;;
    =*) words=${kind#=} ;;
    *)
      if [[ $current == -* ]]; then words=$(_tlxc_options "$command"); else
        words=
        _tlxc_named "$line" && words=$(_tlxc_later "$command")
        words=${words:-$(_tlxc_words "$command")}
        [[ $words == @image ]] && words=$(_tlxc_images)
        [[ $words == @container ]] && words=$(_tlxc_containers "$line")
      fi ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W '$words' -- "$current")
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=.] ]] && compopt -o nospace 2>/dev/null
  head=
  for stop in = :; do
    [[ $COMP_WORDBREAKS == *"$stop"* && $current == *"$stop"* ]] || continue
    reply=${current%"${current##*"$stop"}"}
    ((${#reply} > ${#head})) && head=$reply
  done
  COMPREPLY=("${COMPREPLY[@]#"$head"}")
}

complete -F _tlxc tlxc tlxc-attach tlxc-autostart tlxc-cgroup tlxc-checkconfig tlxc-checkpoint tlxc-config tlxc-console tlxc-copy tlxc-create tlxc-destroy tlxc-device tlxc-doctor tlxc-execute tlxc-export tlxc-file tlxc-freeze tlxc-image tlxc-import tlxc-info tlxc-logs tlxc-ls tlxc-monitor tlxc-net tlxc-set tlxc-snapshot tlxc-start tlxc-stop tlxc-top tlxc-unfreeze tlxc-unshare tlxc-update-config tlxc-usernsexec tlxc-wait
