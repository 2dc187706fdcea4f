/** The words of --wait, and the kernel's list of listening sockets. */
import test from 'ava';
import { conditionText, parseConditions } from '../../../src/container/readiness/condition.ts';
import { listeningPorts } from '../../../src/container/readiness/port.ts';

test('conditions are parted by commas; a command keeps its own', (t) => {
  const texts = (...given: string[]) => parseConditions(given).map(conditionText);
  t.deepEqual(texts('running'), ['running']);
  t.deepEqual(texts('ready, ip,healthy,port:80', 'port:65535'), [
    'ready',
    'ip',
    'healthy',
    'port:80',
    'port:65535',
  ]);
  t.deepEqual(texts('ip,exec:echo a,b | grep -q port:1,ip'), ['ip', 'exec:echo a,b | grep -q port:1,ip']);
  t.deepEqual(texts('ip4,ip6'), ['ip4', 'ip6']);
  t.deepEqual(texts('exec:echo exec:a,ip'), ['exec:echo exec:a,ip']);
  for (const wrong of ['', 'ip,', 'Ready', 'port:', 'port:65536', 'port:http', 'exec: ', 'ready:1'])
    t.throws(() => parseConditions([wrong]), { code: 'TLXC_E_USAGE' }, wrong);
});

test('of /proc/net/tcp only the sockets that listen count', (t) => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 10 1
   1: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 11 1
`;
  const six =
    '   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0 0 0\n';
  t.deepEqual(listeningPorts(table), [80]);
  t.deepEqual(listeningPorts(six), [22]);
});
