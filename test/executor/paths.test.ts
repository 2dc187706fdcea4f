/** A root filesystem that leads astray: no path in it may reach a file outside of it. */
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { bind, filesystem, makePlan } from './plan.ts';
import { makePlace, runPlan, script, type Outcome, type Place } from './run.ts';
import type { StartPlan } from '../../src/plan/types.ts';

const both = requires('root', 'userns', 'idmap', 'busybox');

/** A place with a directory outside the root filesystem that must stay as it is. */
function makeTrap(t: ExecutionContext): Place & { readonly victim: string } {
  const place = makePlace(t);
  const victim = join(place.scratch, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), 'untouched');
  return { ...place, victim };
}

const start = (place: Place, unprivileged: boolean, change: (plan: StartPlan) => void): Promise<Outcome> =>
  runPlan(makePlan({ ...place, argv: script('echo started'), unprivileged, change }), place.rootfs);

const ELOOP = 40;

for (const unprivileged of [true, false]) {
  const kind = unprivileged ? 'unprivileged' : 'privileged';

  for (const target of ['dev', 'proc']) {
    both(`${kind}: ${target} as a symbolic link is refused, wherever it leads`, async (t) => {
      const place = makeTrap(t);
      for (const to of [place.victim, '/tmp', '../victim']) {
        rmSync(join(place.rootfs, target), { recursive: true });
        symlinkSync(to, join(place.rootfs, target));
        const { failure } = await start(place, unprivileged, () => undefined);
        t.like(failure, { step: 'mount', errno: ELOOP, path: join(place.rootfs, target) });
      }
      t.deepEqual(readdirSync(place.victim), ['file']);
    });
  }

  for (const name of ['console', 'pts', 'ptmx', 'tty1', 'null']) {
    both(`${kind}: without lxc.autodev, dev/${name} as a symbolic link is refused`, async (t) => {
      const place = makeTrap(t);
      const link = join(place.rootfs, 'dev', name);
      symlinkSync(join(place.victim, 'new'), link);
      const { failure, output } = await start(place, unprivileged, (plan) => void plan.tree.shift());
      t.is(failure?.path, link);
      t.is(output, '');
      t.is(readlinkSync(link), join(place.victim, 'new'));
      t.deepEqual(readdirSync(place.victim), ['file']);
    });
  }

  both(`${kind}: no terminal is had from a /dev/pts that is none of the kernel's`, async (t) => {
    const place = makeTrap(t);
    const pts = join(place.rootfs, 'dev/pts');
    mkdirSync(pts);
    writeFileSync(join(pts, 'ptmx'), '');
    const { failure, output } = await start(place, unprivileged, (plan) => {
      plan.tree.shift();
      plan.terminals.devpts = false;
    });
    t.like(failure, { step: 'terminals', detail: 'not a devpts filesystem', path: join(pts, 'ptmx') });
    t.is(output, '');
  });

  both(`${kind}: what create= makes stays in the root filesystem`, async (t) => {
    const place = makeTrap(t);
    symlinkSync('/etc', join(place.rootfs, 'inner'));
    symlinkSync('../../victim', join(place.rootfs, 'outer'));
    const etc = readdirSync(join(place.rootfs, 'etc'));
    for (const target of ['inner/a/b', 'outer/a/b']) {
      const made = bind(join(place.victim, 'file'), target, { create: 'file' });
      const { failure } = await start(place, unprivileged, (plan) => void plan.tree.push(made));
      t.like(failure, { errno: ELOOP, path: join(place.rootfs, target) });
    }
    t.deepEqual(readdirSync(place.victim), ['file']);
    t.deepEqual(readdirSync(join(place.rootfs, 'etc')), etc);
  });

  both(`${kind}: targets that climb, and the root itself, are refused`, async (t) => {
    const place = makeTrap(t);
    for (const target of ['mnt/../../victim', '..', '', '/', './.']) {
      const { failure } = await start(
        place,
        unprivileged,
        (plan) => void plan.tree.push(filesystem('tmpfs', target)),
      );
      t.like(failure, { step: 'mount', errno: 0 }, target);
      t.not(failure?.detail, '');
    }
  });
}
