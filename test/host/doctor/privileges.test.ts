/** In a container without CAP_SYS_ADMIN all else looks well, and nothing can be made. */
import test from 'ava';
import { lxcfsFindings } from '../../../src/host/doctor/lxcfs.ts';
import { privilegeFindings } from '../../../src/host/doctor/privileges.ts';

test('root without what it takes is told so; with it there is nothing to say', (t) => {
  t.deepEqual(privilegeFindings('CapBnd:\t000001ffffffffff\n'), []);
  // What TLXC leaves a container of --privileged.
  const [finding, ...others] = privilegeFindings('CapBnd:\t00000000a80435fb\n');
  t.like(finding, { what: 'privileges', level: 'problem' });
  t.regex(finding?.found ?? '', /^root lacks CAP_SYS_ADMIN here/);
  t.regex(finding?.mend ?? '', /nesting\.conf/);
  t.deepEqual(others, []);
});

test('in a container, where its unit does not start, lxcfs is not mended by starting it', (t) => {
  const [outside] = lxcfsFindings({ state: 'absent' }, false);
  t.is(outside?.mend, 'apt-get install lxcfs; systemctl start lxcfs');
  const [inside] = lxcfsFindings({ state: 'absent' }, true);
  t.regex(inside?.mend ?? '', /ConditionVirtualization=/);
});
