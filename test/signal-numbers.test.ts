import { constants } from 'node:os';
import test from 'ava';
import { signalNumbers } from '../src/signal-numbers.ts';

test('signals have the numbers that this machine gives them', (t) => {
  t.deepEqual({ ...signalNumbers }, { ...constants.signals });
});
