/** The templates that are built in. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { TlxcError } from '../../errors.ts';
import { hostDistribution } from '../host-distribution.ts';
import { builtTemplate } from './built.ts';
import { downloadTemplate } from './download.ts';
import { localTemplate } from './local.ts';
import { ociTemplate } from './oci.ts';
import type { Template } from './template.ts';

const WEEK = 7 * 24 * 3600;

const debian = builtTemplate({
  name: 'debian',
  lifetime: WEEK,
  needsNetwork: true,
  ingredients: (args, environment) => [
    hostDistribution().release,
    ...['MIRROR', 'SECURITY_MIRROR', 'KEYRING'].map((name) => environment[name] ?? ''),
    digestOf(argumentOf(args, '--auth-key', '-S')),
  ],
  usage: `Template options of debian (after --):
  -r, --release=RELEASE     Release (default: the host's where it is Debian, else stable)
  -a, --arch=ARCHITECTURE   amd64, arm64 … (default: the host's)
      --mirror=URL          Debian mirror (default: http://deb.debian.org/debian)
      --security-mirror=URL Mirror of security updates (default: debian-security beside the mirror)
      --keyring=FILE        OpenPGP keys that sign the archive (default: Debian's)
      --packages=A,B        Further packages to install
      --enable-non-free     Also contrib and non-free
  -S, --auth-key=FILE       SSH public key that may log in as root; installs openssh-server
  -F, --flush-cache         Build anew, even if one was built within a week
  -h, --help                This text
`,
});

const busybox = builtTemplate({
  name: 'busybox',
  lifetime: 52 * WEEK,
  needsNetwork: false,
  ingredients: (args) => [digestOf(argumentOf(args, '--busybox-path') ?? usualBusybox())],
  usage: `Template options of busybox (after --):
      --busybox-path=PATH   A static busybox (default: the one in PATH)
  -F, --flush-cache         Make the root filesystem anew
  -h, --help                This text
`,
});

const usualBusybox = () =>
  ['/bin/busybox', '/usr/bin/busybox', '/sbin/busybox'].find((file) => existsSync(file));

/** An option's argument as getopt(1) finds it; undefined where it is not given. */
function argumentOf(args: readonly string[], long: string, short?: string): string | undefined {
  const at = args.findLastIndex(
    (word) => word.startsWith(long) || (short !== undefined && word.startsWith(short)),
  );
  const word = args[at];
  if (word === undefined) return undefined;
  if (word === long || word === short) return args[at + 1];
  return word.startsWith('--') ? word.slice(word.indexOf('=') + 1) : word.slice(2);
}

/** What a file that goes into the image holds now: another content makes another image. "" where there is none. */
const digestOf = (path: string | undefined): string =>
  path !== undefined && existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';

const BUILT_IN: readonly Template[] = [downloadTemplate, debian, busybox, localTemplate, ociTemplate];

/** What -t takes beside the path of a program. */
export const TEMPLATE_NAMES: readonly string[] = [...BUILT_IN.map(({ name }) => name), 'none'];

/** The built-in template of that name; throws TLXC_E_TEMPLATE saying which there are. */
export function findTemplate(name: string): Template {
  const template = BUILT_IN.find((known) => known.name === name);
  if (template) return template;
  const foreign = `/usr/share/lxc/templates/lxc-${name}`;
  const isLxc = /^[a-z0-9-]+$/.test(name) && existsSync(foreign);
  throw new TlxcError({
    code: 'TLXC_E_TEMPLATE',
    message: `Template ${JSON.stringify(name)} not found`,
    hint: isLxc
      ? `LXC's own template of that name is used by its path, ${foreign}`
      : `there are ${TEMPLATE_NAMES.join(', ')}, and any program by its absolute path`,
  });
}
