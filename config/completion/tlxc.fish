# Completion of the tlxc commands for fish. Written by npm run build:manual from the commands and the registry of keys.

function __tlxc_containers
    tlxc-ls -1 2>/dev/null | string trim
end

# Snapshots of the container that the line names: by -n, or by its first word.
function __tlxc_snapshots
    set -l words (commandline -opc)
    set -l name $words[2]
    set -l at (contains -i -- -n $words; or contains -i -- --name $words); and set name $words[(math $at + 1)]
    tlxc-snapshot -L -n $name 2>/dev/null | string replace -f -r '^(\S+) \(.*' '$1'
end

function __tlxc_images
    tlxc-image list 2>/dev/null | string replace -f -r '^([^ ]*/[^ ]*)  .*' '$1'
end

# Whether the line names the container already, or has its first word.
function __tlxc_named
    set -l words (commandline -opc)
    contains -- -n $words; or contains -- --name $words; or string match -q -r '^[^-]' -- $words[2]
end

# What "tlxc COMMAND ..." is offered: the same as "tlxc-COMMAND ...".
function __tlxc_command
    set -l words (commandline -opc)
    complete -C (string join ' ' -- tlxc-$words[2] (string escape -- $words[3..]) (commandline -ct))
end

# Keys, for the interface that is being written of.
function __tlxc_keys
    set -l index (string match -r -g '^lxc\.net\.(\d+)\.' -- (commandline -ct)); or set index 0
    printf '%s\n' lxc.include lxc.arch lxc.uts.name lxc.init.cmd lxc.init.cwd lxc.init.uid lxc.init.gid lxc.init.groups lxc.signal.halt lxc.signal.reboot lxc.signal.stop lxc.environment lxc.environment.runtime lxc.environment.hooks lxc.execute.cmd lxc.log.file lxc.log.level lxc.log.syslog lxc.rootfs.path lxc.rootfs.mount lxc.rootfs.options lxc.rootfs.managed tlxc.rootfs.volatile lxc.mount.auto lxc.mount.entry lxc.mount.fstab tlxc.mount.base tlxc.mount.lxcfs tlxc.mount.masked tlxc.mount.readonly tlxc.device lxc.autodev lxc.autodev.tmpfs.size lxc.tty.max lxc.tty.dir lxc.pty.max lxc.console.path lxc.console.logfile lxc.console.size lxc.console.buffer.size lxc.console.rotate lxc.net.0.type lxc.net.0.flags lxc.net.0.link lxc.net.0.name lxc.net.0.hwaddr lxc.net.0.mtu lxc.net.0.ipv4.address lxc.net.0.ipv4.gateway lxc.net.0.ipv6.address lxc.net.0.ipv6.gateway lxc.net.0.l2proxy lxc.net.0.script.up lxc.net.0.script.down tlxc.net.0.forward tlxc.net.0.type lxc.net.0.veth.pair lxc.net.0.veth.mode lxc.net.0.veth.n_rxqueues lxc.net.0.veth.n_txqueues lxc.net.0.veth.ipv4.route lxc.net.0.veth.ipv6.route lxc.net.0.veth.vlan.id lxc.net.0.veth.vlan.tagged.id lxc.net.0.macvlan.mode lxc.net.0.ipvlan.mode lxc.net.0.ipvlan.isolation lxc.net.0.vlan.id tlxc.net.0.ipv4.lease tlxc.net.0.ipv4.static tlxc.net.0.ipv6.lease tlxc.net.0.filter lxc.cgroup.dir lxc.cgroup.dir.container lxc.cgroup.dir.monitor lxc.cgroup.dir.monitor.pivot lxc.cgroup.dir.container.inner lxc.cgroup.relative lxc.cgroup. lxc.cgroup2. lxc.namespace.clone lxc.namespace.keep lxc.namespace.share. lxc.time.offset.boot lxc.time.offset.monotonic lxc.prlimit. lxc.sysctl. lxc.proc. lxc.keyring.session lxc.sched.core lxc.selinux.context lxc.selinux.context.keyring tlxc.credential.set. tlxc.credential.load. lxc.idmap lxc.cap.drop lxc.cap.keep lxc.no_new_privs lxc.seccomp.profile lxc.seccomp.allow_nesting lxc.seccomp.notify.proxy lxc.seccomp.notify.cookie lxc.apparmor.profile lxc.apparmor.allow_incomplete lxc.apparmor.allow_nesting lxc.apparmor.raw lxc.start.auto lxc.start.delay lxc.start.order tlxc.start.after tlxc.start.ready tlxc.restart tlxc.restart.delay tlxc.restart.max lxc.group lxc.ephemeral lxc.monitor.unshare lxc.monitor.signal.pdeath lxc.hook.version tlxc.health.command tlxc.health.user tlxc.health.interval tlxc.health.timeout tlxc.health.retries tlxc.health.start-period tlxc.health.restart lxc.hook.pre-start lxc.hook.pre-mount lxc.hook.mount lxc.hook.autodev lxc.hook.start-host lxc.hook.start lxc.hook.stop lxc.hook.post-stop lxc.hook.clone lxc.hook.destroy | string replace -r '^lxc\.net\.0\.' "lxc.net.$index."
end

