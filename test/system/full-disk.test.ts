/** A disk that is full, and what is said and left then. */
import { readdirSync } from 'node:fs';
import { imageServerSetting, serveDebian } from '../rig/images.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'debian');
const create = 'tlxc-create -t download -n u1 -- -d debian -r bookworm -a amd64';

for (const place of ['cache', 'lxc'] as const) {
  rooted.serial(`create when the filesystem of ${place} is full`, async (t) => {
    const world = await makeWorld(t, { settings: [imageServerSetting] });
    await serveDebian(t, world);
    // The download fits, what is unpacked of it does not; of the container not even its first file does.
    const size = place === 'cache' ? '100m' : '4k';
    await world.sh(`mount -t tmpfs -o size=${size} tmpfs ${place}`);
    const refused = await world.run('sh', '-c', create);
    t.is(refused.code, 1, refused.stdout);
    t.regex(refused.stderr, /^tlxc-create: .*no space left on device/im);
    t.is(await world.sh('tlxc-ls -1'), '');
    t.is(await world.sh(`find lxc -mindepth 1 ! -name '.*'`), '');
    if (place === 'cache') t.is(await world.sh('find cache -name rootfs'), '');
    await world.sh(`umount ${place}; ${create}; tlxc-destroy -n u1`);
    t.deepEqual(
      readdirSync(world.lxcpath).filter((name) => !name.startsWith('.')),
      [],
    );
  });
}
