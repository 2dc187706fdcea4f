# Addresses, counters and columns, beside the examples of lxc.container.conf(5).
ip link add br0 type bridge && ip address add 10.2.3.1/24 dev br0 && ip link set br0 up
ip link add eth7 type veth peer name far7; ip link add random0 type veth peer name far8
made beta alpha gamma complex omega
net() { sed -i '/^lxc.net/d' /var/lib/lxc/$1/config; cat >> /var/lib/lxc/$1/config; }
net beta << 'C'
lxc.net.0.type = veth
lxc.net.0.flags = up
lxc.net.0.link = br0
lxc.net.0.name = eth0
lxc.net.0.hwaddr = 4a:49:43:49:79:bf
lxc.net.0.ipv4.address = 10.2.3.5/24 10.2.3.255
lxc.net.0.ipv6.address = 2003:db8:1:0:214:1234:fe0b:3597
lxc.net.0.veth.pair = beta0
lxc.start.auto = 1
lxc.group = onboot web
C
net alpha << 'C'
lxc.net.0.type = macvlan
lxc.net.0.flags = up
lxc.net.0.link = eth7
lxc.net.0.hwaddr = 4a:49:43:49:79:bd
lxc.net.0.ipv4.address = 10.2.3.4/24
lxc.net.0.ipv6.address = 2003:db8:1:0:214:1234:fe0b:3596
C
net gamma << 'C'
lxc.net.0.type = phys
lxc.net.0.flags = up
lxc.net.0.link = random0
lxc.net.0.hwaddr = 4a:49:43:49:79:ff
lxc.net.0.ipv4.address = 10.2.3.6/24
C
net complex << 'C'
lxc.net.0.type = veth
lxc.net.0.flags = up
lxc.net.0.link = br0
lxc.net.0.ipv4.address = 10.2.3.7/24
lxc.net.0.ipv6.address = 2003:db8:1:0:214:1234:fe0b:3597
lxc.net.0.ipv6.address = 2003:db8:1:0:214:5432:feab:3588
lxc.net.1.type = macvlan
lxc.net.1.flags = up
lxc.net.1.link = eth7
lxc.net.1.ipv4.address = 10.2.4.4/24
lxc.net.1.ipv4.address = 192.168.10.125/24
lxc.cgroup.cpuset.cpus = 0,1
lxc.cgroup.cpu.shares = 1234
lxc.cap.drop = sys_module mknod setuid net_raw
lxc.cap.drop = mac_override
C
net omega << 'C'
lxc.net.0.type = empty
lxc.net.0.flags = up
C
for c in beta alpha gamma complex omega; do lxc-start -n $c; status; done
inside() { lxc-attach -n "$1" -- ip -o address | awk '$3 ~ /^inet/ && $4 !~ /^fe80/ { print $2, $4 }' | sort; }
for c in beta alpha gamma complex omega; do echo "$c:"; inside $c; done
ip -o link show beta0 | grep -c 'master br0'
lxc-attach -n beta -- cat /sys/class/net/eth0/address
lxc-attach -n gamma -- cat /sys/class/net/random0/address
lxc-ls -f
lxc-ls -f -F NAME,IPV4
lxc-ls -f -F NAME,INTERFACE,IPV4,IPV6
lxc-ls -f -F name,ram,swap | awk 'NR == 1 || $2 ~ /^[0-9.]+MB$/ { print $1 }'
lxc-info -n beta -i
lxc-info -n beta -iH
lxc-info -n complex -i
lxc-info -n complex -iH | sort
lxc-info -n omega -i; status
lxc-info -n omega -iH; status
ip=$(lxc-info -n beta -iH | head -1); lxc-attach -n beta -- ping -c 1 -W 2 "${ip%.*}.1" > /dev/null; status
lxc-info -n beta | sed 's/[0-9]\{1,\}\(\.[0-9]*\)\{0,1\} \(bytes\|KiB\|MiB\)$/N/; s/PID:.*/PID:/; s/ [0-9.]* seconds/ S/'
lxc-info -n complex | cut -c1-16 | sort | uniq -c
lxc-info -n beta -S | cut -c1-16
lxc-info -n beta -S -H | grep -v '^Link' | awk '{ print NF, ($NF ~ /^[0-9]+$/ ? "number" : $NF) }'
lxc-info -n beta -SH | grep -c '^Memory use:'
lxc-info -n omega -S | cut -c1-16
lxc-info -n beta -c lxc.net.0.veth.pair
lxc-info -n beta -c lxc.net.0.ipv4.address -c lxc.net.0.hwaddr
lxc-info -n beta -H -c lxc.net.0.ipv6.address
lxc-info -n complex -c lxc.cap.drop
lxc-info -n complex -c lxc.net.1.ipv4.address -H
lxc-info -n beta -c lxc.net
lxc-info -n complex -c lxc.net.1.type -c lxc.net.7.type
lxc-info -n beta -c lxc.group -H
lxc-cgroup -n complex cpuset.cpus
lxc-cgroup -n complex cpu.shares
lxc-device -n omega add eth7 2> /dev/null; status
ip link add extra type veth peer name far9; lxc-device -n omega add extra eth5; status
lxc-attach -n omega -- ip -o link show eth5 | cut -d: -f2 | cut -d@ -f1
ip link show extra > /dev/null 2>&1; status
lxc-device -n omega del eth5 extra; status
ip link show extra > /dev/null 2>&1; status
lxc-freeze -n beta; lxc-ls -f -F NAME,STATE,IPV4 beta
lxc-ls --frozen; lxc-ls --running -1; lxc-unfreeze -n beta
for c in beta alpha gamma complex omega; do lxc-stop -n $c -k; done
ip -o link show random0 | grep -c random0
ip -o link show beta0 2> /dev/null | wc -l
lxc-ls -f
for link in far7 far8 far9 br0; do ip link delete $link; done