function __tlxc_values
    switch (string replace -r '^lxc\.net\.\d+\.' lxc.net.0. -- $argv[1])
        case lxc.arch
            printf '%s\n' aarch64 amd64 arm arm64 armel armhf armv7l athlon i386 i486 i586 i686 linux32 linux64 loong64 loongarch64 mips mips64 mips64el mipsel powerpc powerpc64 ppc ppc64 ppc64el ppc64le riscv64 s390x x32 x86 x86_64
        case lxc.signal.halt
            printf '%s\n' SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS
        case lxc.signal.reboot
            printf '%s\n' SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS
        case lxc.signal.stop
            printf '%s\n' SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS
        case lxc.log.level
            printf '%s\n' TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL
        case lxc.log.syslog
            printf '%s\n' daemon local0 local1 local2 local3 local4 local5 local6 local7
        case lxc.rootfs.path
            printf '%s\n' none
        case lxc.rootfs.managed
            printf '%s\n' 0 1
        case tlxc.rootfs.volatile
            printf '%s\n' 0 1
        case lxc.mount.auto
            printf '%s\n' proc proc:mixed proc:rw sys sys:mixed sys:ro sys:rw cgroup cgroup:force cgroup:mixed cgroup:mixed:force cgroup:ro cgroup:ro:force cgroup:rw cgroup:rw:force cgroup-full cgroup-full:force cgroup-full:mixed cgroup-full:mixed:force cgroup-full:ro cgroup-full:ro:force cgroup-full:rw cgroup-full:rw:force cgroup2 cgroup2:ro cgroup2:force cgroup2:ro:force
        case tlxc.mount.lxcfs
            printf '%s\n' auto 0 1
        case lxc.autodev
            printf '%s\n' 0 1
        case lxc.console.path
            printf '%s\n' none
        case lxc.console.size
            printf '%s\n' auto
        case lxc.console.buffer.size
            printf '%s\n' auto
        case lxc.console.rotate
            printf '%s\n' 0 1
        case lxc.net.0.type
            printf '%s\n' empty ipvlan macvlan none phys veth vlan
        case lxc.net.0.flags
            printf '%s\n' up
        case lxc.net.0.ipv4.gateway
            printf '%s\n' auto dev
        case lxc.net.0.ipv6.gateway
            printf '%s\n' auto dev
        case lxc.net.0.l2proxy
            printf '%s\n' 0 1
        case tlxc.net.0.type
            printf '%s\n' passt
        case lxc.net.0.veth.mode
            printf '%s\n' bridge router
        case lxc.net.0.veth.vlan.id
            printf '%s\n' none
        case lxc.net.0.macvlan.mode
            printf '%s\n' private vepa bridge passthru
        case lxc.net.0.ipvlan.mode
            printf '%s\n' l2 l3 l3s
        case lxc.net.0.ipvlan.isolation
            printf '%s\n' bridge private vepa
        case tlxc.net.0.ipv4.static
            printf '%s\n' 0 1
        case tlxc.net.0.filter
            printf '%s\n' none mac
        case lxc.cgroup.relative
            printf '%s\n' 0 1
        case lxc.namespace.clone
            printf '%s\n' user mnt pid uts ipc net cgroup time mount
        case lxc.namespace.keep
            printf '%s\n' user mnt pid uts ipc net cgroup time mount
        case lxc.keyring.session
            printf '%s\n' 0 1
        case lxc.sched.core
            printf '%s\n' 0 1
        case lxc.cap.drop
            printf '%s\n' chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
        case lxc.cap.keep
            printf '%s\n' none chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
        case lxc.no_new_privs
            printf '%s\n' 0 1
        case lxc.seccomp.allow_nesting
            printf '%s\n' 0 1
        case lxc.apparmor.profile
            printf '%s\n' generated unconfined unchanged
        case lxc.apparmor.allow_incomplete
            printf '%s\n' 0 1
        case lxc.apparmor.allow_nesting
            printf '%s\n' 0 1
        case lxc.start.auto
            printf '%s\n' 0 1
        case tlxc.restart
            printf '%s\n' no on-failure always
        case lxc.group
            printf '%s\n' onboot
        case lxc.ephemeral
            printf '%s\n' 0 1
        case lxc.monitor.unshare
            printf '%s\n' 0 1
        case lxc.monitor.signal.pdeath
            printf '%s\n' SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGPWR SIGSYS
        case lxc.hook.version
            printf '%s\n' 0 1
        case tlxc.health.restart
            printf '%s\n' 0 1
    end
end

# KEY=VALUE
function __tlxc_settings
    set -l word (string replace -r '^(--define=|-s)' '' -- (commandline -ct))
    if string match -q '*=*' -- $word
        set -l key (string split -m 1 = -- $word)[1]
        for value in (__tlxc_values $key)
            echo $key=$value
        end
    else
        __tlxc_keys | string replace -r '([^.])$' '$1='
    end
end

complete -c tlxc -f
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a create -d 'make a container'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a start -d 'start it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a stop -d 'stop, kill or reboot it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a destroy -d 'remove it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a copy -d 'copy or rename it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a snapshot -d 'keep its state, and go back to it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a checkpoint -d 'save it as it runs, and let it go on from there'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a export -d 'make one file of it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a import -d 'make a container of such a file'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a execute -d 'run one command in a container that ends with it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a autostart -d 'start and stop those that go with the host'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a attach -d 'run a command or a shell in it'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a console -d 'connect to its console'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a file -d 'copy files in and out, and edit them'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a device -d 'give it devices of the host'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a set -d 'limit its memory, processors and more'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a cgroup -d 'see and change files of its control groups'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a freeze -d 'stop its processes where they are'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a unfreeze -d 'let them go on'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a ls -d 'list all containers'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a info -d 'show all about one'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a top -d 'watch what they use'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a logs -d 'read what it has printed, boot by boot'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a monitor -d 'follow what all of them do'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a wait -d 'wait for a state'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a image -d 'the images that containers are made from'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a net -d 'the network that containers share'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a config -d 'TLXC\'s own settings'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a update-config -d 'write names from before LXC 3 as those of today'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a doctor -d 'what of the host stands in the way'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a checkconfig -d 'what of the kernel is there'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a unshare -d 'run a command in new namespaces'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a usernsexec -d 'run a command as root of a user namespace'
complete -c tlxc -n 'test (count (commandline -opc)) -eq 1; or string match -q -- help (commandline -opc)[2]' -a help -d 'show a command\'s options'
complete -c tlxc -n 'test (count (commandline -opc)) -gt 1' -a '(__tlxc_command)'

