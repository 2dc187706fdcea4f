/** What commands print of images, the network, settings and the host. */
import { Type } from '@sinclair/typebox';
import { ERROR_CODES } from '../../src/errors.ts';
import { count, flag, list, lxcpath, name, object, oneOf, orNull, problem, state, text } from './parts.ts';

export const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const stored = {
  name: text(),
  sha256,
  kind: oneOf(['download', 'local', 'oci', 'built'], 'Where it comes from.'),
  origin: text(),
  build: orNull(text()),
  size: orNull(count('Bytes.')),
};
const when = orNull(text('UTC.'), 'null: never.');

const listed = object({
  ...stored,
  ...{ dist: orNull(text()), release: orNull(text()), arch: orNull(text()), variant: orNull(text()) },
  ...{ created: text('UTC.'), expires: when, expired: flag(), members: orNull(count('Files.')) },
  signedBy: orNull(text(), 'The pinned key that had signed it; null: none was pinned.'),
  packed: orNull(oneOf(['squashfs', 'erofs'], 'It is one file, not a tree.')),
  rootfs: text(
    'Its tree, the file that it is packed in, or where its layers are mounted for who reads them.',
  ),
  users: list(text(), 'Directories of the containers that use it.'),
});
export const image = listed;
export const imageList = list(listed);

export const imageListRemote = list(
  object({
    ...{ dist: text(), release: text(), arch: text(), variant: text(), build: text() },
    releaseAliases: list(text()),
  }),
);

export const imageStored = object(stored);

const verdict = Type.Union([
  object({ kind: Type.Literal('sound'), members: orNull(count('Files; null: it is one itself.')) }),
  object({ kind: Type.Literal('damaged'), damage: list(object({ path: text(), what: text() })) }),
  object({ kind: Type.Literal('unknown'), why: text() }),
]);

export const imageVerify = object({
  images: list(object({ ...stored, verdict })),
  unreadable: list(sha256, 'Images whose image.json cannot be read.'),
});

export const imagePrune = object({
  removed: list(imageStored),
  bytes: count(),
  kept: list(
    object({ ...stored, lxcpaths: list(text()) }),
    'Containers of these stores, which are not there now, use them.',
  ),
});

const address = orNull(text());
const link = {
  bridge: text(),
  link: oneOf(['absent', 'down', 'up']),
  addresses: list(text(), 'ADDRESS/PREFIX'),
};

export const netOfUser = object({
  ...link,
  up: flag("The user's next container can be on it."),
  user: text(),
  allowed: count("Interfaces that /etc/tlxc/tlxc-usernet gives the user's containers on it."),
  used: count(),
  obstacle: text('Why there can be no more; empty: there can.'),
  remedy: text("The command of root's that mends it."),
  passt: text("Why passt carries no container's traffic, which needs no bridge; empty: it does."),
});

export const net = object({
  ...link,
  up: flag('Everything that the settings ask for is there.'),
  ports: list(text()),
  dnsmasqPid: orNull(count(), 'null: it does not run.'),
  names: object({
    served: flag('The bridge itself answers: containers are found by their names.'),
    servers: list(text(), 'Whom containers are told to ask.'),
    heldBy: list(text(), 'Who has port 53 of the bridge, and so keeps it from serving names.'),
  }),
  leases: list(
    object({ expires: count('Seconds since 1970.'), mac: text(), address: text(), hostname: text() }),
  ),
  reservations: list(
    object({
      ...{ name, lxcpath, configFile: text() },
      interfaces: list(
        object({
          chosen: flag('The configuration gives it.'),
          mac: text(),
          ipv4: address,
          ipv6: address,
          own: list(text()),
        }),
      ),
    }),
  ),
  rules: flag('The table of nftables is there.'),
  nat: flag(),
  forwarding: object({ ipv4: flag(), ipv6: flag() }),
  obstacles: list(
    object({ chain: text(), hook: oneOf(['input', 'forward']), owner: text(), remedy: text() }),
    "Others' firewall chains in which containers' packets may end.",
  ),
  hostNames: object({ wanted: flag(), by: text(), works: flag(), why: text() }),
});

const setting = object({ name: text(), value: orNull(text(), 'null: it is not set.') });
export const configItem = setting;
export const configList = list(setting);

export const configExplain = object({
  state,
  values: list(
    object({
      ...{ key: text(), value: text(), default: flag('Nothing says so: it is the default.') },
      file: Type.Optional(text('Where it is written.')),
      line: Type.Optional(count()),
      live: Type.Optional(text('What the running container shows.')),
    }),
  ),
});

export const updateConfig = object({
  file: text(),
  changes: count('Lines.'),
  backup: orNull(text(), 'The file as it was; null: nothing was to be changed.'),
  problems: list(problem),
});

const finding = { what: text(), found: text(), mend: text() };

export const doctor = object({
  ok: flag('No finding is a problem.'),
  findings: list(object({ ...finding, level: oneOf(['ok', 'warning', 'problem']) })),
});

export const denials = object({
  denials: list(
    object({
      container: orNull(text(), 'null: its process has ended, and several may have its profile.'),
      module: oneOf(['apparmor', 'seccomp']),
      profile: text('The profile that refused it; "" with seccomp.'),
      action: text('What was tried.'),
      command: text('The program that tried it last.'),
      pid: count('Its process, as the host numbers it.'),
      count: count(),
      last: text('RFC 3339.'),
      allow: list(text('A line for the configuration that would allow it.')),
      advice: text(),
      risk: text('What allowing it opens.'),
    }),
  ),
  dropped: count('Messages that the kernel left away since there were too many.'),
});

export const checkconfig = object({
  config: orNull(text(), "The kernel configuration's file; null: it is kept nowhere."),
  running: flag("It is the running kernel's."),
  sections: list(
    object({
      title: text(),
      features: list(
        object({
          label: text(),
          symbol: text(),
          presence: oneOf(['enabled', 'missing', 'required', 'unknown']),
        }),
      ),
    }),
  ),
});

export const error = object(
  {
    level: oneOf(['error', 'warning']),
    command: text(),
    code: orNull(oneOf(Object.keys(ERROR_CODES)), 'null: a warning.'),
    message: text('What failed, and why.'),
    object: orNull(text(), 'The container, or the path that it is about.'),
    errno: orNull(text(), 'ENOENT'),
    hint: orNull(text(), 'What can be done.'),
    file: orNull(text(), 'Where in a configuration.'),
    line: orNull(count()),
    key: orNull(text()),
    problems: list(problem, 'All that is wrong in a configuration.'),
    findings: list(object(finding), 'What this host lacks that may be the reason.'),
    console: list(text(), "What the container's console has shown last, where that may be the reason."),
  },
  'A line of standard error with --json.',
);
