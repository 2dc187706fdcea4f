/** The classic walk through LXC's commands, as a person types it: a Debian container from creation to its end. */
import type { ExecutionContext } from 'ava';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { imageServerSetting, serveDebian } from '../rig/images.ts';
import { requires } from '../rig/requires.ts';
import { eventually } from '../rig/eventually.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'overlay', 'veth', 'idmap', 'debian', 'dnsmasq', 'nftables');

/** systemd's own word, once it is a last one. */
async function bootsTo(world: World, name: string): Promise<string> {
  return eventually(60, async () => {
    const { stdout } = await world.run('tlxc-attach', '-n', name, '--', 'systemctl', 'is-system-running');
    return /running|degraded|maintenance/.test(stdout) ? stdout.trim() : undefined;
  });
}

async function succeed(
  t: ExecutionContext,
  world: World,
  ...command: [string, ...string[]]
): Promise<string> {
  const { code, stdout, stderr } = await world.run(...command);
  t.is(code, 0, `${command.join(' ')}: ${stderr}`);
  return stdout;
}

rooted.serial('create, ls, start, info, attach, stop, destroy', async (t) => {
  const world = await makeWorld(t, { settings: [imageServerSetting] });
  await serveDebian(t, world);
  await succeed(t, world, 'tlxc-net', 'start');
  const image = ['-d', 'debian', '-r', 'bookworm', '-a', 'amd64'];
  await succeed(t, world, 'tlxc-create', '-t', 'download', '-n', 'u1', '--', ...image);

  t.regex(await world.sh(`ls -l ${world.lxcpath}/u1`), /^total [^]* root root .* config\n/);
  t.is(statSync(join(world.lxcpath, 'u1')).mode & 0o7777, 0o770);
  t.is(await succeed(t, world, 'tlxc-ls', '-1'), 'u1\n');
  t.regex(await succeed(t, world, 'tlxc-ls', '--fancy'), /^NAME +STATE[^\n]*\nu1 +STOPPED 0 .* true +\n$/);
  t.regex(
    await succeed(t, world, 'tlxc-info', '-n', 'u1'),
    /^Name: +u1\nState: +STOPPED\nImage: +debian\/bookworm\/amd64\/default 20260101_05:24 from http:\/\/127\.0\.0\.1:\d+\/ \(sha256:[0-9a-f]{12}\)\n$/,
  );

  await succeed(t, world, 'tlxc-start', '-n', 'u1');
  t.is(await bootsTo(world, 'u1'), 'running');

  const info = await eventually(30, async () => {
    const text = await succeed(t, world, 'tlxc-info', '-n', 'u1');
    return /IP: +10\.0\.4\./.test(text) ? text : undefined;
  });
  for (const line of [
    /State: +RUNNING/,
    /PID: +\d+/,
    /IP: +10\.0\.4\.\d+/,
    /CPU use: +[\d.]+ seconds/,
    /BlkIO use: +/,
  ]) {
    t.regex(info, line);
  }
  for (const line of [/Memory use: +[\d.]+ MiB/, /Link: +veth\w+/, /TX bytes: +[\d.]+/, /RX bytes: +[\d.]+/])
    t.regex(info, line);
  const pid = Number(/PID: +(\d+)/.exec(info)?.[1]);
  t.regex(await succeed(t, world, 'tlxc-ls', '--fancy'), /u1 +RUNNING 0 .*10\.0\.4\.\d+/);

  const attach = (...command: string[]): Promise<string> =>
    succeed(t, world, 'tlxc-attach', '-n', 'u1', '--', ...command);
  t.regex(await attach('ps', '-A'), /^ +1 \? +\S+ systemd$/m);
  t.is(await attach('hostname'), 'u1\n');
  t.regex(await attach('ipcs'), /Shared Memory Segments/);
  const processes = (await attach('ls', '/proc')).split('\n').filter((name) => /^\d+$/.test(name));
  t.true(processes.length < 40, 'only its own processes');
  t.false(processes.includes(String(pid)), "the host's number of its init means nothing inside");
  t.is((await attach('cat', '/proc/self/uid_map')).trim().split(/\s+/)[2], '65536');

  const uid = Number((await world.sh(`stat -c %u /proc/${pid}`)).trim());
  t.true(uid >= 65536, `on the host its root is nobody's id: ${uid}`);
  t.is((await world.sh(`cat /proc/${pid}/comm`)).trim(), 'systemd');

  await succeed(t, world, 'tlxc-stop', '-n', 'u1');
  t.regex(await succeed(t, world, 'tlxc-ls', '--fancy'), /u1 +STOPPED/);
  await succeed(t, world, 'tlxc-destroy', '-n', 'u1');
  t.is(await succeed(t, world, 'tlxc-ls'), '');
});

for (const [kind, options] of [
  ['unprivileged', []],
  ['privileged', ['--privileged']],
] as const) {
  rooted.serial(`Debian boots to running, ${kind}, and restarts from inside`, async (t) => {
    const world = await makeWorld(t, { settings: [imageServerSetting] });
    await serveDebian(t, world);
    await succeed(t, world, 'tlxc-net', 'start');
    const image = ['--', '-d', 'debian', '-r', 'bookworm', '-a', 'amd64'];
    await succeed(t, world, 'tlxc-create', ...options, '-t', 'download', '-n', 'd1', ...image);
    await succeed(t, world, 'tlxc-start', '-n', 'd1');
    const state = await bootsTo(world, 'd1');
    t.is(
      state,
      'running',
      (await world.run('tlxc-attach', '-n', 'd1', '--', 'systemctl', '--failed')).stdout,
    );

    const before = await succeed(t, world, 'tlxc-info', '-n', 'd1', '-p', '-H');
    await world.run('tlxc-attach', '-n', 'd1', '--', 'systemctl', 'reboot');
    await eventually(60, async () => {
      const { stdout } = await world.run('tlxc-info', '-n', 'd1', '-p', '-H');
      return /\d/.test(stdout) && stdout !== before ? stdout : undefined;
    });
    t.is(await bootsTo(world, 'd1'), 'running');

    await world.run('tlxc-attach', '-n', 'd1', '--', 'systemctl', 'poweroff');
    await eventually(
      60,
      async () => (await world.run('tlxc-info', '-n', 'd1', '-s', '-H')).stdout === 'STOPPED\n' || undefined,
    );
    t.is(await world.sh('ip -o link show type veth'), '');
  });
}
