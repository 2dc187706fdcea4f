import test from 'ava';
import { parseEscape } from '../../src/cli/console.ts';

test('an escape prefix is a control letter or one plain character', (t) => {
  t.deepEqual(parseEscape(undefined), { byte: 1, label: 'Ctrl+a' });
  t.deepEqual(parseEscape('b'), { byte: 2, label: 'Ctrl+b' });
  t.deepEqual(parseEscape('^X'), { byte: 24, label: 'Ctrl+x' });
  t.deepEqual(parseEscape('#'), { byte: 35, label: '#' });
  for (const wrong of ['', 'ab', '^1', '^^a', ' ', '\n', 'é'])
    t.throws(() => parseEscape(wrong), { message: /-e takes/ }, JSON.stringify(wrong));
});
