/** Programs of the host that commands call. */
import { existsSync } from 'node:fs';
import { fine, warning, type Finding } from '../finding.ts';

interface Need {
  readonly program: string;
  /** Debian's name of what brings it. */
  readonly package: string;
  readonly purpose: string;
  /** Only root calls it. */
  readonly root?: boolean;
}

const NEEDS: readonly Need[] = [
  { program: 'tar', package: 'tar', purpose: 'unpacking images' },
  { program: 'xz', package: 'xz-utils', purpose: 'unpacking images' },
  { program: 'zstd', package: 'zstd', purpose: 'unpacking images' },
  { program: 'setpriv', package: 'util-linux', purpose: 'running all others' },
  { program: 'nft', package: 'nftables', purpose: 'address translation', root: true },
  { program: 'dnsmasq', package: 'dnsmasq-base', purpose: 'addresses and names of containers', root: true },
];

const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const programPath = (name: string): string | undefined =>
  PLACES.map((place) => `${place}/${name}`).find((path) => existsSync(path));

export function programFindings(root: boolean): Finding[] {
  const needed = NEEDS.filter((need) => root || !need.root);
  const missing = needed.filter(({ program }) => programPath(program) === undefined);
  if (missing.length === 0) return [fine('programs', needed.map(({ program }) => program).join(' '))];
  return missing.map(({ program, package: name, purpose }) =>
    warning(
      'programs',
      `${program} is not installed: it is needed for ${purpose}`,
      `apt-get install ${name}`,
    ),
  );
}
