/** Keys of src/config/registry/network.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addNeighbour, bridged, inside, lookUp, on, startNeighbour } from '../../network/neighbours.ts';
import { addDebian } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { makeUser, openTun } from '../../rig/user.ts';
import type { Effect } from '../effect.ts';
import type { Outcome } from '../../rig/process.ts';
import {
  makeBridge,
  makeNic,
  net,
  networked,
  onBridge,
  recorded,
  recorder,
  refusal,
  start,
  stop,
} from '../networks.ts';
import { networkTypes } from './network-types.ts';

const common: readonly Effect[] = [
  {
    key: 'lxc.net.[i].type',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await start(world, [
        ...net('veth', 'veth.pair = out0'),
        'lxc.net.7.type = veth',
        'lxc.net.3.type = empty',
      ]);
      t.is(await inside('ls /sys/class/net'), 'eth0\neth1\nlo');
      t.regex(await world.sh('ip -d -o link show out0'), / veth /);
    },
  },
  {
    key: 'lxc.net.[i].flags',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await start(world, [...net('veth'), 'lxc.net.1.type = veth']);
      t.regex(await inside('ip -o link show eth0'), /[<,]UP[,>]/);
      t.notRegex(await inside('ip -o link show eth1'), /[<,]UP[,>]/);
    },
  },
  {
    key: 'lxc.net.[i].link',
    needs: networked,
    seen: async (t, world) => {
      await onBridge(world, 'veth.pair = out0');
      t.regex(await world.sh('ip -o link show out0'), /master br0 state UP/);
      const said = await refusal(world, net('veth', 'link = br9'));
      t.regex(said, /there is no network interface br9 .*\n {2}at \S+ \(lxc\.net\.0\.link\)\n {2}hint: /);
    },
  },
  {
    key: 'lxc.net.[i].name',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await start(world, [
        ...net('veth', 'name = eth1', 'hwaddr = 10:66:6a:00:00:01'),
        'lxc.net.1.type = veth',
        'lxc.net.2.type = veth',
        'lxc.net.2.name = lan%d',
        'lxc.net.3.type = veth',
      ]);
      t.is(await inside('ls /sys/class/net'), 'eth0\neth1\neth2\nlan0\nlo');
      t.is(await inside('cat /sys/class/net/eth1/address'), '10:66:6a:00:00:01');
    },
  },
  {
    key: 'lxc.net.[i].hwaddr',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await start(world, net('veth', 'hwaddr = 10:66:6a:00:00:xx'));
      const drawn = await inside('cat /sys/class/net/eth0/address');
      t.regex(drawn, /^10:66:6a:00:00:[0-9a-f]{2}$/);
    },
  },
  {
    key: 'lxc.net.[i].mtu',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await onBridge(world, 'mtu = 1300', 'veth.pair = out0');
      t.is(await inside('cat /sys/class/net/eth0/mtu'), '1300');
      t.regex(await world.sh('ip -o link show out0'), / mtu 1300 /);
      await start(world, net('veth', 'link = br0'));
      t.is(await inside('cat /sys/class/net/eth0/mtu'), '1400', "unset, it is the bridge's");
    },
  },
  {
    key: 'lxc.net.[i].ipv4.address',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await onBridge(
        world,
        'ipv4.address = 10.5.0.2/24',
        'ipv4.address = 10.5.7.1/30 10.5.7.3',
        'ipv4.address = 192.168.9.1',
      );
      const shown = await inside('ip -4 -o addr show eth0');
      t.regex(shown, /10\.5\.0\.2\/24 brd 10\.5\.0\.255/);
      t.regex(shown, /10\.5\.7\.1\/30 brd 10\.5\.7\.3/);
      t.regex(shown, /192\.168\.9\.1\/24 brd 192\.168\.9\.255/, 'the class says the prefix');
      await inside('ping -c 1 -W 5 10.5.0.1');
    },
  },
  {
    key: 'lxc.net.[i].ipv6.address',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await onBridge(world, 'ipv6.address = fd05::2', 'ipv6.address = fd77::1/48');
      const shown = await inside('ip -6 -o addr show eth0');
      t.regex(shown, /fd05::2\/64 scope global/);
      t.regex(shown, /fd77::1\/48 scope global/);
      await inside('for i in 1 2 3 4 5; do ping -c 1 -W 1 fd05::1 && exit; sleep 1; done; exit 1');
    },
  },
  {
    key: 'lxc.net.[i].ipv4.gateway',
    needs: networked,
    seen: async (t, world) => {
      const routes = async (...lines: readonly string[]): Promise<string> => {
        const { inside } = await start(
          world,
          net('veth', 'link = br0', 'ipv4.address = 10.5.0.2/24', ...lines),
        );
        const shown = await inside('ip -4 route');
        await stop(world);
        return shown;
      };
      await makeBridge(world);
      t.regex(await routes('ipv4.gateway = 10.5.0.9'), /^default via 10\.5\.0\.9 dev eth0/m);
      t.regex(await routes('ipv4.gateway = auto'), /^default via 10\.5\.0\.1 dev eth0/m);
      t.regex(await routes('ipv4.gateway = dev'), /^default dev eth0/m);
      const far = await routes('ipv4.gateway = 172.20.0.1');
      t.regex(far, /^172\.20\.0\.1 dev eth0/m, 'a gateway elsewhere is reached first');
      t.regex(far, /^default via 172\.20\.0\.1 dev eth0/m);
    },
  },
  {
    key: 'lxc.net.[i].ipv6.gateway',
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await onBridge(world, 'ipv6.address = fd05::2/64', 'ipv6.gateway = auto');
      t.regex(await inside('ip -6 route'), /^default via fd05::1 dev eth0/m);
      await start(world, net('veth', 'link = br0', 'ipv6.address = fd05::2/128', 'ipv6.gateway = fd99::1'));
      const far = await inside('ip -6 route');
      t.regex(far, /^fd99::1 dev eth0/m);
      t.regex(far, /^default via fd99::1 dev eth0/m);
    },
  },
  {
    key: 'lxc.net.[i].l2proxy',
    needs: networked,
    seen: async (t, world) => {
      await makeNic(world);
      const set = (value: number): Promise<string> =>
        world.sh(
          `for f in ipv4/conf/nic0/forwarding ipv6/conf/nic0/forwarding ipv6/conf/nic0/proxy_ndp; do echo ${value} >/proc/sys/net/$f; done`,
        );
      const routed = ['link = nic0', 'veth.mode = router', 'veth.pair = out0', 'l2proxy = 1'];
      const lines = net('veth', ...routed, 'ipv4.address = 10.6.0.7/32', 'ipv6.address = fd06::7/128');
      // A new namespace has those of the first one, where another program may have switched them on.
      await set(0);
      const said = await refusal(world, lines);
      t.regex(said, /\(lxc\.net\.0\.l2proxy\)\n {2}hint: .*sysctl -w net\/ipv4\/conf\/nic0\/forwarding=1/);
      await set(1);
      await start(world, lines);
      const proxies = await world.sh('ip neigh show proxy; ip -6 neigh show proxy');
      t.regex(proxies, /^10\.6\.0\.7 dev nic0 .*proxy/m);
      t.regex(proxies, /^fd06::7 dev nic0 .*proxy/m);
      await stop(world);
      t.is(await world.sh('ip neigh show proxy; ip -6 neigh show proxy'), '');
    },
  },
  {
    key: 'lxc.net.[i].script.up',
    needs: networked,
    seen: async (t, world) => {
      const up = `script.up = ${recorder(world, 'up')} own`;
      await onBridge(world, 'veth.pair = out0', up);
      const told = recorded(world, 'up');
      t.regex(told, /^own c1 net up veth br0 out0$/m);
      t.regex(told, /^LXC_NAME=c1$/m);
      t.regex(told, /^LXC_PID=\d+$/m);
      await start(world, [...net('veth', 'link = br0', 'veth.pair = out0', up), 'lxc.hook.version = 1']);
      const told1 = recorded(world, 'up');
      t.regex(told1, /^own veth br0 out0$/m);
      const variables =
        'LXC_HOOK_TYPE=up LXC_HOOK_SECTION=net LXC_NET_TYPE=veth LXC_NET_PARENT=br0 LXC_NET_PEER=out0';
      for (const each of variables.split(' ')) t.true(told1.includes(`${each}\n`), each);
      await stop(world);
      const failing = recorder(world, 'failing', 'exit 3');
      const said = await refusal(
        world,
        net('veth', 'link = br0', 'veth.pair = out0', `script.up = ${failing}`),
      );
      t.regex(
        said,
        /the script\.up hook failed \(exit 3\): \S+failing\.sh\n {2}at \S+ \(lxc\.net\.0\.script\.up\)/,
      );
      t.notRegex(await world.sh('ip -o link'), /out0/);
    },
  },
  {
    key: 'lxc.net.[i].script.down',
    needs: networked,
    seen: async (t, world) => {
      await onBridge(world, 'veth.pair = out0', `script.down = ${recorder(world, 'down')}`);
      t.false(existsSync(join(world.dir, 'down')));
      await stop(world);
      const told = recorded(world, 'down');
      t.regex(told, /^c1 net down veth br0 out0$/m);
      t.regex(told, /^LXC_NET_NS=\/proc\/\d+\/fd\/\d+$/m);
    },
  },
  {
    key: 'tlxc.net.[i].ipv4.lease',
    needs: bridged,
    seen: async (t, world) => {
      addNeighbour(world, 'c1', ['tlxc.net.0.ipv4.lease = 10.0.4.77']);
      t.is(await startNeighbour(world, 'c1'), '10.0.4.77');
      t.is(await lookUp(world, '10.0.4.77'), 'c1.tlxc');
    },
  },
  {
    key: 'tlxc.net.[i].ipv4.static',
    needs: bridged,
    seen: async (t, world) => {
      const lines = ['tlxc.net.0.ipv4.lease = 10.0.4.78', 'tlxc.net.0.ipv4.static = 1'];
      addNeighbour(world, 'c1', lines);
      await world.sh('tlxc-start -n c1');
      t.regex(await inside(world, 'c1', 'ip -4 addr show eth0'), /inet 10\.0\.4\.78\/24 brd 10\.0\.4\.255/);
      t.regex(await inside(world, 'c1', 'ip route'), /default via 10\.0\.4\.1/);
      await inside(world, 'c1', 'ping -c 1 -W 5 10.0.4.1');
      t.is(await lookUp(world, '10.0.4.78'), 'c1.tlxc');
    },
  },
  {
    key: 'tlxc.net.[i].type',
    needs: ['root', 'userns', 'overlay', 'users', 'busybox', 'passt'],
    seen: async (t, world) => {
      const said = await refusal(world, ['lxc.net.0.type = veth', 'tlxc.net.0.type = passt']);
      t.regex(said, /tlxc\.net\.0\.type = passt: it is for containers of plain users; root has the bridge/);
      const user = await makeUser(t);
      await openTun(t, user);
      await user.sh(`printf '%s\\n' 'tlxc.net.0.type = passt' 'lxc.init.cmd = /bin/sleep 1000' > seed
        tlxc-create -n c1 -f seed -t busybox`);
      await user.sh('tlxc-start -n c1 2> /dev/null');
      const shown = await user.sh("tlxc-attach -n c1 -- sh -c 'ip addr show eth0; ip route; ip -6 route'");
      for (const there of [/mtu 65520/, /inet 10\.0\.2\.15\/24/, /inet6 fd00:746c:7863::15\/64/])
        t.regex(shown, there);
      for (const way of [/default via 10\.0\.2\.2/, /default via fe80::1/]) t.regex(shown, way);
      await user.sh('tlxc-stop -k -n c1');
      const own = ['name = net7', 'hwaddr = 10:66:6a:00:00:07', 'mtu = 1400', 'ipv4.address = 10.9.0.7/16'];
      const lines = [...own, 'ipv4.gateway = 10.9.0.1'].map((line) => `lxc.net.0.${line}`);
      await user.sh(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} >> .local/share/tlxc/c1/config
        tlxc-start -n c1 2>&1`);
      const chosen = await user.sh("tlxc-attach -n c1 -- sh -c 'ip addr show net7; ip route'");
      for (const there of [/mtu 1400/, /10:66:6a:00:00:07/, /inet 10\.9\.0\.7\/16/, /via 10\.9\.0\.1/])
        t.regex(chosen, there);
      await user.sh('tlxc-stop -k -n c1');
    },
  },
  {
    key: 'tlxc.net.[i].filter',
    needs: bridged,
    seen: async (t, world) => {
      addNeighbour(world, 'c1', ['tlxc.net.0.filter = mac']);
      addNeighbour(world, 'c2');
      for (const name of ['c1', 'c2']) await startNeighbour(world, name);
      const own = await inside(world, 'c1', 'cat /sys/class/net/eth0/address');
      const other = await inside(world, 'c2', 'cat /sys/class/net/eth0/address');
      const whose = () => world.sh(`bridge fdb show br tlxcbr0 | grep ^${other}`);
      const before = await whose();
      const ping = 'ping -c 1 -W 1 10.0.4.1 >/dev/null 2>&1; echo $?';
      const as = (name: string, mac: string) =>
        inside(world, name, `ip link set eth0 address ${mac}; ${ping}`);
      t.is(await inside(world, 'c1', ping), '0');
      t.is(await as('c1', other), '1', 'as its neighbour');
      t.is(await whose(), before, 'which is where it was');
      t.is(await as('c1', '02:00:00:00:77:77'), '1', 'as nobody');
      t.is(await as('c1', own), '0');
      t.is(await as('c2', '02:00:00:00:77:77'), '0', 'who is not filtered');
      await as('c2', own);
      t.is(await inside(world, 'c1', ping), '0', 'another takes its address, and not what is for it');
      const said = await refusal(world, ['lxc.net.0.type = veth', 'tlxc.net.0.filter = mac']);
      t.regex(said, /tlxc\.net\.0\.filter: a bridge looks at the frames: it needs lxc\.net\.0\.link/);
    },
  },
  {
    key: 'tlxc.net.[i].ipv6.lease',
    needs: [...bridged, 'debian'],
    seen: async (t, world) => {
      await world.sh('echo "tlxc.bridge.ipv6 = fd44::1/64" >> $TLXC_CONF');
      const config = ['common', 'userns'].map(
        (which) => `lxc.include = /usr/share/tlxc/config/debian.${which}.conf`,
      );
      addDebian(world, 'c1', { config: [...config, ...on('tlxcbr0'), 'tlxc.net.0.ipv6.lease = fd44::77'] });
      await world.sh('tlxc-start -n c1');
      const shown = 'tlxc-attach -n c1 -- ip -6 -o addr show eth0 scope global';
      await eventually(60, async () => ((await world.sh(shown)).includes('fd44::77/') ? true : undefined));
      t.is(await lookUp(world, 'fd44::77'), 'c1.tlxc');
    },
  },
];

const reached: readonly Effect[] = [
  {
    key: 'tlxc.net.[i].forward',
    needs: networked,
    seen: async (t, world) => {
      await makeBridge(world);
      const forward = 'tlxc.net.0.forward = tcp 10.5.0.1:8080 -> 80';
      const { inside } = await start(world, [...net('empty'), forward]);
      await inside('mkdir -p /www; echo found > /www/index.html; httpd -h /www');
      const talk =
        'exec 3<>/dev/tcp/10.5.0.1/8080 || exit 2; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3';
      const get = (): Promise<Outcome> => world.run('bash', '-c', talk);
      t.regex((await get()).stdout, /found\n$/);
      await stop(world);
      t.is((await get()).code, 2);
      const said = await refusal(world, [...net('empty'), forward.replace('10.5.0.1', '10.99.0.1')]);
      t.regex(
        said,
        /10\.99\.0\.1:8080 \(bind\): .*\n {2}at \S+ \(tlxc\.net\.0\.forward\)\n {2}hint: no interface/,
      );
    },
  },
];

export const network: readonly Effect[] = [...common, ...reached, ...networkTypes];
