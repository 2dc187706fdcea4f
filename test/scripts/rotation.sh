# Backups, rotations of snapshots and copies, builds in throw-away containers, Makefiles and what runs by cron.
made base web
printf 'lxc.start.auto = 1\nlxc.group = onboot,prod\nlxc.start.order = 3\n' >> /var/lib/lxc/web/config
lxc-start -n web
# Each night: what ran is stopped, kept, and started again.
backup() {
    local c=$1 was
    was=$(lxc-info -n "$c" -sH) || return 1
    [ "$was" = STOPPED ] || { lxc-stop -n "$c" -t 20 && lxc-wait -n "$c" -s STOPPED -t 20; }
    (cd /var/lib/lxc && tar --numeric-owner --acls --xattrs -czf "$T/$c-$(date +%F).tar.gz" "$c")
    local result=$?
    [ "$was" = RUNNING ] && lxc-start -n "$c" -d
    echo "$c: $was, kept: $result, now $(lxc-info -n "$c" -sH)"
}
for c in $(ls /var/lib/lxc); do [ -f "/var/lib/lxc/$c/config" ] && backup "$c"; done
for container in $(ls /var/lib/lxc); do [ "$(lxc-info -n "$container" | grep RUNNING | wc -l)" -eq 1 ] && echo "$container runs"; done
tar -tzf "$T"/web-*.tar.gz | grep -cE '^web/(config|rootfs/etc/passwd)$'
find "$T" -maxdepth 1 -name '*.tar.gz' -mtime +7 -delete; ls "$T"/*.tar.gz | wc -l
# Frozen rather than stopped.
lxc-freeze -n web && tar -C /var/lib/lxc/web/rootfs -cf "$T/frozen.tar" etc; lxc-unfreeze -n web; lxc-info -n web -sH
trap 'lxc-unfreeze -n web 2> /dev/null' EXIT; lxc-freeze -n web; cp -a /var/lib/lxc/web/rootfs/etc "$T/etc"; lxc-unfreeze -n web; trap - EXIT; ls "$T/etc" | grep -cx passwd
# While it runs: a copy is what is kept.
lxc-copy -n web -N web-copy 2> /dev/null; status
lxc-stop -n web && lxc-copy -n web -N web-backup -p /var/lib/lxc/ && lxc-start -n web; status
tar -C /var/lib/lxc/web-backup/rootfs -cf "$T/copy.tar" . && lxc-destroy -n web-backup; status
lxc-copy --name=base --newname=stage --backingstorage=dir; status
lxc-copy -n base -N thin -B overlay -s > /dev/null; status; grep -c '^lxc.rootfs.path' /var/lib/lxc/thin/config
lxc-start -n thin && lxc-attach -n thin -- touch /new && ls /var/lib/lxc/base/rootfs/new 2> /dev/null; lxc-destroy -f -n thin > /dev/null; status
lxc-copy -n base -N stage 2> /dev/null || echo stage is taken
lxc-copy -R -n stage -N prod && lxc-ls -1 | grep -xE 'stage|prod'
lxc-info -n prod -c lxc.uts.name -H; lxc-info -n prod -c lxc.rootfs.path -H | sed 's/^dir://'
sed -i 's/^lxc.uts.name.*/lxc.uts.name = prod.example.com/; /^lxc.net/d' /var/lib/lxc/prod/config; echo 'lxc.net.0.type = empty' >> /var/lib/lxc/prod/config
lxc-start -n prod; lxc-attach -n prod -- hostname; lxc-stop -kn prod
# Snapshots: three are kept.
lxc-stop -n web 2> /dev/null
for i in 1 2 3 4 5; do echo "night $i" > /var/lib/lxc/web/rootfs/etc/night; lxc-snapshot -n web > /dev/null 2>&1 || echo failed; done
lxc-snapshot -n web -L | awk '{ print $1 }' | sort
lxc-snapshot -n web -L | awk '{ print $1 }' | sort | head -n -3 | while read -r s; do lxc-snapshot -n web -d "$s" < /dev/null; done
lxc-snapshot -n web -L | sed 's/ .*//' | sort -V | tail -n 1
lxc-snapshot -n web -L | wc -l
lxc-snapshot -n web --list | awk '{ print NF }' | sort -u
[ -d /var/lib/lxc/web/snaps/snap4/rootfs ] && cat /var/lib/lxc/web/snaps/snap4/rootfs/etc/night
lxc-snapshot -n web -r snap3 && cat /var/lib/lxc/web/rootfs/etc/night
lxc-snapshot -n web -r snap2 -N web-old && cat /var/lib/lxc/web-old/rootfs/etc/night
lxc-snapshot --name web --newname named > /dev/null 2>&1; status; lxc-snapshot -n web -L | awk '{ print $1 }' | sort
lxc-snapshot -n web --destroy=snap2 && lxc-snapshot -n web --restore=snap2 2> /dev/null || echo snap2 is gone
lxc-snapshot -n web -c before-upgrade > /dev/null 2>&1; lxc-snapshot -n web -L | wc -l
lxc-snapshot -n web -d ALL; lxc-snapshot -n web -L | head -n 1; ls /var/lib/lxc/web/snaps 2> /dev/null | wc -l
lxc-snapshot -n web > /dev/null 2>&1; lxc-destroy -n web-old; lxc-destroy -n web 2> /dev/null || lxc-destroy -s -n web > /dev/null && lxc-ls -1
rm -rf /var/lib/lxc/web; tar -C /var/lib/lxc -xzf "$T"/web-*.tar.gz; lxc-start -n web && lxc-info -n web -sH
# A build in a copy that goes, however the build ends.
build() {
    local c=build-$1 code; shift
    lxc-copy -n base -N "$c" || return
    lxc-start -n "$c" && lxc-wait -n "$c" -s RUNNING -t 10
    printf 'all:\n\techo built\n' | lxc-attach -n "$c" -- sh -c 'mkdir -p /src; cat > /src/Makefile'
    lxc-attach -n "$c" --clear-env -v JOBS=2 -- "$@"; code=$?
    lxc-attach -n "$c" -- tar -C /src -cf - . | tar -C "$T" -xf - ./Makefile
    lxc-stop -n "$c" -k; lxc-destroy -n "$c" > /dev/null
    return $code
}
build 1 sh -c 'echo "jobs $JOBS"; grep -c all /src/Makefile'; status
build 2 sh -ec 'echo before; false; echo after'; status
test -s "$T/Makefile"; status
(set -e; trap 'lxc-stop -qkn ci || true; lxc-destroy -qn ci > /dev/null; echo cleaned' EXIT; lxc-copy -n base -N ci; lxc-start -n ci; lxc-attach -n ci -- sh -c 'exit 9'; echo never); status
set +e; lxc-stop -n nosuch 2> /dev/null; status; lxc-wait -n nosuch -s STOPPED -t 2 2> /dev/null; status; lxc-destroy -n nosuch 2> /dev/null; status
lxc-stop -n base 2> /dev/null || true; lxc-wait -n base -s STOPPED && echo base is stopped
cat > "$T/job.mk" << 'M'
NAME = mk
up: ; @lxc-copy -n base -N $(NAME) && lxc-start -n $(NAME) && lxc-wait -n $(NAME) -s RUNNING
ip: ; @echo "ip: $$(lxc-info -n $(NAME) -iH | head -n 1)"
test: ; @lxc-attach -n $(NAME) -- sh -c 'test -d /etc && echo tested'
down: ; -@lxc-stop -n $(NAME) -k
	-@lxc-destroy -n $(NAME) > /dev/null
