# What starts with the host, and in which order.
made c1 c2 c3 c4
printf 'lxc.start.auto = 1\nlxc.start.order = 10\nlxc.group = onboot\n' >> /var/lib/lxc/c1/config
printf 'lxc.start.auto = 1\nlxc.start.order = 20\nlxc.start.delay = 1\nlxc.group = web\nlxc.group = onboot\n' >> /var/lib/lxc/c2/config
printf 'lxc.start.auto = 1\n' >> /var/lib/lxc/c3/config
lxc-autostart -L; status
lxc-autostart -L -g web; status
lxc-autostart -L -g onboot; status
lxc-autostart --list --all; status
lxc-autostart -L -A -a; status
lxc-autostart -L -g 'onboot,'; status
lxc-ls -g web -1
lxc-ls -f -F NAME,AUTOSTART,GROUPS
lxc-autostart -g nobody; status
lxc-autostart -g onboot; status
lxc-ls --running -1
lxc-autostart -L -s -g onboot; status
lxc-autostart -s -a -t 20; status
lxc-ls --running -1
lxc-autostart -a -k; status
for c in $(lxc-autostart -L -a | awk '{ print $1 }'); do lxc-start -n "$c"; done
lxc-autostart -a -r -t 20; status
lxc-autostart -a -k; status
lxc-ls --stopped -1
