import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartPlan } from '../../src/plan/types.ts';
import { requires } from '../rig/requires.ts';
import { bind, filesystem, makePlan, mask, readonly } from './plan.ts';
import { makePlace, runPlan, script, type Place } from './run.ts';

const both = requires('root', 'userns', 'idmap', 'busybox');

for (const unprivileged of [true, false]) {
  const kind = unprivileged ? 'unprivileged' : 'privileged';

  /** What the script prints in a container with these steps. */
  const inside = async (place: Place, text: string, change: (plan: StartPlan) => void): Promise<string[]> => {
    const plan = makePlan({ ...place, argv: script(text), unprivileged, change });
    const { failure, output } = await runPlan(plan, place.rootfs);
    return failure === undefined ? output.trimEnd().split('\n') : [JSON.stringify(failure)];
  };

  both(`${kind}: what is masked is empty and cannot be written`, async (t) => {
    const place = makePlace(t);
    const look = 'wc -c < /proc/kallsyms; ls /proc/bus | wc -l; wc -c < /etc/passwd';
    const write = 'for f in /proc/kallsyms /proc/bus/x /etc/passwd; do (: > $f) 2>&1 | sed "s/.*: //"; done';
    const hosts = 'grep -c /sys/fs/cgroup /proc/self/mountinfo';
    const lines = await inside(place, `${look}; ${write}; ${hosts}`, (plan) => {
      plan.protect.push(mask('proc/kallsyms'), mask('proc/bus'), mask('etc/passwd'), mask('no/such'));
    });
    const refused = 'Read-only file system';
    t.deepEqual(lines, ['0', '0', '0', refused, refused, refused, '0']);
  });

  both(`${kind}: what is read-only stays so, with what is mounted below it`, async (t) => {
    const place = makePlace(t);
    const write =
      'for f in /etc/x /etc/sub/x /etc/group /dev/x; do (: > $f) 2>&1 | sed "s/.*: //"; done; ls /etc/sub';
    mkdirSync(join(place.rootfs, 'etc/sub'));
    const lines = await inside(place, write, (plan) => {
      plan.tree.push(filesystem('tmpfs', 'etc/sub'));
      plan.protect.push(readonly('etc'), readonly('dev'), readonly('no/such'));
    });
    const refused = 'Read-only file system';
    t.deepEqual(lines, [refused, refused, refused, 'x'], 'a mount below keeps its own attributes');
  });

  both(`${kind}: binds of the host: attributes, depth, files`, async (t) => {
    const place = makePlace(t);
    const host = join(place.scratch, 'host');
    mkdirSync(host, { mode: 0o777 });
    writeFileSync(join(host, 'file'), 'of the host\n');
    const look =
      'cat /mnt/file /run/one; (: > /mnt/new) 2>&1 | sed "s/.*: //"; grep -c " /mnt " /proc/self/mountinfo';
    const lines = await inside(place, look, (plan) => {
      plan.tree.push(
        bind(host, 'mnt', { attributes: ['ro', 'nosuid'] }),
        bind(join(host, 'file'), 'run/one', { create: 'file' }),
      );
    });
    t.deepEqual(lines, ['of the host', 'of the host', 'Read-only file system', '1']);
  });

  both(`${kind}: an idmapped bind gives the container's root the host's files`, async (t) => {
    const place = makePlace(t);
    const host = join(place.scratch, 'host');
    mkdirSync(host, { mode: 0o755 });
    const lines = await inside(place, 'touch /mnt/new && stat -c %u /mnt /mnt/new', (plan) => {
      plan.tree.push(bind(host, 'mnt', { idmap: unprivileged ? 'container' : '' }));
    });
    t.deepEqual(lines, ['0', '0']);
  });

  both(`${kind}: binds of the root filesystem's own paths`, async (t) => {
    const place = makePlace(t);
    writeFileSync(join(place.rootfs, 'etc/own'), 'own\n');
    const lines = await inside(place, 'cat /mnt/own; (: > /mnt/own) 2>&1 | sed "s/.*: //"', (plan) => {
      plan.tree.push(bind('etc', 'mnt', { sourceIn: 'rootfs', attributes: ['ro'] }));
    });
    t.deepEqual(lines, ['own', 'Read-only file system']);
  });

  both(`${kind}: an optional mount that cannot be is left out`, async (t) => {
    const place = makePlace(t);
    const lines = await inside(place, 'echo started', (plan) => {
      plan.tree.push(
        bind('/nonexistent/source', 'mnt', { optional: true }),
        bind('/etc', 'nonexistent', { optional: true }),
        filesystem('nonexistent', 'mnt', { optional: true }),
      );
    });
    t.deepEqual(lines, ['started']);
  });

  both(`${kind}: nothing mounted inside shows outside, nor the reverse`, async (t) => {
    const place = makePlace(t);
    const host = join(place.scratch, 'host');
    mkdirSync(join(host, 'below'), { recursive: true });
    const look = 'mount -t tmpfs none /mnt/below && grep -c " /mnt/below " /proc/self/mountinfo';
    const lines = await inside(place, look, (plan) => void plan.tree.push(bind(host, 'mnt')));
    t.deepEqual(lines, ['1']);
  });
}
