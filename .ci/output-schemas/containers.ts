/** What commands print of containers. */
import { Type } from '@sinclair/typebox';
import { COMPRESSIONS } from '../../src/container/export/format.ts';
import { error, sha256 } from './host.ts';
import {
  count,
  counter,
  flag,
  list,
  lxcpath,
  name,
  object,
  oneOf,
  orNull,
  pid,
  state,
  text,
  time,
} from './parts.ts';

const families = (description: string) => ({
  ipv4: list(text(), description),
  ipv6: list(text(), description),
});

const restart = orNull(
  object({
    count: count('Which restart in a row it will be.'),
    max: count('After how many it is given up; 0: never.'),
    inMs: count(),
  }),
  'When it is started again (tlxc.restart); null: it is not.',
);

const healthStatus = oneOf(['starting', 'healthy', 'unhealthy']);

const health = orNull(
  object({
    status: healthStatus,
    since: time,
    failures: count('In a row, of those that count.'),
    last: orNull(
      object({
        exitCode: orNull(count(), 'As a shell counts; null: it could not be run.'),
        timedOut: flag('It took too long, and was killed.'),
        output: text('The end of what it printed: the words of the container.'),
        endedAt: time,
      }),
      'null: it has not run yet.',
    ),
  }),
  'What tlxc.health.command came to; null: there is none, or the container does not run.',
);

const lastExit = orNull(
  object({
    code: orNull(count(), "Init's; null: a signal ended it, or it did not start again after a reboot."),
    signal: orNull(text(), 'SIGSEGV; SIGINT: a power-off.'),
    outOfMemory: flag('Init was killed for lack of memory.'),
    oomKills: count('How many of its processes were, where it failed.'),
    requested: flag('Somebody had it stopped.'),
    unhealthy: flag('Its monitor ended it for that (tlxc.health.restart).'),
    failed: flag('Neither that nor in order.'),
    endedAt: time,
    restarts: count('In a row, by then.'),
    givenUp: flag('It had been restarted as often as tlxc.restart.max allows.'),
  }),
  "How it ended the last time; null: it has not since the host's boot.",
);

export const devices = list(
  object({
    kind: oneOf(['node', 'class', 'interface', 'proxy'], 'class: all nodes that a word stands for.'),
    host: text('A path, a word (gpu), the name of an interface, "tcp 8080".'),
    inside: text('Where it is, or leads to; empty for a class.'),
    now: orNull(
      flag(),
      'null: the start brought it, as far as the configuration is the one that it began with.',
    ),
    saved: flag('The configuration brings it at the next start.'),
  }),
);

export const ls = list(
  object({
    name,
    parents: list(text(), 'The containers that it is in (--nesting), the outermost first.'),
    state: Type.Union([
      state,
      Type.Literal('BROKEN', { description: 'Its configuration cannot be read.' }),
      Type.Literal('RESTARTING', { description: 'It is stopped, and started again after a while.' }),
    ]),
    pid,
    ram: counter('bytes'),
    swap: counter('bytes'),
    autostart: orNull(flag(), 'null: its configuration cannot be read, as for the rest of it.'),
    groups: list(text()),
    interfaces: list(text(), 'Inside.'),
    ...families('Without those of lo, and link-local ones.'),
    unprivileged: orNull(flag()),
    rxBytes: counter(),
    txBytes: counter(),
    health: orNull(healthStatus, 'null: nobody asks, or it does not run.'),
    restart,
    diskBytes: counter('Of its root filesystem, where its backing store counts'),
    diskLimitBytes: counter('The most that its root filesystem may take'),
  }),
);

const usage = {
  cpuNanoseconds: counter(),
  blockBytes: counter('Read and written by block devices'),
  memoryBytes: counter(),
  kernelMemoryBytes: counter(),
  swapBytes: counter(),
  oomKills: counter('Processes killed for lack of memory since its start'),
};

const counters = object(
  Object.fromEntries(
    ['rx', 'tx'].flatMap((way) =>
      ['Bytes', 'Packets', 'Errors', 'Dropped'].map((what) => [`${way}${what}`, count()]),
    ),
  ),
);

const networkInterface = object({
  name: text('Inside, now.'),
  type: orNull(text(), 'veth, phys, macvlan …; null: the container made it itself, or it is lo.'),
  mac: orNull(text()),
  mtu: count(),
  up: flag('Set up by somebody.'),
  state: text('up, down, unknown, lowerlayerdown, dormant, testing or notpresent.'),
  addresses: list(
    object({
      family: oneOf(['inet', 'inet6']),
      address: text(),
      prefix: count(),
      scope: oneOf(['global', 'link', 'host']),
    }),
  ),
  counters,
  host: orNull(
    object({ name: text(), bridge: orNull(text()) }),
    'Its side on the host; null: it has none, or that is not known.',
  ),
});

