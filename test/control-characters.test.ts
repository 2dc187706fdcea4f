import test from 'ava';
import { printable } from '../src/control-characters.ts';

test('what drives a terminal, or turns the direction of text, is written out, and nothing else', (t) => {
  const harmful = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if ((printable(character) !== character) !== harmful.test(character)) wrong.push(code.toString(16));
  }
  t.deepEqual(wrong, []);
  t.is(printable('a\n\x1b[0m\u202eb\tc'), 'a\\n\\x1b[0m\\u202eb\tc');
});
