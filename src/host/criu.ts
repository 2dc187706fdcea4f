/** CRIU, criu(8): where it is, and whether it can work with this kernel. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { problem, type Finding } from './finding.ts';
import { probeHost } from './probe.ts';

const PLACES = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CHECK_MS = 30_000;

/** The first in PATH, or where systems keep such programs; "": none. */
export function findCriu(path: string | undefined): string {
  const places = `${path ?? ''}:${PLACES}`.split(delimiter).filter((place) => place.startsWith('/'));
  return places.map((place) => join(place, 'criu')).find((file) => existsSync(file)) ?? '';
}

/** There since Linux 3.3, and only where the kernel was built for it. */
const BUILT_FOR_IT = '/proc/sys/kernel/ns_last_pid';

/** CRIU's own words, without where in its sources they stand. */
const plainWords = (line: string): string =>
  line.replace(/^(?:\(\d+\.\d+\)\s*)?(?:Error \([^)]*\): )?/, '').trim();

/** What stands in the way on this host; [] where nothing does. Runs `criu check`. */
export function criuFindings(criu: string, { nested } = probeHost()): readonly Finding[] {
  if (nested !== null)
    return [
      problem(
        'criu',
        'saves nothing in an unprivileged container',
        'do it on a host, or in a privileged one',
      ),
    ];
  const kernel = existsSync(BUILT_FOR_IT)
    ? []
    : [
        problem(
          'kernel',
          'built without CONFIG_CHECKPOINT_RESTORE',
          'boot a kernel that has it, as those of Debian do',
        ),
      ];
  if (criu === '') return [...kernel, problem('criu', 'not installed', 'apt-get install criu')];
  const { status, stdout, stderr } = spawnSync(criu, ['check'], { encoding: 'utf8', timeout: CHECK_MS });
  if (status === 0) return kernel;
  const words = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => /^(\(\S+\) )?Error|Warn/.test(line.trim()));
  const said = words.map(plainWords).filter((line) => !line.startsWith('exited'));
  const found = `"criu check" refuses this kernel${said.length > 0 ? `: ${said.slice(0, 2).join('; ')}` : ''}`;
  return [...kernel, problem('criu', found, 'install a newer criu, or boot a kernel that this one knows')];
}
