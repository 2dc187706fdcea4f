/**
 * What the manual tells under DIFFERENCES FROM LXC, claim by claim, beside Debian's LXC: each script is run with lxc-* and with
 * tlxc-* commands, and says what the page says. A bullet that no claim quotes, or a claim that the page no longer makes, fails.
 */
import test from 'ava';
import { manualPage, manualPages } from '../rig/manual.ts';
import { requires } from '../rig/requires.ts';
import { printedBy, SECONDS, type Tool } from './beside.ts';
import type { Claim } from './claim.ts';
import { COMMAND_CLAIMS } from './command-differences.ts';

/** In the world: c1 is stopped, r1 runs. Each script leaves it so. */
const GENERAL_CLAIMS: readonly Claim[] = [
  {
    quote: "is TLXC's: a script that asks for LXC 1 or later finds 0.1.0.",
    script: 'lxc-start --version',
    lxc: /^[1-9]\d*\.\d+\.\d+$/,
    tlxc: /^0\.1\.0$/,
  },
  {
    quote: 'Names of keys from before LXC 3, which it may write then, are read with a warning.',
    script: `made old; echo lxc.tty = 2 >> /var/lib/lxc/old/config; lxc-start -n old 2>&1; lxc-info -n old -c lxc.tty.max
      sed -i /lxc.tty/d /var/lib/lxc/old/config; lxc-stop -k -n old 2> /dev/null; lxc-destroy -n old`,
    lxc: /Unsupported config key "lxc\.tty"/,
    tlxc: /^lxc-start: old: warning: .*lxc\.tty is a name from before LXC 3.*\nlxc\.tty\.max = 2$/,
  },
  {
    quote:
      "passes only the terminal type and the locale of the caller's environment on; LXC passes all of it.",
    script:
      'OWN=1 TERM=vt100 LANG=C LC_TIME=C lxc-attach -n r1 -- env | grep -E "^(OWN|TERM|LANG|LC_TIME|TLXC_CONF)=" | sort',
    lxc: /^LANG=C\nLC_TIME=C\nOWN=1\nTERM=vt100\nTLXC_CONF=.*$/,
    tlxc: /^LANG=C\nLC_TIME=C\nTERM=vt100$/,
  },
  {
    quote: 'With --keep-env it is so here,',
    script: 'OWN=1 lxc-attach -n r1 --keep-env -- env | grep OWN',
    lxc: /^OWN=1$/,
    tlxc: /^OWN=1$/,
  },
  {
    quote: '--keep-var=http_proxy passes one on, and -v NAME=VALUE sets one.',
    script:
      'OWN=1 http_proxy=p lxc-attach -n r1 --clear-env --keep-var=http_proxy -v NAME=VALUE -- env | grep -E "OWN|proxy|NAME=V" | sort',
    lxc: /^NAME=VALUE\nhttp_proxy=p$/,
    tlxc: /^NAME=VALUE\nhttp_proxy=p$/,
  },
  {
    quote:
      "A new container of root's is unprivileged, with ids of its own, and its files lie in an overlay, not in NAME/rootfs.",
    script: `for n in n1 n2; do lxc-create -n $n -t busybox > /dev/null 2>&1; lxc-info -n $n -c lxc.idmap | head -n 1; ls -d /var/lib/lxc/$n/*/; done`,
    lxc: /^lxc\.idmap =\n\/var\/lib\/lxc\/n1\/rootfs\/\nlxc\.idmap =\n\/var\/lib\/lxc\/n2\/rootfs\/$/,
    tlxc: /^lxc\.idmap = u 0 (\d+) 65536\n\/var\/lib\/lxc\/n1\/overlay\/\nlxc\.idmap = u 0 (?!\1)\d+ 65536\n\/var\/lib\/lxc\/n2\/overlay\/$/,
  },
  {
    quote: 'Scripts that work there take tlxc-config tlxc.bdev dir,',
    script: `lxc-config tlxc.bdev dir; lxc-create -n n3 -t busybox > /dev/null 2>&1; ls -d /var/lib/lxc/n3/*/; lxc-config tlxc.bdev best`,
    lxc: null,
    tlxc: /^\/var\/lib\/lxc\/n3\/rootfs\/$/,
  },
  {
    quote: "those that need the host's ids tlxc-create --privileged.",
    script: 'lxc-create -n n4 -t busybox --privileged > /dev/null 2>&1; lxc-info -n n4 -c lxc.idmap',
    lxc: null,
    tlxc: /^lxc\.idmap =$/,
  },
  {
    // The shipped configuration as if it were installed; newuidmap asks in the world's own files.
    quote: 'which LXC 5 can only of a directory: tlxc-create -B dir, and no copy by tlxc-copy -s.',
    script: `theirs=$(printf lxc); echo root:1000000:1000000000 > "$T/ids"; for f in /etc/subuid /etc/subgid; do mount --bind "$T/ids" $f; done
      cp -r "$(dirname "$(readlink -f "$T/bin/tlxc-start")")/../config" "$T/shipped"
      grep -rl /usr/share/tlxc/config "$T/shipped" | xargs sed -i "s|/usr/share/tlxc/config|$T/shipped|"
      try() { local n=$1; shift; lxc-create -n $n -t busybox "$@" > /dev/null 2>&1
        sed -i "/^lxc.net/d; s|/usr/share/tlxc/config|$T/shipped|" /var/lib/lxc/$n/config
        $theirs-start -n $n -l ERROR -o "$T/$n.log" > /dev/null 2>&1 && echo $n starts || grep -o 'Idmapped rootfs currently.*' "$T/$n.log"
        $theirs-stop -k -n $n > /dev/null 2>&1; }
      try d1 -B dir; try d2 -B overlay; try d3 -B overlay --privileged; umount /etc/subuid /etc/subgid`,
    lxc: null,
    tlxc: /^d1 starts\nIdmapped rootfs currently only supports the "dir" storage driver\nd3 starts$/,
  },
  {
    quote: 'Control groups are called tlxc/NAME rather than lxc.payload.NAME;',
    script: 'grep -ohE "[a-z]*lxc.*" /proc/$(lxc-info -n r1 -pH)/cgroup | sort -u',
    lxc: /^lxc\.payload\.r1$/,
    tlxc: /^tlxc\/r1(\/ns)?$/,
  },
  {
    quote: 'lxc.cgroup.pattern of tlxc.conf(5) calls them otherwise.',
    script: `lxc-config lxc.cgroup.pattern mine/%n; made p1; lxc-start -n p1; grep -oh mine.p1 /proc/$(lxc-info -n p1 -pH)/cgroup | sort -u
      lxc-stop -k -n p1; rmdir /sys/fs/cgroup/{,*/}mine 2> /dev/null; lxc-config lxc.cgroup.pattern tlxc/%n`,
    lxc: null,
    tlxc: /^mine\/p1$/,
  },
  {
    quote: 'tlxc-cgroup(1) finds them, and takes the names of both versions.',
    script: `lxc-cgroup -n r1 memory.limit_in_bytes 64M; lxc-cgroup -n r1 memory.limit_in_bytes; lxc-cgroup -n r1 memory.max 2>&1`,
    lxc: /^67108864\n[^]*Failed to retrieve value of 'memory\.max'|Failed to retrieve value of 'memory\.limit_in_bytes'[^]*\n67108864$/,
    tlxc: /^67108864\n\n67108864$/,
  },
  {
    quote: 'BROKEN (the configuration cannot be read),',
    script: `made b1; echo lxc.nonsense = 1 >> /var/lib/lxc/b1/config; lxc-ls -f 2> /dev/null | awk '$1 == "b1" { print $2 }'; echo end
      rm -r /var/lib/lxc/b1`,
    lxc: /^end$/,
    tlxc: /^BROKEN\nend$/,
  },
  {
    // LXC's command waits for as long as it is so.
    quote: 'UNRESPONSIVE (the monitor does not answer)',
    script: `monitor=$(ps -o ppid= -p $(lxc-info -n r1 -pH)); kill -STOP $monitor; lxc-ls -f r1 2> /dev/null | awk '$1 == "r1" { print $2 }'
      kill -CONT $monitor`,
    lxc: null,
    tlxc: /^UNRESPONSIVE$/,
  },
  {
    quote: 'and, in tlxc-ls alone, RESTARTING (of tlxc.restart; elsewhere that is STOPPED).',
    script: `made s1; printf '%s\\n' 'tlxc.restart = on-failure' 'tlxc.restart.delay = 100' >> /var/lib/lxc/s1/config; lxc-start -n s1 -- false
      for n in $(seq 100); do lxc-ls -f s1 | grep -o RESTARTING && break; sleep 0.1; done; lxc-info -n s1 -sH; lxc-stop -k -n s1`,
    lxc: null,
    tlxc: /^RESTARTING\nSTOPPED$/,
  },
  {
    quote: 'alone is a table, as with -f; with -1 it is none, as with LXC.',
    script: 'lxc-ls -F NAME,STATE r1; lxc-ls -1 -F NAME,STATE r1',
    lxc: /^r1 *\nr1$/,
    tlxc: /^NAME STATE *\nr1 +RUNNING *\nr1$/,
  },
  {
    quote: 'has a line "Last exit" of a container that has stopped.',
    script:
      'lxc-start -n c1 -d -- sh -c "exit 3" 2> /dev/null; lxc-wait -n c1 -s STOPPED -t 20 2> /dev/null; lxc-info -n c1',
    lxc: /^Name: +c1\nState: +STOPPED$/,
    tlxc: /^Name: +c1\nState: +STOPPED\nLast exit: +exit code 3 .*$/,
  },
  {
    quote:
      "ends with the status of the container's init, and prints what that writes where standard output is no terminal, too.",
    script:
      'lxc-start -n c1 -F -- sh -c "echo said; exit 3" < /dev/null > "$T/said" 2> /dev/null; echo $?; cat "$T/said"',
    lxc: /^0$/,
    tlxc: /^3\nsaid$/,
  },
  {
    quote: 'tells a signal\'s number and 128 in "exited with status", as a shell does.',
    script: `lxc-monitor -n c1 > "$T/seen" 2> /dev/null & for n in $(seq 20); do
        lxc-start -n c1; lxc-stop -n c1 -k; sleep 0.3; grep -q exited "$T/seen" && break; done > /dev/null 2>&1
      grep exited "$T/seen" | tail -n 1; kill $!; wait $! 2> /dev/null; lxc-monitor -Q > /dev/null 2>&1`,
    lxc: /^'c1' exited with status \[[09]\]$/,
    tlxc: /^'c1' exited with status \[137\]$/,
  },
  {
    quote: 'is in order; -c takes words as well as a file, and a path that is none is an error.',
    script: `lxc-snapshot -n c1; for i in 1 2 3 4 5 6 7 8 9 10 11; do cp -a /var/lib/lxc/c1/snaps/snap0 /var/lib/lxc/c1/snaps/snap$i; done
      [ "$(lxc-snapshot -n c1 -L | cut -d ' ' -f 1)" = "$(lxc-snapshot -n c1 -L | cut -d ' ' -f 1 | sort -V)" ] && echo in order
      lxc-snapshot -n c1 -c 'before the upgrade' 2> /dev/null; echo $?
      lxc-snapshot -n c1 -c /no/such/path 2> /dev/null; echo $?
      lxc-snapshot -n c1 -LC | grep -c 'before the upgrade'`,
    // The order of a directory's entries, which may be the right one by chance.
    lxc: /^(in order\n)?1\n1\n0$/,
    tlxc: /^in order\n0\n1\n1$/,
  },
  {
    quote: 'Words too many and names that no container can have are refused;',
    script:
      'lxc-stop -n c1 word > /dev/null 2>&1; echo $?; lxc-create -n .dot -t none > /dev/null 2>&1; echo $?; rm -rf /var/lib/lxc/.dot',
    lxc: /^2\n0$/,
    tlxc: /^1\n1$/,
  },
  {
    quote: 'errors are told on standard error, by tlxc-config too,',
    script: 'lxc-config lxc.nonsense 2> /dev/null; echo $?',
    lxc: /^Unknown configuration item: lxc\.nonsense\n1$/,
    tlxc: /^1$/,
  },
  {
    quote: 'tlxc-autostart is done where there is nothing to do: its status is 0 then.',
    script: 'mkdir "$T/empty"; lxc-autostart -P "$T/empty" 2> /dev/null; echo $?',
    lxc: /^1$/,
    tlxc: /^0$/,
  },
  {
    quote: "are on the container's own null device, which has to be there.",
    script: `printf '%s\\n' 'lxc.console.path = none' 'lxc.autodev = 0' >> /var/lib/lxc/c1/config
      lxc-start -n c1 -- sleep 100 > "$T/err" 2>&1; echo $?; grep -o 'dev/null (open).*' "$T/err"; lxc-stop -n c1 -k > /dev/null 2>&1
      sed -i '/autodev/d' /var/lib/lxc/c1/config; lxc-start -n c1 -- sleep 100; p=/proc/$(lxc-info -n c1 -pH)
      [ $(stat -Lc %d $p/fd/1) = $(stat -Lc %d $p/root/dev/null) ] && echo its own; lxc-stop -n c1 -k; sed -i '/console/d' /var/lib/lxc/c1/config`,
    lxc: /^0\n(its own)?$/,
    tlxc: /^1\ndev\/null \(open\): no such file or directory\nits own$/,
  },
];

