import test from 'ava';
import { errnoName, errnoWords } from '../src/errno.ts';

test('errnos read as a shell says them, whatever libuv calls them', (t) => {
  t.is(errnoWords(errnoName(21)), 'is a directory');
  t.is(errnoWords(errnoName(95)), 'operation not supported');
  t.is(errnoWords(errnoName(2)), 'no such file or directory');
  t.is(errnoWords(errnoName(123)), 'no medium found');
  t.is(errnoWords(errnoName(530)), 'errno 530');
});
