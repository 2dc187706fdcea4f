import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePlaceForTrees } from '../../src/host/trees.ts';
import { requires } from '../rig/requires.ts';

const onExt = requires('ext');

test('a place for trees is made with what is above it, and may be there already', (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'tlxc-trees-'));
  t.teardown(() => rmSync(scratch, { recursive: true }));
  const place = join(scratch, 'above/place');
  makePlaceForTrees(place, 0o711);
  makePlaceForTrees(place, 0o700);
  t.is(statSync(place).mode & 0o777, 0o711);
});

onExt('ext4 is told that the trees of a place have nothing to do with each other', (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'tlxc-trees-'));
  t.teardown(() => rmSync(scratch, { recursive: true }));
  const place = join(scratch, 'place');
  mkdirSync(place);
  execFileSync('chattr', ['+d', place]);
  makePlaceForTrees(place, 0o711);
  const flags = () => execFileSync('lsattr', ['-d', place], { encoding: 'utf8' }).split(' ')[0] ?? '';
  t.true(flags().includes('T'));
  // Its other attributes stay.
  t.true(flags().includes('d'));
  makePlaceForTrees(place, 0o711);
  t.true(flags().includes('T'));
});