export const info = object({
  name,
  state,
  pid,
  addresses: list(text(), 'Without those of lo, and link-local ones.'),
  usage: orNull(object(usage), 'null: it does not run.'),
  disk: orNull(
    object({ used: counter(), limit: counter() }),
    'Bytes of its root filesystem. null: its backing store keeps no count.',
  ),
  links: list(object({ hostName: text(), txBytes: count(), rxBytes: count() }), 'As the container counts.'),
  forwards: list(
    object({ listen: text('tcp 8080'), connect: text('80'), live: flag('Added while it ran.') }),
  ),
  interfaces: list(networkInterface),
  devices: list(
    object({
      host: text('Its path there.'),
      inside: text(),
      type: oneOf(['c', 'b']),
      major: count(),
      minor: count(),
    }),
    'Those given while it runs (tlxc-device).',
  ),
  image: orNull(
    object({
      name: text(),
      origin: text('The server, registry, archive or template; "": not written down.'),
      signedBy: orNull(text(), 'The pinned key that had signed it; null: none was pinned.'),
      sha256,
    }),
    'What it was made from; null: none, or by something else.',
  ),
  health,
  restart,
  lastExit,
  startFailure: text('Why the last attempt to start it again failed; "": it did not.'),
});

const rate = () => orNull(Type.Number({ minimum: 0 }), 'A second; null at the first look.');
/** Absent where the monitor does not answer. */
const measured = (description?: string) => Type.Optional(counter(description));

export const top = object({
  ...{ time, lxcpath, name, state, pid },
  health: orNull(healthStatus, 'null: nobody asks.'),
  cpuPercent: orNull(Type.Number({ minimum: 0 }), '100: one processor all the time; null at the first look.'),
  cpuNanoseconds: measured(),
  cpuUserNanoseconds: measured(),
  cpuSystemNanoseconds: measured(),
  memoryBytes: measured(),
  memoryLimitBytes: Type.Optional(orNull(count(), 'null: no limit.')),
  memoryAndSwapBytes: measured(),
  swapBytes: measured(),
  kernelMemoryBytes: measured(),
  ...{ blockBytes: measured(), blockReadBytes: measured(), blockWriteBytes: measured() },
  ...{ blockOperations: measured(), blockReadRate: rate(), blockWriteRate: rate() },
  ...{ rxBytes: measured(), txBytes: measured(), rxRate: rate(), txRate: rate() },
  tasks: measured('Processes and threads'),
  taskLimit: Type.Optional(orNull(count(), 'null: no limit.')),
  pressure: Type.Optional(
    object(
      { cpu: counter(), memory: counter(), io: counter() },
      'Per cent of the last ten seconds in which something waited.',
    ),
  ),
});

export const monitor = object({
  ...{ time, lxcpath, name, state },
  exitCode: Type.Optional(orNull(count(), "Init's; null: a signal killed it.")),
  signal: Type.Optional(orNull(count())),
  reboot: Type.Optional(Type.Literal(true, { description: 'It is being started again.' })),
  health: Type.Optional(
    oneOf(['starting', 'healthy', 'unhealthy'], 'What it has changed to; the state has not changed.'),
  ),
});

export const log = object({
  time,
  source: oneOf(
    ['console', 'monitor', 'boot'],
    'What the container printed; what its monitor told; the mark where a boot begins.',
  ),
  text: text("As it was printed, without the line's end."),
  ends: flag('false: the line goes on in the next record of its source.'),
});

export const limits = object({
  name,
  running: flag(),
  limits: list(
    object({
      name: text('memory, cpus, pids …'),
      file: text('Of cgroup v2.'),
      now: orNull(text(), 'Of the running container; null: none.'),
      saved: orNull(text(), 'In the configuration; null: none.'),
      used: orNull(count(), 'Bytes, or processes and threads; null: not counted.'),
    }),
  ),
});

export const wait = object({
  name,
  states: list(state, 'Those waited for.'),
  conditions: list(text(), 'Those of --for.'),
  reached: flag('false: the time was over.'),
});

export const made = object({ name, lxcpath, directory: text(), config: text("Its configuration's file.") });

export const exported = object({
  name,
  lxcpath,
  file: text('Absolute.'),
  bytes: count('Of the file.'),
  compression: oneOf(Object.keys(COMPRESSIONS)),
  snapshots: list(text(), 'Those that are in it, by name.'),
});

export const cgroup = object({ name, file: text(), value: text('All lines of it.') });

export const cgroupSet = object({
  name,
  file: text(),
  value: text(),
  written: list(object({ file: text(), value: text() }), 'The files of this host that it became.'),
});

const snapshotOf = object({
  name: text(),
  timestamp: text('Local time, YYYY:MM:DD HH:MM:SS; "": nothing tells.'),
  comment: text(),
  path: text(),
});
export const snapshot = snapshotOf;
export const snapshotList = list(snapshotOf);

export const snapshotDiff = list(
  object({
    what: oneOf(['added', 'changed', 'removed']),
    path: text(),
    bytes: Type.Optional(text('The name in base64, where it is not UTF-8.')),
  }),
);

const action = oneOf(['start', 'reboot', 'shutdown', 'kill']);

export const autostartList = object({
  action,
  containers: list(
    object({
      name,
      delay: count('Seconds.'),
      order: Type.Integer(),
      groups: list(text()),
      after: list(text(), 'Containers that are started before it.'),
    }),
    'In their order.',
  ),
});

export const autostart = object({
  action,
  containers: list(
    object({
      name,
      outcome: oneOf(['started', 'rebooted', 'stopped', 'killed', 'failed']),
      milliseconds: Type.Optional(count('How long that took; not of a failure.')),
      error: Type.Optional(error),
    }),
    'As they were done.',
  ),
});
