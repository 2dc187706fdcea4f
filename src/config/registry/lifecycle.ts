/** When a container starts by itself, and the hooks that run on its way. */
import { list, scalar, type Key } from '../key.ts';
import { RESTART_POLICIES, type HookName } from '../model.ts';
import { conditionsText, waitConditions } from '../values/readiness.ts';
import { SIGNAL, signal } from '../values/signal.ts';
import { containerNames } from '../values/container-name.ts';
import { flag, oneOf, showFlag, text, whole, words } from '../values/plain.ts';

const INT = 2 ** 31;

export const lifecycle = {
  auto: scalar({
    name: 'lxc.start.auto',
    syntax: '0|1',
    fallback: '0',
    doc: "Whether tlxc-autostart starts it, which is for the host's boot.",
    parse: flag,
    show: showFlag,
  }),
  delay: scalar({
    name: 'lxc.start.delay',
    syntax: 'SECONDS',
    fallback: '0',
    doc: 'How long to wait after it before the next one starts.',
    parse: whole(0, INT - 1),
  }),
  order: scalar({
    name: 'lxc.start.order',
    syntax: 'NUMBER',
    fallback: '0',
    doc: 'Lower numbers start first and stop last; tlxc-autostart starts those of one number together.',
    parse: whole(-INT, INT - 1),
  }),
  after: list({
    name: 'tlxc.start.after',
    syntax: 'NAME …',
    doc:
      'Containers of the same directory that it needs: tlxc-autostart starts them before it, whatever their lxc.start.order, also ' +
      'those without lxc.start.auto, and does not start it where one of them fails; at the end of the host it stops before them. ' +
      'It follows once they are as far as their tlxc.start.ready says, unless tlxc-autostart --wait says otherwise. ' +
      'tlxc-start does not heed it.',
    parse: containerNames,
  }),
  ready: scalar({
    name: 'tlxc.start.ready',
    syntax: 'CONDITION[,CONDITION]…',
    fallback: 'ready',
    doc:
      'What tlxc-autostart waits for before it starts those that come after this container (tlxc.start.after), for 90 seconds: ' +
      'running (its init has been executed), ready (its init has finished booting), healthy (tlxc.health.command says so), ip (it has an address of IPv4, or one of IPv6 that is not fc00::/7), ip4 and ip6 (any of that family), port:N (something ' +
      'listens on that TCP port in it), exec:COMMAND (the shell command exits 0 in it; the last of several). Where that does not ' +
      'come about they are not started. Without this line it is healthy where it has a tlxc.health.command, and else ready; they ' +
      'are started then all the same, with a warning, since not every init tells when it has booted. Nobody waits for a container that no other comes after.',
    parse: waitConditions,
    show: conditionsText,
  }),
  restart: scalar({
    name: 'tlxc.restart',
    syntax: 'no|on-failure|always',
    fallback: 'no',
    doc:
      'Whether the container is started again when it has ended by itself. on-failure: where its init did not end with status 0 ' +
      'or by a power-off, but with another status, by a signal or for lack of memory; always: also where it has ' +
      'powered itself off. Never where somebody had it stopped (tlxc-stop, tlxc-destroy -f, tlxc-autostart -s, SIGTERM to its ' +
      'monitor; within an hour of that); a reboot is no end. Its monitor sees to it, with the configuration as it is then: not ' +
      'where that was killed, not for tlxc-start -F and tlxc-execute, and no more once the configuration has mistakes. ' +
      'tlxc-info tells how the container ended last and when it is started again; tlxc-stop cancels that.',
    parse: oneOf(...RESTART_POLICIES),
  }),
  restartDelay: scalar({
    name: 'tlxc.restart.delay',
    syntax: 'SECONDS',
    fallback: '1',
    doc:
      'How long to wait before the first restart. The time doubles with each further one, up to five minutes; a container ' +
      'that has run ten times as long as this begins anew.',
    parse: whole(1, 86_400),
  }),
  restartMax: scalar({
    name: 'tlxc.restart.max',
    syntax: 'NUMBER',
    fallback: '0',
    doc: 'After how many restarts in a row it is given up; 0: never.',
    parse: whole(0, INT - 1),
  }),
  group: list({
    name: 'lxc.group',
    syntax: 'NAME …',
    doc: 'Groups that the container belongs to, for tlxc-ls -g; onboot is started with the host.',
    parse: words,
    accepts: { words: ['onboot'], pattern: '.*' },
  }),
  ephemeral: scalar({
    name: 'lxc.ephemeral',
    syntax: '0|1',
    fallback: '0',
    doc:
      'Destroys the container, with its destroy hooks, when it has stopped, whoever or whatever stopped it; ' +
      'not when it reboots, and not when its start fails.',
    parse: flag,
    show: showFlag,
  }),
  monitorUnshare: scalar({
    name: 'lxc.monitor.unshare',
    syntax: '0|1',
    fallback: '0',
    doc: 'Gives the monitor a mount namespace of its own, so that what its hooks mount is not seen on the host.',
    parse: flag,
    show: showFlag,
  }),
  monitorPdeath: scalar({
    name: 'lxc.monitor.signal.pdeath',
    syntax: SIGNAL,
    fallback: '9',
    doc: 'The signal that init gets when its monitor dies.',
    parse: signal,
  }),
  hookVersion: scalar({
    name: 'lxc.hook.version',
    syntax: '0|1',
    fallback: '0',
    doc: 'How hooks learn what they need: 0 by arguments, 1 by environment variables only.',
    parse: (value): 0 | 1 => (flag(value) ? 1 : 0),
    accepts: flag.accepts,
  }),
};

const HOOKS: Readonly<Record<HookName, string>> = {
  'pre-start': 'before anything of the container exists, on the host',
  'pre-mount': 'in its mount namespace, before the root filesystem is mounted',
  mount: 'in its mount namespace, after all mounts',
  autodev: 'in its mount namespace, when /dev is there',
  'start-host': 'on the host, when the container is ready and init has not begun',
  start: 'inside, just before init; the program must be in the container',
  stop: 'on the host, when init has ended and the namespaces are still there',
  'post-stop': 'on the host, when nothing of the container is left',
  clone: 'on the host, when the container is copied',
  destroy: 'on the host, before the container is destroyed',
};

const hook = (name: HookName): Key<string> =>
  list({
    name: `lxc.hook.${name}`,
    syntax: 'COMMAND',
    doc: `Runs ${HOOKS[name]}.`,
    parse: (value) => [text(value)],
  });

export const hooks: ReadonlyMap<HookName, Key<string>> = new Map(
  (Object.keys(HOOKS) as HookName[]).map((name) => [name, hook(name)]),
);
