import test from 'ava';
import { forward } from '../../src/config/values/forward.ts';
import { expandForward } from '../../src/plan/forwards.ts';

const expand = (line: string, ipv6 = true) =>
  expandForward(forward(line), { ipv6, lock: '/run/tlxc/forward.lock' });

test('a port without an address is of all addresses, and leads to loopback', (t) => {
  t.like(expand('8080 -> 80')[0], {
    listen: 'tcp 8080',
    connect: '80',
    from: { op: 'port', address: '::', both: true, port: 8080 },
    to: { op: 'port', addresses: ['127.0.0.1', '::1'], port: 80 },
  });
});

test('without IPv6 it is of all addresses of IPv4', (t) => {
  t.like(expand('8080 -> 80', false)[0], {
    from: { op: 'port', address: '0.0.0.0', both: false },
    to: { addresses: ['127.0.0.1'] },
  });
});

test('an IPv6 address takes no IPv4 in', (t) => {
  t.like(expand('[::]:80 -> [fd00::2]:81')[0], {
    listen: 'tcp [::]:80',
    from: { address: '::', both: false },
    to: { addresses: ['fd00::2'], port: 81 },
  });
});

test('a range is as many forwards, each with its port', (t) => {
  const all = expand('udp 10.0.0.1:5-7 -> 15-17');
  t.deepEqual(
    all.map(({ listen, connect }) => `${listen} ${connect}`),
    ['udp 10.0.0.1:5 15', 'udp 10.0.0.1:6 16', 'udp 10.0.0.1:7 17'],
  );
});

test('a socket has its mode and its owner, whose the container is where none is said', (t) => {
  t.like(expand('unix:/run/a.sock -> unix:/run/b.sock')[0], {
    from: {
      op: 'socket',
      path: '/run/a.sock',
      mode: 0o600,
      uid: -1,
      gid: -1,
      lock: '/run/tlxc/forward.lock',
    },
    to: { op: 'socket', path: '/run/b.sock' },
  });
});
