/** What the pages of commands tell under DIFFERENCES FROM LXC, claim by claim: see differences.test.ts. */
import type { Claim } from './claim.ts';

/**
 * `top N PATTERN OPTION...` prints the first N that fit the pattern of what lxc-top shows. It wants a terminal, some lines high,
 * with somebody at it.
 */
const TOP = `mkfifo "$T/keys"; top() {
    local many=$1 pattern=$2; shift 2
    script -qec "stty rows 20 cols 200; lxc-top -d 1 $*" /dev/null <> "$T/keys" > "$T/top" 2>&1 & local top=$!
    for n in $(seq 300); do [ $(grep -oE "$pattern" "$T/top" | wc -l) -lt $many ] && kill -0 $top || break; sleep 0.1; done
    kill $top; wait $top; grep -oE "$pattern" "$T/top" | head -n $many
  } 2> /dev/null`;

/** By page. In the world: c1 is stopped, r1 runs. Each script leaves it so. */
export const COMMAND_CLAIMS: Readonly<Record<string, readonly Claim[]>> = {
  'tlxc-attach.1': [
    {
      quote:
        "Of the caller's environment the terminal type and the locale are passed on; more is to be asked for.",
      script: `for more in --elevated-privileges= --keep-env --keep-var=OWN; do
        OWN=1 TERM=vt100 lxc-attach -n r1 $more -- sh -c 'echo $OWN $TERM'; done`,
      lxc: /^1 vt100\n1 vt100\n1 vt100$/,
      tlxc: /^vt100\n1 vt100\n1 vt100$/,
    },
    {
      // Who can write to it can type into it, too (TIOCSTI). The terminal ends its lines with a carriage return.
      quote: "The command cannot type into the caller's terminal.",
      script: `script -qec "lxc-attach -n r1 -- sh -c 'echo reached > /dev/tty' < /dev/null > /dev/null 2>&1" /dev/null; echo end`,
      lxc: /^reached\r\nend$/,
      tlxc: /^end$/,
    },
  ],
  'tlxc-config.1': [
    {
      quote: 'Settings can be set.',
      script: 'lxc-config lxc.bdev.lvm.vg mine > /dev/null 2>&1; lxc-config lxc.bdev.lvm.vg',
      lxc: /^lxc$/,
      tlxc: /^mine$/,
    },
    {
      quote: 'The file is /etc/tlxc/tlxc.conf (or the file in $TLXC_CONF).',
      script: `echo lxc.lxcpath = /named > "$T/named"; TLXC_CONF=$T/named lxc-config lxc.lxcpath
        mount -t tmpfs none /etc; mkdir /etc/tlxc; echo lxc.lxcpath = /theirs > /etc/tlxc/tlxc.conf
        env -u TLXC_CONF lxc-config lxc.lxcpath; umount /etc`,
      lxc: /^\/var\/lib\/lxc\n\/var\/lib\/lxc$/,
      tlxc: /^\/named\n\/theirs$/,
    },
  ],
  'tlxc-create.1': [
    {
      quote: 'A container created by root is unprivileged by default.',
      script: `lxc-create -n e1 -t busybox > /dev/null 2>&1; lxc-ls -fF UNPRIVILEGED e1; lxc-destroy -n e1 > /dev/null`,
      lxc: /^UNPRIVILEGED *\nfalse$/,
      tlxc: /^UNPRIVILEGED *\ntrue$/,
    },
    {
      quote: 'The backing store nbd is refused, and so is --rbduser:',
      script: `lxc-create -n e2 -t busybox -B nbd 2>&1; echo $?; lxc-create -n e3 -t busybox -B rbd --rbduser ann 2>&1; echo $?`,
      lxc: null,
      tlxc: /^lxc-create: e2: .*nbd[^]*\n1\nlxc-create: e3: .*--rbduser[^]*lxc\.bdev\.rbd\.rbduser[^]*\n1$/,
    },
  ],
  'tlxc-ls.1': [
    {
      quote: '-F implies -f, but beside -1.',
      script: 'lxc-ls -F NAME,STATE r1; lxc-ls -1 -F NAME,STATE r1',
      lxc: /^r1 *\nr1$/,
      tlxc: /^NAME STATE *\nr1 +RUNNING *\nr1$/,
    },
    {
      quote: 'A broken configuration is shown as BROKEN instead of being left out.',
      script: `made b2; echo lxc.nonsense = 1 >> /var/lib/lxc/b2/config; lxc-ls -f b2 2> /dev/null | grep -o BROKEN; echo end
        rm -r /var/lib/lxc/b2`,
      lxc: /^end$/,
      tlxc: /^BROKEN\nend$/,
    },
    {
      quote: 'Of a container that runs only what is shown of its configuration has to be good.',
      script: `echo lxc.tty.max = many >> /var/lib/lxc/r1/config; lxc-ls -f r1 2>&1; sed -i /many/d /var/lib/lxc/r1/config`,
      lxc: /^Failed to load config for r1$/,
      tlxc: /^NAME STATE .*\nr1 +RUNNING .*$/,
    },
    {
      quote: "The columns RX, TX, DISK and DISKLIMIT are TLXC's own.",
      script: `for column in RX TX DISK DISKLIMIT; do lxc-ls -fF $column r1 2>&1; done`,
      lxc: /^Invalid key: RX\nInvalid key: TX\nInvalid key: DISK\nInvalid key: DISKLIMIT$/,
      tlxc: /^RX *\n[\d.]+MB *\nTX *\n[\d.]+MB *\nDISK *\n\S+ *\nDISKLIMIT *\n-$/,
    },
    {
      quote: 'RAM and SWAP are measured on cgroup v2 hosts as well.',
      // With version 1 both measure it.
      script: 'lxc-ls -fF RAM,SWAP r1',
      lxc: /^RAM +SWAP *\n[\d.]+MB +[\d.]+MB$/,
      tlxc: /^RAM +SWAP *\n(?!0\.00)[\d.]+MB +[\d.]+MB$/,
    },
  ],
  'tlxc-start.1': [
    {
      quote:
        'An unknown key or a bad value anywhere in the configuration is refused before anything happens; all of them are reported.',
      script: `made w1; printf '%s\\n' 'lxc.nonsense = 1' 'lxc.other.nonsense = 1' 'lxc.tty.max = many' \\
          'lxc.hook.pre-start = /bin/touch /var/lib/lxc/happened' >> /var/lib/lxc/w1/config
        lxc-start -n w1 2>&1 | grep -oE 'lxc\\.(nonsense|other\\.nonsense|tty\\.max)' | uniq; ls -d /var/lib/lxc/happened 2> /dev/null
        rm -r /var/lib/lxc/w1`,
      lxc: /^lxc\.nonsense$/,
      tlxc: /^lxc\.nonsense\nlxc\.other\.nonsense\nlxc\.tty\.max$/,
    },
    {
      quote: 'What a killed monitor leaves of its container is removed before the next start.',
      script: `made k1; echo 'lxc.net.0.type = empty' >> /var/lib/lxc/k1/config; lxc-start -n k1
        init=$(lxc-info -n k1 -pH); kill -9 $(ps -o ppid= -p $init)
        for n in $(seq 100); do [ -e /proc/$init ] || break; sleep 0.1; done
        lxc-start -n k1; grep -ohE "[a-z.]*k1.*" /proc/$(lxc-info -n k1 -pH)/cgroup | sort -u
        lxc-stop -k -n k1; rmdir $(find /sys/fs/cgroup -depth -type d -name 'lxc.payload.k1*') 2> /dev/null`,
      lxc: /^lxc\.payload\.k1-1$/,
      tlxc: /^k1(\/ns)?$/,
    },
  ],
  'tlxc-top.1': [
    {
      quote: 'The table shows rates and more columns;',
      script: `${TOP}; top 1 '.*(BlkIO|PRESSURE).*' | grep -oE 'BlkIO|CPU%|[A-Z]+/s|PRESSURE'`,
      lxc: /^BlkIO$/,
      tlxc: /^CPU%\nREAD\/s\nWRIT\/s\nRX\/s\nTX\/s\nPRESSURE$/,
    },
    {
      quote: 'In batch output they mean totals, as in LXC.',
      script: `made t1; lxc-start -n t1 -- sleep 1000; lxc-attach -n t1 -- sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'
        for key in c n; do top 2 ',(r1|t1),' -b -s $key; done; lxc-stop -k -n t1`,
      lxc: /^,t1,\n,r1,\n,r1,\n,t1,$/,
      tlxc: /^,t1,\n,r1,\n,r1,\n,t1,$/,
    },
    {
      quote: '-b and --json do not need standard input to be a terminal.',
      script: `timeout 30 lxc-top -b -d 1 < /dev/null 2>&1 | grep -m 1 -oE 'not a tty|,r1,'
        timeout 30 lxc-top --json -d 1 < /dev/null 2>&1 | grep -m 1 -oE 'unrecognized|"name":"r1"'`,
      lxc: /^not a tty\nunrecognized$/,
      tlxc: /^,r1,\n"name":"r1"$/,
    },
    {
      quote: '-P more than once shows all these stores, not only the first.',
      script: `made m1; mkdir "$T/more"; mv /var/lib/lxc/m1 "$T/more"; sed -i "s|/var/lib/lxc/m1|$T/more/m1|" "$T/more/m1/config"
        lxc-start -P "$T/more" -n m1; top 4 ',(r1|m1),' -b -P /var/lib/lxc -P $T/more | sort -u
        lxc-stop -P "$T/more" -k -n m1`,
      lxc: /^,r1,$/,
      tlxc: /^,m1,\n,r1,$/,
    },
    {
      quote: 'An unknown sort key is refused; LXC sorts by name.',
      script: `made t2; lxc-start -n t2 -- sleep 1000; top 2 ',(r1|t2),|no order' -b -s z; lxc-stop -k -n t2`,
      lxc: /^,r1,\n,t2,$/,
      tlxc: /^no order$/,
    },
    {
      quote: 'On cgroup v2 memsw_used_bytes is memory and swap, not swap alone,',
      // With version 1 it is so of both. Behind the name: nanoseconds, two ticks, two of block devices, memory.
      script: `top 1 ',r1,.*' -b | awk -F , '{ print ($9 >= $8 ? "both" : "swap alone") }'`,
      lxc: /^(both|swap alone)$/,
      tlxc: /^both$/,
    },
  ],
  'tlxc-update-config.1': [
    {
      quote: 'lxc.limit.* becomes lxc.prlimit.*, and a path that has a type or is a device gets no dir:.',
      script: `mkdir /var/lib/lxc/o1; cd /var/lib/lxc/o1
        for line in 'lxc.limit.nofile = 100' 'lxc.rootfs = overlay:/a:/b' 'lxc.rootfs = /dev/null'; do
          echo "$line" > config; lxc-update-config -c config > /dev/null 2>&1; cat config; done; cd /; rm -r /var/lib/lxc/o1`,
      lxc: /^lxc\.limit\.nofile = 100\nlxc\.rootfs\.path = dir:overlay:\/a:\/b\nlxc\.rootfs\.path = dir:\/dev\/null$/,
      tlxc: /^lxc\.prlimit\.nofile = 100\nlxc\.rootfs\.path = overlay:\/a:\/b\nlxc\.rootfs\.path = \/dev\/null$/,
    },
    {
      quote: 'A container can be named instead of its file, and it is told what was done.',
      script: `made o2; echo lxc.tty = 2 >> /var/lib/lxc/o2/config; lxc-update-config o2 2> /dev/null; tail -n 1 /var/lib/lxc/o2/config
        rm -r /var/lib/lxc/o2`,
      lxc: /^lxc\.tty = 2$/,
      tlxc: /^\/var\/lib\/lxc\/o2\/config: a line updated; as it was: \S+\nlxc\.tty\.max = 2$/,
    },
  ],
};