complete -c tlxc-attach -f
complete -c tlxc-attach -a '(__tlxc_containers)'
complete -c tlxc-attach -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-attach -s e -l elevated-privileges -d 'Keep the caller\'s privileges instead of the container\'s: all, or'
complete -c tlxc-attach -s a -l arch -x -d 'The architecture to show; the container\'s'
complete -c tlxc-attach -s s -l namespaces -x -d 'Enter only these of the container: MOUNT|PID|UTSNAME|IPC|USER|'
complete -c tlxc-attach -s R -l remount-sys-proc -d 'With -s and without MOUNT: fresh /proc and /sys for the command'
complete -c tlxc-attach -l clear-env -d 'Nothing of the caller\'s environment'
complete -c tlxc-attach -l keep-env -d 'All of the caller\'s environment; else only terminal and locale'
complete -c tlxc-attach -s L -l pty-log -r -F -d 'Append the terminal\'s output to FILE'
complete -c tlxc-attach -s v -l set-var -x -d 'Set a variable for the command'
complete -c tlxc-attach -l keep-var -x -d 'Keep this variable of the caller\'s'
complete -c tlxc-attach -s f -l rcfile -r -F -d 'Take lxc.environment and lxc.arch from FILE'
complete -c tlxc-attach -s u -l uid -x -d 'Run as this user id of the container; 0'
complete -c tlxc-attach -s g -l gid -x -d 'Run as this group id of the container; 0'
complete -c tlxc-attach -l cwd -x -d 'Start in this directory of the container'
complete -c tlxc-attach -s c -l context -x -d 'Run under this AppArmor profile or SELinux context; the'
complete -c tlxc-attach -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-attach -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-attach -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-attach -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-attach -s h -l help -d ''
complete -c tlxc-attach -l usage -d 'Print a short list of the options'
complete -c tlxc-attach -l version -d 'Print the version number'

complete -c tlxc-autostart -f
complete -c tlxc-autostart -s k -l kill -d 'Kill the containers instead'
complete -c tlxc-autostart -s L -l list -d 'Print those concerned, with the delay after each; do nothing'
complete -c tlxc-autostart -s r -l reboot -d 'Reboot the containers instead'
complete -c tlxc-autostart -s s -l shutdown -d 'Shut the containers down instead'
complete -c tlxc-autostart -s a -l all -d 'Take containers of all groups and of none'
complete -c tlxc-autostart -s A -l ignore-auto -d 'Take those without lxc.start.auto as well'
complete -c tlxc-autostart -s g -l groups -x -d 'Take the containers of these groups, parted by commas, in their'
complete -c tlxc-autostart -s t -l timeout -x -d 'Wait T seconds for a shutdown before the kill (60), or a reboot'
complete -c tlxc-autostart -l wait -x -a 'running ready healthy ip ip4 ip6 port: exec:' -d 'Return when it is running, ready (init has booted), healthy, has an ip'
complete -c tlxc-autostart -l wait-timeout -x -d 'Exit 1 when that has not come after so many seconds (90; -1: never)'
complete -c tlxc-autostart -l json -d 'Print what became of each container (with -L: what is known of each) as JSON'
complete -c tlxc-autostart -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-autostart -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-autostart -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-autostart -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-autostart -s h -l help -d ''
complete -c tlxc-autostart -l usage -d 'Print a short list of the options'
complete -c tlxc-autostart -l version -d 'Print the version number'

complete -c tlxc-cgroup -f
complete -c tlxc-cgroup -a '(__tlxc_containers)'
complete -c tlxc-cgroup -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-cgroup -l json -d 'Print JSON'
complete -c tlxc-cgroup -l rcfile -r -F -d 'Do nothing unless FILE is a correct configuration; a container that'
complete -c tlxc-cgroup -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-cgroup -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-cgroup -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-cgroup -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-cgroup -s h -l help -d ''
complete -c tlxc-cgroup -l usage -d 'Print a short list of the options'
complete -c tlxc-cgroup -l version -d 'Print the version number'

complete -c tlxc-checkconfig -f
complete -c tlxc-checkconfig -l json -d 'Show it as JSON'
complete -c tlxc-checkconfig -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-checkconfig -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-checkconfig -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-checkconfig -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-checkconfig -s h -l help -d ''
complete -c tlxc-checkconfig -l usage -d 'Print a short list of the options'
complete -c tlxc-checkconfig -l version -d 'Print the version number'

complete -c tlxc-checkpoint -f
complete -c tlxc-checkpoint -a '(__tlxc_containers)'
complete -c tlxc-checkpoint -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-checkpoint -s r -l restore -d 'Restore it'
complete -c tlxc-checkpoint -s D -l checkpoint-dir -x -a '(__fish_complete_directories)' -d 'Where the checkpoint is, or will be'
complete -c tlxc-checkpoint -s v -l verbose -d 'Let CRIU write all into its log there'
complete -c tlxc-checkpoint -s A -l action-script -x -a '(__fish_complete_directories)' -d 'A program that CRIU calls at its own steps'
complete -c tlxc-checkpoint -s s -l stop -d 'The container ends when it is saved'
complete -c tlxc-checkpoint -s p -l pre-dump -d 'Save the memory alone; the container goes on, and'
complete -c tlxc-checkpoint -l predump-dir -x -a '(__fish_complete_directories)' -d 'Where that was saved, relative to -D'
complete -c tlxc-checkpoint -s d -l daemon -d 'With -r: return when it runs (default)'
complete -c tlxc-checkpoint -s F -l foreground -d 'With -r: stay until it ends'
complete -c tlxc-checkpoint -l rcfile -r -F -d 'Use the configuration FILE instead of the container\'s own'
complete -c tlxc-checkpoint -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-checkpoint -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-checkpoint -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-checkpoint -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-checkpoint -s h -l help -d ''
complete -c tlxc-checkpoint -l usage -d 'Print a short list of the options'
complete -c tlxc-checkpoint -l version -d 'Print the version number'