const CLAIMS: Readonly<Record<string, readonly Claim[]>> = { ...COMMAND_CLAIMS, 'tlxc.7': GENERAL_CLAIMS };

const SECTION = '.SH DIFFERENCES FROM LXC\n';

/** The section's bullets, without troff. */
function bullets(page: string): string[] {
  const [, after = ''] = manualPage(page).split(SECTION);
  const [section = ''] = after.split(/^\.SH /m);
  const [, ...each] = section.split('.IP \\(bu 2\n');
  // Macros that alternate fonts join their words: .BR tlxc-cgroup (1)
  const joined = (_: string, words: string): string =>
    words.replaceAll(/ ?"([^"]*)"|(?<=\S) (?=\S)/g, (found, quoted?: string) => quoted ?? found.trim());
  return each.map((bullet) =>
    bullet
      .replaceAll('\\-', '-')
      .replaceAll(/^\.(?:[BI]R|R[BI]) (.*)$/gm, joined)
      .replaceAll(/^\.[BI] /gm, '')
      .replaceAll('\n', ' ')
      .trim(),
  );
}

for (const page of manualPages().filter((name) => manualPage(name).includes(SECTION)))
  test(`${page}: every difference that it tells of has a claim here, and every claim is told there`, (t) => {
    const claims = CLAIMS[page] ?? [];
    for (const { quote } of claims)
      t.is(bullets(page).filter((bullet) => bullet.includes(quote)).length, 1, quote);
    for (const bullet of bullets(page))
      t.true(
        claims.some(({ quote }) => bullet.includes(quote)),
        bullet,
      );
  });

const MARK = '=====';

// In two groups, each of which is done in its time.
const GROUPS = { 'each command': Object.values(COMMAND_CLAIMS).flat(), 'all of it': GENERAL_CLAIMS };

for (const [what, all] of Object.entries(GROUPS)) {
  for (const tool of ['lxc', 'tlxc'] as const satisfies readonly Tool[]) {
    requires('root', 'lxc', 'busybox', 'overlay').serial(
      `${tool} does what the manual says of ${what}`,
      async (t) => {
        t.timeout(SECONDS * 1000);
        const claims = all.filter(({ lxc }) => tool === 'tlxc' || lxc !== null);
        const scripts = claims.map(({ script }) => `${script}; echo ${MARK}`);
        const whole = ['made c1 r1; lxc-start -n r1', ...scripts].join('\n');
        const printed = (await printedBy(t, tool, whole, [])).replaceAll('tlxc-', 'lxc-').split(`${MARK}\n`);
        t.is(printed.length, claims.length + 1);
        for (const [index, claim] of claims.entries())
          t.regex(printed[index]?.trim() ?? '', claim[tool] ?? /./, claim.quote);
      },
    );
  }
}
