/** A shell stands in a directory that somebody has removed: what is named by absolute paths is done, and nothing else is found. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

async function lost(t: ExecutionContext) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const line = (command: string) => `mkdir $HOME/gone; cd $HOME/gone; rmdir $HOME/gone; ${command}`;
  return { world, line };
}

rooted('a container lives its life as from elsewhere', async (t) => {
  const { world, line } = await lost(t);
  t.is(
    await world.sh(
      line(
        'tlxc-start u1 -s lxc.uts.name=lost; tlxc-attach u1 -- sh -c "hostname; pwd"; tlxc-ls -1; tlxc-stop -k u1',
      ),
    ),
    'lost\n/\nu1\n',
  );
  await world.sh(line('tlxc-copy -n u1 -N u2; tlxc-export -q u2 $HOME/u2.tar; tlxc-destroy u2'));
  await world.sh(line('tlxc-import -N u2 $HOME/u2.tar'));
  t.is(await world.sh('tlxc-ls -1'), 'u1\nu2\n');
});

rooted(
  'a relative path leads to nothing, least of all to what another directory has of that name',
  async (t) => {
    const { world, line } = await lost(t);
    writeFileSync(join(world.dir, 'other.conf'), 'lxc.uts.name = other\n');
    const { code, stderr } = await world.run('sh', '-c', line('tlxc-start u1 -f other.conf'));
    t.is(code, 1);
    t.regex(
      stderr,
      /^ +.*other\.conf.*no such file\n +hint: the directory that this was asked in has been removed: /m,
    );
  },
);
