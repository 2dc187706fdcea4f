import test from 'ava';
import { MemberScan, parseMember } from '../../src/image/member-scan.ts';

const scan = (lines: readonly string[], limits = {}) => {
  const result = new MemberScan({ bytes: 1e9, members: 100, space: 1e9, place: '/', ...limits });
  lines.forEach((line) => result.take(line));
  return result;
};
const file = (name: string, size = 1) => `-rw-r--r-- 0/0 ${size} 2026-01-01 00:00:00 ${name}`;

test('the listing of GNU tar: files, links, devices', (t) => {
  t.deepEqual(parseMember('-rwsr-xr-x 0/0           55528 2026-07-02 19:05:11.123456789 ./usr/bin/su'), {
    ...{ type: '-', size: 55_528, name: './usr/bin/su', target: '' },
  });
  t.deepEqual(parseMember('lrwxrwxrwx 0/0 0 2026-01-01 00:00:00 ./bin -> usr/bin'), {
    ...{ type: 'l', size: 0, name: './bin', target: 'usr/bin' },
  });
  t.deepEqual(parseMember('hrw-r--r-- 0/0 0 2026-01-01 00:00:00 ./a link to ./b'), {
    ...{ type: 'h', size: 0, name: './a', target: './b' },
  });
  t.like(parseMember('crw-rw-rw- 0/0 1,3 2026-01-01 00:00:00 ./x/null'), { type: 'c', name: './x/null' });
  t.is(parseMember('tar: ./x: implausibly old time stamp'), null);
});

for (const name of ['../x', './a/../../x', '/etc/passwd', '..']) {
  test(`a member ${name} is refused`, (t) => t.regex(scan([file(name)]).refused?.message ?? '', /leads out/));
}

test('a hard link that leads out is refused, a symbolic one is only text', (t) => {
  t.truthy(scan(['hrw-r--r-- 0/0 0 2026-01-01 00:00:00 ./a link to /etc/shadow']).refused);
  t.truthy(scan(['hrw-r--r-- 0/0 0 2026-01-01 00:00:00 ./a link to ../../etc/shadow']).refused);
  t.falsy(scan(['lrwxrwxrwx 0/0 0 2026-01-01 00:00:00 ./sbin/init -> /lib/systemd/systemd']).refused);
});

test('too many, too large, too deep', (t) => {
  t.regex(
    scan([file('./a'), file('./b')], { bytes: 10, members: 1 }).refused?.message ?? '',
    /more than 1 members/,
  );
  t.regex(
    scan([file('./a', 9), file('./b', 9)], { bytes: 10, members: 9 }).refused?.message ?? '',
    /needs more than/,
  );
  const full = scan([file('./a', 9), file('./b', 9)], { space: 10 }).refused;
  t.is(full?.details.errno, 'ENOSPC');
  t.notRegex(full?.message ?? '', /hostile/);
  t.regex(scan([file(`./${'a/'.repeat(300)}b`)]).refused?.message ?? '', /too deep/);
});

test('devices are counted, not judged', (t) => {
  const found = scan(['brw-rw---- 0/0 8,0 2026-01-01 00:00:00 ./srv/sda', file('./a')]);
  t.deepEqual(found.devices, ['./srv/sda']);
  t.is(found.refused, null);
});