complete -c tlxc-config -f
complete -c tlxc-config -n 'not __fish_seen_subcommand_from explain' -a 'explain lxc.lxcpath lxc.default_config tlxc.rundir tlxc.cachedir tlxc.statedir lxc.cgroup.pattern lxc.cgroup.use tlxc.log.size tlxc.log.files tlxc.image.server tlxc.image.offline tlxc.image.ca tlxc.image.keyring tlxc.bdev lxc.bdev.lvm.vg lxc.bdev.lvm.thin_pool lxc.bdev.zfs.root lxc.bdev.rbd.rbdpool lxc.bdev.rbd.rbduser tlxc.bridge.name tlxc.bridge.auto tlxc.bridge.mac tlxc.bridge.ipv4 tlxc.bridge.ipv6 tlxc.bridge.dhcp.range tlxc.bridge.domain tlxc.bridge.host.names tlxc.bridge.nat'
complete -c tlxc-config -n '__fish_seen_subcommand_from explain' -a '(__tlxc_containers) (__tlxc_keys)'
complete -c tlxc-config -s l -l list -d 'List all available configuration items'
complete -c tlxc-config -s n -l name -x -a '(__tlxc_containers)' -d 'Of explain: the container'
complete -c tlxc-config -l json -d 'Of explain, -l and ITEM: print JSON'
complete -c tlxc-config -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-config -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-config -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-config -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-config -s h -l help -d ''
complete -c tlxc-config -l usage -d 'Print a short list of the options'
complete -c tlxc-config -l version -d 'Print the version number'

complete -c tlxc-console -f
complete -c tlxc-console -a '(__tlxc_containers)'
complete -c tlxc-console -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-console -s t -l tty -x -d 'The tty: 0 the console, -1 the next free one (default)'
complete -c tlxc-console -s e -l escape -x -d 'What comes before q to leave; ^a'
complete -c tlxc-console -l rcfile -r -F -d 'Do nothing unless FILE is a correct configuration; a container that'
complete -c tlxc-console -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-console -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-console -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-console -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-console -s h -l help -d ''
complete -c tlxc-console -l usage -d 'Print a short list of the options'
complete -c tlxc-console -l version -d 'Print the version number'

complete -c tlxc-copy -f
complete -c tlxc-copy -a '(__tlxc_containers)'
complete -c tlxc-copy -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-copy -s N -l newname -x -d 'Name of the copy'
complete -c tlxc-copy -s p -l newpath -x -a '(__fish_complete_directories)' -d 'Keep the copy in PATH instead of the store of the source'
complete -c tlxc-copy -s R -l rename -d 'Rename it instead'
complete -c tlxc-copy -l json -d 'Tell as JSON what was made'
complete -c tlxc-copy -s s -l snapshot -d 'Copy on write: what neither changes is kept once'
complete -c tlxc-copy -s a -l allowrunning -d 'Also while it runs: it is frozen as long as it is read'
complete -c tlxc-copy -l freeze-timeout -x -d 'With -a: give up where it would have to stand still for longer (60; -1: never)'
complete -c tlxc-copy -s e -l ephemeral -d 'Start a copy on write that is gone when it stops'
complete -c tlxc-copy -s d -l daemon -d 'With -e: return when the copy runs (default)'
complete -c tlxc-copy -s F -l foreground -d 'With -e: this terminal is the copy\'s console'
complete -c tlxc-copy -s D -l keepdata -d 'With -e: keep the copy when it stops'
complete -c tlxc-copy -s m -l mount -x -d 'With -e: bind=SOURCE[:TARGET][:ro|rw] or'
complete -c tlxc-copy -s t -l tmpfs -d 'With -e: keep what the copy changes in memory,'
complete -c tlxc-copy -s B -l backingstorage -x -a 'best dir overlay btrfs loop lvm zfs rbd squashfs erofs' -d 'overlay, dir, btrfs or loop; as the source where it is not given'
complete -c tlxc-copy -s L -l fssize -x -d 'Size of the copy'
complete -c tlxc-copy -s K -l keepname -d 'Keep the host name'
complete -c tlxc-copy -s M -l keepmac -d 'Keep the hardware addresses'
complete -c tlxc-copy -l user-data -r -F -d 'What its cloud-init is to do at the first boot: a file that begins'
complete -c tlxc-copy -l vendor-data -r -F -d 'The same, where user data say nothing else'
complete -c tlxc-copy -l network-config -r -F -d 'What its cloud-init makes of the network'
complete -c tlxc-copy -l meta-data -r -F -d 'What it is to know of the machine; instance-id and'
complete -c tlxc-copy -l rcfile -r -F -d 'Take the settings and the root filesystem from FILE instead of the container\'s configuration'
complete -c tlxc-copy -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-copy -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-copy -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-copy -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-copy -s h -l help -d ''
complete -c tlxc-copy -l usage -d 'Print a short list of the options'
complete -c tlxc-copy -l version -d 'Print the version number'

complete -c tlxc-create -f
complete -c tlxc-create -a '(__tlxc_containers)'
complete -c tlxc-create -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-create -s f -l config -r -F -d 'Initial configuration file'
complete -c tlxc-create -s t -l template -x -a 'download debian busybox local oci none' -d 'download, oci, debian, busybox, local, none,'
complete -c tlxc-create -s B -l bdev -x -a 'best dir overlay btrfs loop lvm zfs rbd squashfs erofs' -d 'Backing store, or several with commas, the first that can be:'
complete -c tlxc-create -l fssize -x -d 'Its size: a number of MiB, or one with b, k, m, g or t behind it'
complete -c tlxc-create -l fstype -x -a 'ext4 xfs btrfs' -d 'Its filesystem: ext4 (the default), xfs or btrfs'
complete -c tlxc-create -l privileged -d 'Root inside is root on the host: no id map'
complete -c tlxc-create -l keep-on-failure -d 'Keep what a template program has made when it fails'
complete -c tlxc-create -l user-data -r -F -d 'What its cloud-init is to do at the first boot: a file that begins'
complete -c tlxc-create -l vendor-data -r -F -d 'The same, where user data say nothing else'
complete -c tlxc-create -l network-config -r -F -d 'What its cloud-init makes of the network'
complete -c tlxc-create -l meta-data -r -F -d 'What it is to know of the machine; instance-id and'
complete -c tlxc-create -l json -d 'Tell as JSON what was made'
complete -c tlxc-create -l lvname -x -a '(__tlxc_containers)' -d 'With -B lvm: name of the logical volume'
complete -c tlxc-create -l vgname -x -d 'With -B lvm: its volume group'
complete -c tlxc-create -l thinpool -x -d 'With -B lvm: a thin pool of the group'
complete -c tlxc-create -l zfsroot -x -d 'With -B zfs: what its dataset is made in'
complete -c tlxc-create -l rbdname -x -a '(__tlxc_containers)' -d 'With -B rbd: name of the image'
complete -c tlxc-create -l rbdpool -x -d 'With -B rbd: its pool'
complete -c tlxc-create -l rbduser -x -d 'Refused: set lxc.bdev.rbd.rbduser in tlxc.conf(5)'
complete -c tlxc-create -l dir -x -d 'With -B dir: the directory, instead of NAME/rootfs'
complete -c tlxc-create -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-create -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-create -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-create -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-create -s h -l help -d ''
complete -c tlxc-create -l usage -d 'Print a short list of the options'
complete -c tlxc-create -l version -d 'Print the version number'