M
sed -i 's/\blxc-/'"$(basename "$(command -v lxc-ls)" ls)"'/g' "$T/job.mk"
if command -v make > /dev/null; then make -s -C "$T" -f job.mk up ip test down; status; fi
echo 'root:secret' | lxc-attach -n web -- sh -c 'IFS=: read -r user pass; echo "$user has ${#pass} letters"'
cat << 'X' | lxc-attach -n web -- sh -e -s -- first second
echo "$1 and $2"; cd /etc; test -e passwd; echo "$PWD"
X
lxc-attach -n web -- tee /etc/resolv.conf > /dev/null << 'R'
nameserver 192.0.2.1
R
lxc-attach -n web -- cat /etc/resolv.conf; cat /var/lib/lxc/web/rootfs/etc/resolv.conf | wc -l
lxc-attach -n web -- /bin/sh -c "echo '127.0.1.1 $(lxc-info -n web -c lxc.uts.name -H)' > /etc/hosts; cat /etc/hosts"
lxc-attach -n web -e -- sh -c 'grep -c CapEff /proc/self/status'; lxc-attach -n web -- env | grep '^container='
lxc-attach -n web -- sh -c 'trap "" HUP; sleep 0.3; echo done > /tmp/job' > /dev/null 2>&1 & wait; lxc-attach -n web -- cat /tmp/job
lxc-attach -n web -- sh -c '(sleep 60 > /dev/null 2>&1 &) ; echo left behind'; lxc-attach -n web -- ps 2> /dev/null | grep -c '[s]leep 60'
head -c 300000 /dev/zero | lxc-attach -n web -- wc -c; lxc-attach -n web -- head -c 300000 /dev/zero | wc -c
yes | lxc-attach -n web -- head -n 2; lxc-attach -n web -- yes | head -n 1
lxc-execute -n base -- sh -c 'echo once; exit 3'; status
echo 'lxc.execute.cmd = /bin/hostname' >> /var/lib/lxc/base/config; lxc-execute -n base; status
lxc-start -n prod -F -o "$T/prod.log" -l INFO -- /bin/sh -c 'exit 0' < /dev/null > /dev/null 2>&1; lxc-wait -n prod -s STOPPED -t 5; grep -c . "$T/prod.log" > /dev/null; status
# At boot and at the end.
lxc-autostart -L -g 'onboot,' | awk '{ print $1 }'; lxc-autostart -L -g prod; lxc-autostart -a -L -g prod
lxc-autostart -r -g onboot -t 10; status; lxc-wait -n web -s RUNNING -t 10; lxc-info -n web -sH
lxc-autostart -s -g onboot,prod -t 20; status; lxc-info -n web -sH
lxc-autostart -n web -L; lxc-autostart -A -a -L | wc -l
lxc-ls -f | awk '{ print $1 }' | grep -v NAME | xargs -I {} lxc-stop -n {} 2> /dev/null
lxc-ls -f | awk '{ print $1 }' | grep -v NAME | xargs -I {} lxc-destroy -n {} > /dev/null; lxc-ls; ls /var/lib/lxc | wc -l
