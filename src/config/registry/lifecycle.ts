/** When a container starts by itself, and the hooks that run on its way. */
import { list, scalar, type Key } from '../key.ts';
import type { HookName } from '../model.ts';
import { SIGNAL, signal } from '../values/signal.ts';
import { containerNames } from '../values/container-name.ts';
import { flag, showFlag, text, whole, words } from '../values/plain.ts';

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
      'It follows when their init has begun; what they need beyond that, lxc.start.delay of theirs gives them. ' +
      'tlxc-start does not heed it.',
    parse: containerNames,
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
