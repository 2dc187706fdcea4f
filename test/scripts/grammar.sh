# How command lines are read, whatever the command.
made c1
commands='attach autostart cgroup checkpoint console copy create destroy device execute freeze info ls monitor snapshot
    start stop top unfreeze unshare wait'
try() {
    timeout 20 "$@" < /dev/null > "$T/out" 2> "$T/err"
    local s=$?
    printf '%s: %s%s%s\n' "${*}" "$s" "$([ -s "$T/out" ] && echo ' out')" "$([ -s "$T/err" ] && echo ' err')"
}
for c in $commands; do
    c=lxc-$c
    try $c --help
    try $c --he
    try $c --hel
    try $c -h
    try $c '-?'
    try $c --usage
    try $c --usa
    try $c --version
    try $c --vers
    try $c --version=1
    try $c --nonsense
    try $c -n c1 --nonsense
    try $c -n
    try $c --name
    [ $c = lxc-top ] || [ $c = lxc-monitor ] || try $c -P /nowhere -P /nowhere -n c1
    try $c --lxcp /nowhere --version
    try $c -l NONSENSE -n c1 --version
    try $c -q --quiet --version
    case $c in
    *-autostart | *-create | *-ls | *-monitor | *-top | *-unshare) ;;
    *) try $c --rcfile /nowhere --version ;;
    esac
    try $c --name=c1 --version
    try $c c1 --version
    try $c --version -- --nonsense
    [ "$($c --version | wc -w)" = 1 ] && echo one word
done
try lxc-attach c1
try lxc-info c1 -s
try lxc-info -s c1
try lxc-info --state --name c1
try lxc-info --sta --nam c1
try lxc-info --st c1
try lxc-info -sH c1
try lxc-info -scH c1
try lxc-info -nc1 -s
try lxc-info -s -- c1
try lxc-ls -f -1
try lxc-ls -1f
try lxc-ls -fFNAME
try lxc-ls -n c1
try lxc-stop -t c1
try lxc-stop -n c1 -t nonsense
try lxc-stop -n c1 -kk
try lxc-wait c1 --state=STOPPED
try lxc-wait c1 --state STOPPED --timeout=0
try lxc-snapshot c1 -L
try lxc-snapshot -Ln c1
try lxc-snapshot -LC c1
try lxc-autostart -n c1 -L
try lxc-freeze c1
try lxc-unfreeze c1
try lxc-cgroup c1
try lxc-cgroup
try lxc-config
try lxc-config -l
try lxc-config lxc.lxcpath
try lxc-update-config
# -q: where the host has mounts below its /sys, LXC tells that the world's covers them.
try lxc-start -q c1 -d -F -- /bin/true
try lxc-execute
try lxc-device c1
try lxc-device c1 nonsense /dev/null
try lxc-create c1
try lxc-create -n c1 -t none
try lxc-create -n c9 -t nosuchtemplate
try lxc-create -n c9
try lxc-destroy c9
lxc-monitor -Q > /dev/null 2>&1; echo done