complete -c tlxc-destroy -f
complete -c tlxc-destroy -a '(__tlxc_containers)'
complete -c tlxc-destroy -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-destroy -s s -l snapshots -d 'destroy including all snapshots'
complete -c tlxc-destroy -s f -l force -d 'stop and destroy the container if it\'s still running'
complete -c tlxc-destroy -l rcfile -r -F -d 'Take the hooks and the root filesystem to remove from FILE instead of the container\'s configuration'
complete -c tlxc-destroy -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-destroy -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-destroy -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-destroy -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-destroy -s h -l help -d ''
complete -c tlxc-destroy -l usage -d 'Print a short list of the options'
complete -c tlxc-destroy -l version -d 'Print the version number'

complete -c tlxc-device -f
complete -c tlxc-device -n 'not __tlxc_named' -a '(__tlxc_containers)'
complete -c tlxc-device -n __tlxc_named -a 'add del list'
complete -c tlxc-device -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-device -l rcfile -r -F -d 'Read FILE; with --saved: change it instead of NAME\'s configuration'
complete -c tlxc-device -l saved -d 'Change the configuration of NAME alike, for its next start'
complete -c tlxc-device -l json -d 'Of list: print JSON'
complete -c tlxc-device -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-device -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-device -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-device -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-device -s h -l help -d ''
complete -c tlxc-device -l usage -d 'Print a short list of the options'
complete -c tlxc-device -l version -d 'Print the version number'

complete -c tlxc-doctor -f
complete -c tlxc-doctor -a '(__tlxc_containers)'
complete -c tlxc-doctor -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-doctor -l denials -d 'What AppArmor and seccomp have refused to containers, and the line'
complete -c tlxc-doctor -l json -d 'Show what was found as JSON'
complete -c tlxc-doctor -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-doctor -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-doctor -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-doctor -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-doctor -s h -l help -d ''
complete -c tlxc-doctor -l usage -d 'Print a short list of the options'
complete -c tlxc-doctor -l version -d 'Print the version number'

complete -c tlxc-execute -f
complete -c tlxc-execute -a '(__tlxc_containers)'
complete -c tlxc-execute -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-execute -s d -l daemon -d 'Leave it to itself, and return when it runs'
complete -c tlxc-execute -s f -l rcfile -r -F -d 'Read the configuration from FILE'
complete -c tlxc-execute -s s -l define -x -a '(__tlxc_settings)' -d 'Set KEY to VAL, after the file'
complete -c tlxc-execute -s u -l uid -x -d 'Run COMMAND as this user inside'
complete -c tlxc-execute -s g -l gid -x -d 'Run COMMAND as this group inside'
complete -c tlxc-execute -l share-net -x -a '(__tlxc_containers)' -d 'Share the net namespace of a container, a pid or a path'
complete -c tlxc-execute -l share-ipc -x -a '(__tlxc_containers)' -d 'Share the ipc namespace of a container, a pid or a path'
complete -c tlxc-execute -l share-uts -x -a '(__tlxc_containers)' -d 'Share the uts namespace of a container, a pid or a path'
complete -c tlxc-execute -l share-pid -x -a '(__tlxc_containers)' -d 'Share the pid namespace of a container, a pid or a path'
complete -c tlxc-execute -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-execute -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-execute -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-execute -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-execute -s h -l help -d ''
complete -c tlxc-execute -l usage -d 'Print a short list of the options'
complete -c tlxc-execute -l version -d 'Print the version number'

complete -c tlxc-export -f
complete -c tlxc-export -a '(__tlxc_containers)'
complete -c tlxc-export -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-export -l freeze -d 'Freeze NAME as long as it takes, if it runs'
complete -c tlxc-export -l snapshots -d 'With its snapshots'
complete -c tlxc-export -l compression -x -d 'zstd (unless FILE\'s name says otherwise), xz, gzip or none'
complete -c tlxc-export -l json -d 'Tell as JSON what was written'
complete -c tlxc-export -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-export -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-export -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-export -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-export -s h -l help -d ''
complete -c tlxc-export -l usage -d 'Print a short list of the options'
complete -c tlxc-export -l version -d 'Print the version number'

complete -c tlxc-file -f
complete -c tlxc-file -a 'push pull edit'
complete -c tlxc-file -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container: paths are then written without it'
complete -c tlxc-file -s r -l recursive -d 'Copy directories with all that is in them'
complete -c tlxc-file -s p -l create-dirs -d 'Make the directories of the target that are missing'
complete -c tlxc-file -l uid -x -d 'push: whose it is inside, instead of the source\'s owner'
complete -c tlxc-file -l gid -x -d 'push: the same for its group'
complete -c tlxc-file -l mode -x -d 'push: its mode (octal), instead of the source\'s'
complete -c tlxc-file -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-file -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-file -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-file -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-file -s h -l help -d ''
complete -c tlxc-file -l usage -d 'Print a short list of the options'
complete -c tlxc-file -l version -d 'Print the version number'

complete -c tlxc-freeze -f
complete -c tlxc-freeze -a '(__tlxc_containers)'
complete -c tlxc-freeze -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-freeze -s t -l timeout -x -d 'Let it run on when it is not frozen after T seconds (10; -1: never)'
complete -c tlxc-freeze -l rcfile -r -F -d 'Do nothing unless FILE is a correct configuration; a container that'
complete -c tlxc-freeze -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-freeze -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-freeze -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-freeze -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-freeze -s h -l help -d ''
complete -c tlxc-freeze -l usage -d 'Print a short list of the options'
complete -c tlxc-freeze -l version -d 'Print the version number'

