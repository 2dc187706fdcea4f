import test from 'ava';
import { randomHardwareAddress, stableHardwareAddress } from '../../src/config/hwaddr.ts';

test('only what is an x is drawn, and the address is never a multicast one', (t) => {
  for (let times = 0; times < 50; times++) {
    t.regex(
      randomHardwareAddress('xX:66:6a:xx:Xx:0x'),
      /^[0-9a-f][02468ace]:66:6a:[0-9a-f]{2}:[0-9a-f]{2}:0[0-9a-f]$/,
    );
  }
  t.is(randomHardwareAddress('10:66:6A:00:00:01'), '10:66:6A:00:00:01');
});

test('two draws differ, two of the same seed do not', (t) => {
  const template = '10:66:6a:xx:xx:xx';
  t.true(new Set(Array.from({ length: 8 }, () => randomHardwareAddress(template))).size > 1);
  t.is(stableHardwareAddress(template, 'a'), stableHardwareAddress(template, 'a'));
  t.not(stableHardwareAddress(template, 'a'), stableHardwareAddress(template, 'b'));
});
