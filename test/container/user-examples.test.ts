/**
 * The examples of the manual as somebody types them who is not root: each line that a page shows works, or is refused with
 * words for it, and then the page says that it takes root. Places (/srv, /backup) are directories of the user's.
 */
import { readdirSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { linesShown, manualPage } from '../rig/manual.ts';
import { requires } from '../rig/requires.ts';
import { delegateGroups, makeUser, type User } from '../rig/user.ts';

const rooted = requires('root', 'userns', 'overlay', 'users', 'busybox', 'cgroup1');

/** How a line goes: what it prints; what it is refused with; or why it is tried elsewhere. */
type Trial = { prints: RegExp; first?: string; code?: number } | { root: RegExp } | { elsewhere: string };

const done: Trial = { prints: /^/ };
const stopped = 'tlxc-stop -k -n u1 2> /dev/null;';
const running = 'tlxc-start -n u1 2> /dev/null;';
const onlyRoot: Trial = { root: /only root|permission denied|not permitted/ };
const device: Trial = { root: /only root gives devices of the host/ };
const network = 'another machine, or what is beyond this one';

const TRIALS: Readonly<Record<string, readonly (readonly [line: RegExp, trial: Trial])[]>> = {
  attach: [
    [/-n u1$/, done],
    [/etc\.tar$/, done],
  ],
  autostart: [[/^/, done]],
  cgroup: [
    [/memory\.max/, done],
    [/pids\.max|cpuset/, done],
  ],
  checkpoint: [[/^/, onlyRoot]],
  config: [
    [/lxcpath/, { prints: /^/, first: 'trap "rm .config/tlxc/tlxc.conf" EXIT;' }],
    [/explain/, { prints: /pids\.max/ }],
  ],
  console: [[/^/, { prints: /Type <Ctrl\+[ab] q>/ }]],
  copy: [
    [/-s -a$/, done],
    [/-B dir$/, { prints: /^/, first: stopped }],
    [/-R$/, { prints: /^/, first: `${stopped} tlxc-destroy -n mail 2> /dev/null;` }],
    [
      / -e -m /,
      {
        prints: /^checked -C \/src check$/m,
        first:
          "tlxc-copy -n mail -N u1 -R; printf '#!/bin/sh\\necho checked $*\\n' > make; chmod 755 make; tlxc-file push --uid 0 --gid 0 make u1/bin/;",
      },
    ],
  ],
  create: [
    [/-t (oci|download)|--user-data/, { elsewhere: network }],
    [/lxc-busybox$/, done],
  ],
  destroy: [[/^/, done]],
  device: [
    [/127\.0\.0\.1:8080/, { prints: /^/, first: running }],
    [/add proxy 'tcp 80 /, { root: /ports below 1024 are root's/ }],
    [/add proxy 'tcp unix/, { root: /not open to you|only root/ }],
    [/del proxy/, { elsewhere: 'after one was added' }],
    [/^/, device],
  ],
  doctor: [
    [/\|\| exit/, done],
    [/--denials/, { root: /they are about all users/ }],
  ],
  execute: [
    [/apt-get/, { elsewhere: 'a system with a package manager' }],
    [
      /-n job/,
      { root: /only root runs containers without a user namespace\n +hint: write for example: lxc\.idmap/ },
    ],
  ],
  export: [
    [/--snapshots/, { prints: /u1\.tar\.zst: /, first: stopped }],
    [/ssh/, { elsewhere: network }],
  ],
  file: [
    [/nginx/, { prints: /^/, first: 'tlxc-attach -n u1 -- mkdir -p /etc/nginx;' }],
    [/-r -p site/, done],
    [
      /syslog/,
      {
        prints: /error/,
        first: 'tlxc-attach -n u1 -- sh -c "mkdir -p /var/log; echo error > /var/log/syslog";',
      },
    ],
    [/fstab/, { prints: /^/, first: 'nano() { :; }; tlxc-attach -n u1 -- touch /etc/fstab;' }],
  ],
  freeze: [
    [/-freeze/, { prints: /^/, first: running }],
    [/-export/, { prints: /u1\.tar\.zst/, first: 'rm -f backup/*;' }],
    [/-unfreeze/, done],
  ],
  image: [
    [/--remote|pull|--server/, { elsewhere: network }],
    [/build/, { prints: /web\/1\/amd64/, first: stopped }],
    [/-t local/, { prints: /^/, first: 'tlxc-destroy -f -n u2 2> /dev/null;' }],
    [/ serve /, { prints: /serves 1 image/, first: 'timeout -k 30 6', code: 124 }],
    [/export/, done],
    [/verify/, { prints: /sound/ }],
    [/prune/, done],
  ],
  import: [
    [/-N shop|\/var\/lib\/lxc/, { elsewhere: 'what another manager has made' }],
    [
      /u1\.tar/,
      {
        prints: /^u1$/m,
        first:
          'tlxc-stop -k -n u1 2> /dev/null; tlxc-export -n u1 backup/u1.tar.zst; tlxc-destroy -f -s -n u1;',
      },
    ],
  ],
  info: [
    [/-iH/, done],
    [/cap\.drop/, { prints: /mac_admin/ }],
  ],
  logs: [
    [/--boot/, { prints: /STARTING/, first: running }],
    [/login/, { elsewhere: 'a system that asks for a login' }],
  ],
  ls: [
    [/--running/, { prints: /^u1$/m, first: running }],
    [/RAM/, { prints: /^u1 +[\d.]+MB/m }],
  ],
  monitor: [[/^/, { prints: /^/, first: 'timeout -k 30 2', code: 124 }]],
  net: [
    [/ipv4/, { prints: /^/, first: 'trap "rm .config/tlxc/tlxc.conf" EXIT;' }],
    [/status/, { prints: /^/, code: 3 }],
    [
      /restart/,
      { root: /only root can .*\n {2}hint: be root .*"USER veth \S+ 10" to \/etc\/tlxc\/tlxc-usernet/ },
    ],
  ],
  set: [[/^/, { prints: /^/, first: running }]],
  snapshot: [
    [/snapshot u1$/, { prints: /^/, first: stopped }],
    [/-L$/, { prints: /^snap0 / }],
    [/-r snap0|--diff/, done],
  ],
  start: [
    [/max=512M/, { prints: /^/, first: stopped }],
    [/port:80/, { elsewhere: 'a system with a web server' }],
    [/--plan/, { prints: /"name":/, first: stopped }],
  ],
  stop: [[/^/, { prints: /^/, first: 'tlxc-start -n db 2> /dev/null;' }]],
  top: [
    [/-b/, { prints: /^/, first: 'timeout -k 30 3', code: 124 }],
    [/--json/, done],
    [/-s m/, { elsewhere: 'a terminal' }],
  ],
  unshare: [
    [/UTSNAME/, { root: /only root may make/ }],
    [/USER/, { prints: /ps ax/ }],
  ],
  'update-config': [[/^/, { elsewhere: "a file of root's" }]],
  usernsexec: [
    [/chown/, { prints: /^/, first: 'touch FILE;' }],
    [/rm -r/, { prints: /^/, first: 'mkdir DIRECTORY;' }],
  ],
  wait: [
    [/RUNNING/, done],
    [/5432/, { elsewhere: 'a system with a database' }],
  ],
};

const PAGES = Object.keys(TRIALS);

/** What a page's examples need: two containers that run, no others, and files of the user's. */
const PREPARED = `chmod 755 . && mkdir -p backup srv/src srv/www srv/images src site .config/tlxc
touch nginx.conf site/index.html
echo 'lxc.net.0.type = empty' > .config/tlxc/default.conf
for c in $(tlxc-ls -1 | grep -vxE 'u1|db'); do tlxc-destroy -f -s -n $c > /dev/null || exit; done
for c in u1 db; do
  [ -e .local/share/tlxc/$c ] || tlxc-create -n $c -t busybox >&2 || exit
  tlxc-start -n $c 2> /dev/null || tlxc-info -n $c -s | grep -q RUNNING || exit
done`;

const examplesOf = (command: string): string =>
  manualPage(`tlxc-${command}.1`).split('.SH EXAMPLES')[1] ?? '';

/** As it is typed where /srv and /backup are the user's, and jq is not needed to see that it works. */
const typed = (line: string, first: string): string =>
  `${first} ${line
    .replace(/ (?=\/(srv|backup|var\/tmp))/g, ' $HOME')
    .replace('=/srv/src:', '=$HOME/srv/src:')
    .replace(/ (>>|\|) .*$/, (rest) => (rest.includes('grep') ? rest : ''))}`;

async function goes(t: ExecutionContext, user: User, command: string, line: string): Promise<void> {
  const [, trial] = TRIALS[command]?.find(([pattern]) => pattern.test(line)) ?? [];
  if (trial === undefined) return t.fail(`${line}: a page shows it, and nobody has tried it as a user`);
  if ('elsewhere' in trial) return;
  const first = 'first' in trial ? (trial.first ?? '') : '';
  const { code, stdout, stderr } = await user.runWith({ timeout: 60_000 }, 'bash', '-c', typed(line, first));
  if ('prints' in trial) {
    t.is(code, trial.code ?? 0, `${line}: ${stderr}`);
    t.regex(stdout + stderr, trial.prints, line);
  } else {
    t.is(code, 1, line);
    t.regex(stderr, trial.root, line);
    t.regex(examplesOf(command), /\broot\b/, `${line}: the page says that it takes root`);
  }
}

for (const pages of [PAGES.slice(0, 11), PAGES.slice(11, 22), PAGES.slice(22)])
  rooted.serial(`a user types the examples of ${pages.join(', ')}`, async (t) => {
    t.timeout(400_000);
    const user = await makeUser(t);
    await delegateGroups(t, user);
    t.teardown(() => user.sh('for c in $(tlxc-ls -1 --running); do tlxc-stop -k -n $c; done'));
    await user.world.sh(`sed -i 's/300000/200000/' /etc/subgid`);
    for (const command of pages) {
      await user.sh(PREPARED);
      for (const line of linesShown(examplesOf(command)))
        await goes(t, user, command, line.replace(/ {3,}.*/, ''));
    }
  });

rooted.serial('every page with examples is among them', (t) => {
  const pages = readdirSync(new URL('../../man', import.meta.url)).flatMap(
    (name) => /^tlxc-(.*)\.1$/.exec(name)?.[1] ?? [],
  );
  t.deepEqual(
    pages.filter((name) => linesShown(examplesOf(name)).length > 0 && !PAGES.includes(name)),
    [],
  );
});
