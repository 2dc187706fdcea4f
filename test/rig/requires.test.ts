import test from 'ava';
import { spawnSync } from 'node:child_process';
import { features, reasonMissing } from './features.ts';
import { requires } from './requires.ts';

for (const feature of features) {
  requires(feature)(`the host has ${feature}`, (t) => t.pass());
}

test('a feature that must be here and is not fails its test', (t) => {
  const missing = features.find((feature) => reasonMissing(feature) !== undefined);
  if (missing === undefined) return void t.pass('everything is here');
  const run = spawnSync(
    process.execPath,
    ['node_modules/ava/entrypoints/cli.mjs', '--tap', '--match=the host has*', 'test/rig/requires.test.ts'],
    {
      encoding: 'utf8',
      env: { ...process.env, TLXC_MUST_RUN: missing },
    },
  );
  t.regex(run.stdout, new RegExp(`not ok \\d+ - .*has ${missing}`));
});
