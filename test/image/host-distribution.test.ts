import test from 'ava';
import { distributionOf } from '../../src/image/host-distribution.ts';

const cases: Readonly<Record<string, readonly [string, string]>> = {
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n': [
    'debian',
    'bookworm',
  ],
  "ID=ubuntu\nVERSION_ID='24.04'\nVERSION_CODENAME=noble\n": ['ubuntu', 'noble'],
  'ID=alpine\nVERSION_ID=3.22.1\n': ['alpine', '3.22'],
  'ID=fedora\nVERSION_ID=42\n': ['fedora', '42'],
  'ID="rocky"\nVERSION_ID="9.4"\n': ['rockylinux', '9'],
  'ID=arch\n': ['archlinux', 'current'],
  '': ['', ''],
};

for (const [text, [dist, release]] of Object.entries(cases)) {
  test(`os-release of ${dist || 'an unknown host'}`, (t) => {
    t.deepEqual(distributionOf(text, 'x64'), { dist, release, arch: 'amd64', variant: 'default' });
  });
}