complete -c tlxc-image -f
complete -c tlxc-image -n 'not __tlxc_named' -a 'list pull info verify prune import build export serve'
complete -c tlxc-image -n __tlxc_named -a '(__tlxc_images)'
complete -c tlxc-image -l remote -d 'list: what the image servers offer'
complete -c tlxc-image -l server -x -d 'list --remote, pull: ask this server'
complete -c tlxc-image -l variant -x -d 'list --remote, pull: of this variant (default: default)'
complete -c tlxc-image -l json -d 'All but export and serve: as JSON'
complete -c tlxc-image -l all -d 'prune: also images that have not expired'
complete -c tlxc-image -l alias -x -d 'import, build, export: call it ALIAS'
complete -c tlxc-image -l pack -x -a 'squashfs erofs' -d 'pull, import, build: kept as one compressed file, squashfs or erofs'
complete -c tlxc-image -l keep -d 'import --pack: FILE is one already, and stays as it is: only one that you trust'
complete -c tlxc-image -s t -l template -x -a 'download debian busybox local oci none' -d 'build: as this template of tlxc-create does'
complete -c tlxc-image -l container -x -a '(__tlxc_containers)' -d 'build: of this container, which is stopped'
complete -c tlxc-image -l listen -x -d 'serve: listen at [ADDRESS:]PORT (default: 127.0.0.1:8443)'
complete -c tlxc-image -l cert -r -F -d 'serve: this certificate (PEM) instead of one of its own making'
complete -c tlxc-image -l key -r -F -d 'serve: the certificate\'s key (PEM)'
complete -c tlxc-image -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-image -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-image -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-image -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-image -s h -l help -d ''
complete -c tlxc-image -l usage -d 'Print a short list of the options'
complete -c tlxc-image -l version -d 'Print the version number'

complete -c tlxc-import -f
complete -c tlxc-import -s N -l newname -x -a '(__tlxc_containers)' -d 'What it is called; without it, as it was'
complete -c tlxc-import -s B -l bdev -x -a 'best dir overlay btrfs loop lvm zfs rbd squashfs erofs' -d 'Backing store (dir)'
complete -c tlxc-import -l fssize -x -d 'Its size, as for tlxc-create'
complete -c tlxc-import -l fstype -x -a 'ext4 xfs btrfs' -d 'Its filesystem, as for tlxc-create'
complete -c tlxc-import -l privileged -d 'Root inside is root on the host: no id map'
complete -c tlxc-import -l json -d 'Tell as JSON what was made'
complete -c tlxc-import -s M -l keepmac -d 'It is the same machine, moved: keep its MAC addresses and machine id'
complete -c tlxc-import -l trust -d 'Keep hooks, mounts of the host\'s directories and whatever else reaches into the host'
complete -c tlxc-import -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-import -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-import -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-import -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-import -s h -l help -d ''
complete -c tlxc-import -l usage -d 'Print a short list of the options'
complete -c tlxc-import -l version -d 'Print the version number'

complete -c tlxc-info -f
complete -c tlxc-info -a '(__tlxc_containers)'
complete -c tlxc-info -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-info -s c -l config -x -a '(__tlxc_keys)' -d 'Show the configuration key KEY, from the file on disk'
complete -c tlxc-info -s i -l ips -d 'Show the IP addresses'
complete -c tlxc-info -s p -l pid -d 'Show the process id of the container\'s init'
complete -c tlxc-info -s S -l stats -d 'Show what it uses'
complete -c tlxc-info -s H -l no-humanize -d 'Show raw numbers; of one single value, nothing but it'
complete -c tlxc-info -s s -l state -d 'Show the state'
complete -c tlxc-info -l json -d 'Show everything as JSON'
complete -c tlxc-info -l rcfile -r -F -d 'Read -c\'s keys from FILE instead of the container\'s configuration'
complete -c tlxc-info -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-info -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-info -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-info -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-info -s h -l help -d ''
complete -c tlxc-info -l usage -d 'Print a short list of the options'
complete -c tlxc-info -l version -d 'Print the version number'

complete -c tlxc-logs -f
complete -c tlxc-logs -a '(__tlxc_containers)'
complete -c tlxc-logs -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-logs -s f -l follow -d 'Go on with what comes; begins with the last 10 lines'
complete -c tlxc-logs -l until-stopped -d 'With -f: until the container has stopped'
complete -c tlxc-logs -s b -l boot -d 'Only the last boot; -1: the one before it, and so on'
complete -c tlxc-logs -l console -d 'Only what the container has printed'
complete -c tlxc-logs -l monitor -d 'Only the monitor\'s messages'
complete -c tlxc-logs -l lines -x -d 'Only the last N lines'
complete -c tlxc-logs -l since -x -d 'Only what came after TIME: 10m (ago), "2026-11-22 16:46"'
complete -c tlxc-logs -s t -l timestamps -d 'Begin each line with its time (UTC)'
complete -c tlxc-logs -l raw -d 'The bytes of the console as they are, escape sequences too'
complete -c tlxc-logs -l json -d 'Print records as JSON, one a line'
complete -c tlxc-logs -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-logs -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-logs -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-logs -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-logs -s h -l help -d ''
complete -c tlxc-logs -l usage -d 'Print a short list of the options'
complete -c tlxc-logs -l version -d 'Print the version number'

complete -c tlxc-ls -f
complete -c tlxc-ls -s 1 -l line -d 'One name a line'
complete -c tlxc-ls -s f -l fancy -d 'A table'
complete -c tlxc-ls -s F -l fancy-format -x -d 'A table of these columns, separated by commas:'
complete -c tlxc-ls -l json -d 'All that is known of each, as JSON'
complete -c tlxc-ls -l active -d 'Only those with a live monitor'
complete -c tlxc-ls -l running -d 'Only those that run (or are frozen)'
complete -c tlxc-ls -l frozen -d 'Only those that are frozen'
complete -c tlxc-ls -l stopped -d 'Only those that are stopped'
complete -c tlxc-ls -l defined -d 'Only those with a configuration'
complete -c tlxc-ls -l nesting -d 'Also the containers in containers, NUM levels deep (5)'
complete -c tlxc-ls -l filter -x -d 'Only names that the regular expression matches'
complete -c tlxc-ls -s g -l groups -x -d 'Only members of all these groups (commas between them)'
complete -c tlxc-ls -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-ls -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-ls -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-ls -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-ls -s h -l help -d ''
complete -c tlxc-ls -l usage -d 'Print a short list of the options'
complete -c tlxc-ls -l version -d 'Print the version number'

