/** lxcfs: whether containers are told their own memory and processors, or the host's. */
import { existsSync } from 'node:fs';
import { fine, warning, type Finding } from '../finding.ts';
import { findLxcfs, type Lxcfs } from '../lxcfs.ts';

const WHAT = 'lxcfs';
const WITHOUT = 'free, nproc and uptime tell of the host in containers';

/** Where systemd notes that it runs in a container: there the unit of lxcfs is passed over, without a word. */
const IN_CONTAINER = '/run/systemd/container';

const start = (inside: boolean): string =>
  inside
    ? 'apt-get install lxcfs; its unit starts in no container: systemctl edit lxcfs, with ConditionVirtualization= below [Unit], and systemctl start lxcfs, which takes /dev/fuse'
    : 'apt-get install lxcfs; systemctl start lxcfs';

export function lxcfsFindings(
  lxcfs: Lxcfs = findLxcfs(),
  inside: boolean = existsSync(IN_CONTAINER),
): Finding[] {
  switch (lxcfs.state) {
    case 'absent':
      return [warning(WHAT, `does not run: ${WITHOUT}`, start(inside))];
    case 'dead':
      return [
        warning(
          WHAT,
          `has ended, its mount at ${lxcfs.at} is left: ${WITHOUT}, and fail in those that were started before`,
          `umount -l ${lxcfs.at}; systemctl restart lxcfs; and reboot those containers`,
        ),
      ];
    case 'silent':
      return [warning(WHAT, `at ${lxcfs.at} does not answer: ${WITHOUT}`, 'systemctl restart lxcfs')];
    case 'runs':
      return [fine(WHAT, `at ${lxcfs.at}: free, nproc and uptime tell of each container itself`)];
  }
}
