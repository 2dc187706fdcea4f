/** The text of a credential is told by nothing, however the line was mistyped that holds it. */
import { join } from 'node:path';
import test from 'ava';
import { tellableWord } from '../../src/config/secret.ts';
import { TlxcError } from '../../src/errors.ts';
import { load, scratch } from './scratch.ts';

const MISTYPED = [
  'tlxc.credential.set.x/y = CANARY',
  'tlxc.credentials.set.x = CANARY',
  'tlxc.credential.set = CANARY',
  'tlxc.Credential.Set.x = CANARY',
  'tlxc.credental.set.x = CANARY',
  'lxc.credential.set.x = CANARY',
  'tlxc.credential.set.x CANARY',
  'tlxc.credential.set.x:CANARY',
  '  tlxc.credential.set.x\tCANARY more',
];

for (const line of MISTYPED)
  test(`${line.trim()}: its text is not told`, (t) => {
    const directory = scratch(t, { config: `${line}\n`, empty: '' });
    for (const [config, overrides] of [
      [join(directory, 'config'), []],
      [join(directory, 'empty'), [line.trim()]],
    ] as const) {
      const error = t.throws(() => load(config, overrides), { instanceOf: TlxcError });
      const told = JSON.stringify([error.message, error.details, (error.details.problems ?? []).map(String)]);
      t.notRegex(told, /CANARY/);
      t.regex(told, /cred?ent/i, 'which line it is is told');
    }
  });

test('nor is it in a command line that is logged; a file that is named is', (t) => {
  for (const word of [
    'tlxc.credential.set.q=CANARY',
    '-stlxc.credential.set.q=CANARY',
    '--define=tlxc.Credential.set.q=CANARY\nCANARY',
  ])
    t.regex(tellableWord(word), /\.set\.q=\(hidden\)$/);
  for (const word of ['--define=tlxc.credential.load.q=/etc/key', '-s', 'lxc.uts.name=cre', 'u1'])
    t.is(tellableWord(word), word);
});