complete -c tlxc-monitor -f
complete -c tlxc-monitor -a '(__tlxc_containers)'
complete -c tlxc-monitor -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-monitor -l json -d 'One JSON object a line'
complete -c tlxc-monitor -s Q -l quit -d 'For LXC compatibility: there is no daemon to quit'
complete -c tlxc-monitor -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-monitor -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-monitor -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-monitor -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-monitor -s h -l help -d ''
complete -c tlxc-monitor -l usage -d 'Print a short list of the options'
complete -c tlxc-monitor -l version -d 'Print the version number'

complete -c tlxc-net -f
complete -c tlxc-net -a 'start stop restart reload force-reload status'
complete -c tlxc-net -l json -d 'start, restart, status: how it is, as JSON'
complete -c tlxc-net -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-net -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-net -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-net -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-net -s h -l help -d ''
complete -c tlxc-net -l usage -d 'Print a short list of the options'
complete -c tlxc-net -l version -d 'Print the version number'

complete -c tlxc-set -f
complete -c tlxc-set -n 'not __tlxc_named' -a '(__tlxc_containers)'
complete -c tlxc-set -n __tlxc_named -a 'memory= memory-high= memory-low= swap= cpus= cpu-weight= cpuset= mems= pids= io-weight= read= write= read-iops= write-iops='
complete -c tlxc-set -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-set -l now -d 'Only in the running container, until it stops (a reboot is no stop)'
complete -c tlxc-set -l saved -d 'Only in the configuration, for the next start (a reboot is none)'
complete -c tlxc-set -l json -d 'Print the limits as JSON'
complete -c tlxc-set -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-set -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-set -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-set -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-set -s h -l help -d ''
complete -c tlxc-set -l usage -d 'Print a short list of the options'
complete -c tlxc-set -l version -d 'Print the version number'

complete -c tlxc-snapshot -f
complete -c tlxc-snapshot -a '(__tlxc_containers)'
complete -c tlxc-snapshot -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-snapshot -s L -l list -d 'List all snapshots'
complete -c tlxc-snapshot -s r -l restore -x -a '(__tlxc_snapshots)' -d 'Make the container what it was, or with -N a new one of it'
complete -c tlxc-snapshot -s N -l newname -x -d 'With -r: name of the restored container'
complete -c tlxc-snapshot -s d -l destroy -x -a '(__tlxc_snapshots)' -d 'Destroy that snapshot, or ALL'
complete -c tlxc-snapshot -l diff -x -a '(__tlxc_snapshots)' -d 'Print the files added (A), changed (M) and removed (D) since it,'
complete -c tlxc-snapshot -s c -l comment -r -F -d 'Keep the text of FILE with the new snapshot'
complete -c tlxc-snapshot -l freeze-timeout -x -d 'Give up where it would have to stand still for longer (60; -1: never)'
complete -c tlxc-snapshot -s C -l showcomments -d 'With -L: the comments, too'
complete -c tlxc-snapshot -l json -d 'With -L and --diff, and of what was taken: print JSON'
complete -c tlxc-snapshot -l rcfile -r -F -d 'Take what is kept from FILE instead of the container\'s configuration'
complete -c tlxc-snapshot -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-snapshot -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-snapshot -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-snapshot -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-snapshot -s h -l help -d ''
complete -c tlxc-snapshot -l usage -d 'Print a short list of the options'
complete -c tlxc-snapshot -l version -d 'Print the version number'

complete -c tlxc-start -f
complete -c tlxc-start -a '(__tlxc_containers)'
complete -c tlxc-start -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-start -s d -l daemon -d 'Return when the container runs (default)'
complete -c tlxc-start -s F -l foreground -d 'Stay: this terminal is the container\'s console'
complete -c tlxc-start -s p -l pidfile -r -F -d 'Write the monitor\'s process id to FILE'
complete -c tlxc-start -s f -l rcfile -r -F -d 'Use the configuration FILE instead of the container\'s own'
complete -c tlxc-start -s c -l console -r -F -d 'Use FILE as the container\'s console'
complete -c tlxc-start -s L -l console-log -r -F -d 'Log what the console prints to FILE'
complete -c tlxc-start -s C -l close-all-fds -d 'Let no inherited descriptor reach the container;'
complete -c tlxc-start -s s -l define -x -a '(__tlxc_settings)' -d 'Set the configuration key KEY to VAL'
complete -c tlxc-start -l share-net -x -a '(__tlxc_containers)' -d 'Share the net namespace of a container, a pid or a path'
complete -c tlxc-start -l share-ipc -x -a '(__tlxc_containers)' -d 'Share the ipc namespace of a container, a pid or a path'
complete -c tlxc-start -l share-uts -x -a '(__tlxc_containers)' -d 'Share the uts namespace of a container, a pid or a path'
complete -c tlxc-start -l share-pid -x -a '(__tlxc_containers)' -d 'Share the pid namespace of a container, a pid or a path'
complete -c tlxc-start -l wait -x -a 'running ready healthy ip ip4 ip6 port: exec:' -d 'Return when it is running, ready (init has booted), healthy, has an ip'
complete -c tlxc-start -l wait-timeout -x -d 'Exit 1 when that has not come after so many seconds (90; -1: never)'
complete -c tlxc-start -l plan -d 'Print what a start would do, as JSON, and start nothing'
complete -c tlxc-start -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-start -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-start -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-start -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-start -s h -l help -d ''
complete -c tlxc-start -l usage -d 'Print a short list of the options'
complete -c tlxc-start -l version -d 'Print the version number'

complete -c tlxc-stop -f
complete -c tlxc-stop -a '(__tlxc_containers)'
complete -c tlxc-stop -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-stop -s r -l reboot -d 'Reboot the container'
complete -c tlxc-stop -s W -l nowait -d 'Return when the request is sent'
complete -c tlxc-stop -s t -l timeout -x -d 'Wait T seconds before the kill (60; -1: for ever)'
complete -c tlxc-stop -s k -l kill -d 'Kill the container without asking its init'
complete -c tlxc-stop -l nolock -d 'With -k: take no lock; tlxc-stop never waits for one'
complete -c tlxc-stop -l nokill -d 'Do not kill when the time is over: exit 1'
complete -c tlxc-stop -l rcfile -r -F -d 'Take lxc.signal.halt and .reboot from FILE instead of the container\'s configuration'
complete -c tlxc-stop -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-stop -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-stop -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-stop -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-stop -s h -l help -d ''
complete -c tlxc-stop -l usage -d 'Print a short list of the options'
complete -c tlxc-stop -l version -d 'Print the version number'

complete -c tlxc-top -f
complete -c tlxc-top -s d -l delay -x -d 'Between two looks: 3 unless set, 300 with --batch'
complete -c tlxc-top -s b -l batch -d 'Lines of comma-separated values, for a program'
complete -c tlxc-top -s s -l sort -x -a '(__tlxc_keys)' -d 'Sort by KEY:'
complete -c tlxc-top -s r -l reverse -d 'Turn the order round: names upwards, numbers downwards'
complete -c tlxc-top -l json -d 'A JSON object a line, for each container and look'
complete -c tlxc-top -l count -x -d 'End after N looks'
complete -c tlxc-top -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-top -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-top -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-top -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-top -s h -l help -d ''
complete -c tlxc-top -l usage -d 'Print a short list of the options'
complete -c tlxc-top -l version -d 'Print the version number'

complete -c tlxc-unfreeze -f
complete -c tlxc-unfreeze -a '(__tlxc_containers)'
complete -c tlxc-unfreeze -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-unfreeze -l rcfile -r -F -d 'Do nothing unless FILE is a correct configuration; a container that'
complete -c tlxc-unfreeze -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-unfreeze -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-unfreeze -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-unfreeze -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-unfreeze -s h -l help -d ''
complete -c tlxc-unfreeze -l usage -d 'Print a short list of the options'
complete -c tlxc-unfreeze -l version -d 'Print the version number'

complete -c tlxc-unshare -f
complete -c tlxc-unshare -s s -l namespaces -x -d 'Those to make: MOUNT|PID|UTSNAME|IPC|USER|NETWORK|CGROUP|TIME'
complete -c tlxc-unshare -s u -l user -x -d 'Become this user, a name or a number; with USER: only'
complete -c tlxc-unshare -s H -l hostname -x -d 'With UTSNAME: the host name there'
complete -c tlxc-unshare -s i -l ifname -x -d 'With NETWORK: the interface goes along'
complete -c tlxc-unshare -s d -l daemon -d 'Return when COMMAND runs'
complete -c tlxc-unshare -s M -l remount -d 'With MOUNT: fresh /proc, /dev/shm and /dev/mqueue'
complete -c tlxc-unshare -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-unshare -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-unshare -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-unshare -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-unshare -s h -l help -d ''
complete -c tlxc-unshare -l usage -d 'Print a short list of the options'
complete -c tlxc-unshare -l version -d 'Print the version number'

complete -c tlxc-update-config -f
complete -c tlxc-update-config -a '(__tlxc_containers)'
complete -c tlxc-update-config -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-update-config -s c -l config -r -F -d 'The configuration to update'
complete -c tlxc-update-config -l json -d 'Tell as JSON what was done'
complete -c tlxc-update-config -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-update-config -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-update-config -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-update-config -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-update-config -s h -l help -d ''
complete -c tlxc-update-config -l usage -d 'Print a short list of the options'
complete -c tlxc-update-config -l version -d 'Print the version number'

complete -c tlxc-usernsexec -f
complete -c tlxc-usernsexec -s m -l map -x -d 'u|g|b:INSIDE:OUTSIDE:COUNT: users, groups or both; without any:'
complete -c tlxc-usernsexec -s s -l map-self -d 'And the caller\'s own ids, after the others'
complete -c tlxc-usernsexec -s u -l uid -x -d 'Be this user inside; 0'
complete -c tlxc-usernsexec -s g -l gid -x -d 'Be this group inside; 0'
complete -c tlxc-usernsexec -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-usernsexec -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-usernsexec -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-usernsexec -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-usernsexec -s h -l help -d ''
complete -c tlxc-usernsexec -l usage -d 'Print a short list of the options'
complete -c tlxc-usernsexec -l version -d 'Print the version number'

complete -c tlxc-wait -f
complete -c tlxc-wait -a '(__tlxc_containers)'
complete -c tlxc-wait -s n -l name -x -a '(__tlxc_containers)' -d 'NAME of the container'
complete -c tlxc-wait -s s -l state -x -a 'STOPPED STARTING RUNNING STOPPING ABORTING FREEZING FROZEN THAWED' -d 'Any of STOPPED|STARTING|RUNNING|STOPPING|'
complete -c tlxc-wait -l for -x -a 'running ready healthy ip ip4 ip6 port: exec:' -d 'Instead: once it runs, until it is running, ready (init has booted), healthy, has an ip'
complete -c tlxc-wait -s t -l timeout -x -d 'Exit 1 after T seconds (-1, the default: never)'
complete -c tlxc-wait -l json -d 'Tell as JSON whether it was reached'
complete -c tlxc-wait -l rcfile -r -F -d 'Do nothing unless FILE is a correct configuration; a container that'
complete -c tlxc-wait -s o -l logfile -r -F -d 'Append the log to FILE'
complete -c tlxc-wait -s l -l logpriority -x -a 'TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL' -d 'Log what is at least LEVEL (ERROR unless set)'
complete -c tlxc-wait -s q -l quiet -d 'Print no errors; the exit status tells'
complete -c tlxc-wait -s P -l lxcpath -x -a '(__fish_complete_directories)' -d 'Look for containers in PATH'
complete -c tlxc-wait -s h -l help -d ''
complete -c tlxc-wait -l usage -d 'Print a short list of the options'
complete -c tlxc-wait -l version -d 'Print the version number'
