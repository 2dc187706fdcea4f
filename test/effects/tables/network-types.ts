/** Keys of src/config/registry/network-types.ts. */
import type { Effect } from '../effect.ts';
import { makeNic, net, networked, onBridge, onNic, refusal, start, stop } from '../networks.ts';
import { planned } from '../planned.ts';

const macvlan = [...networked, 'macvlan'] as const;
const ipvlan = [...networked, 'ipvlan'] as const;

const veth: readonly Effect[] = [
  {
    key: 'lxc.net.[i].veth.pair',
    needs: networked,
    seen: async (t, world) => {
      await start(world, net('veth', 'veth.pair = out0'));
      await world.sh('ip link show out0');
      await stop(world);
      await world.furnish('ip link add out0 type veth peer name out1');
      const said = await refusal(world, net('veth', 'veth.pair = out0'));
      t.regex(
        said,
        /out0 \(RTM_NEWLINK\(veth\)\): file already exists\n {2}at \S+ \(lxc\.net\.0\.veth\.pair\)/,
      );
    },
  },
  {
    key: 'lxc.net.[i].veth.mode',
    needs: networked,
    seen: async (t, world) => {
      await makeNic(world);
      // The host answers for a gateway only if it knows a way to it, as one with a default route does.
      await world.furnish('ip addr add 10.8.0.1/24 dev nic0; ip route add default via 10.8.0.2');
      const addresses = ['ipv4.address = 10.7.0.2/32', 'ipv4.gateway = 169.254.0.1'];
      const { inside } = await start(
        world,
        net('veth', 'veth.mode = router', 'veth.pair = out0', ...addresses),
      );
      t.regex(await world.sh('ip route'), /^10\.7\.0\.2 dev out0 scope link/m);
      t.regex(await world.sh('ip neigh show proxy'), /^169\.254\.0\.1 dev out0 .*proxy/m);
      await inside('ping -c 1 -W 5 10.8.0.1');
      await stop(world);
      const six = ['ipv6.address = fd07::2/128', 'ipv6.gateway = fe80::1'];
      const said = await refusal(world, net('veth', 'veth.mode = router', ...six));
      t.regex(
        said,
        /\(lxc\.net\.0\.ipv6\.gateway\)\n {2}hint: .*sysctl -w net\/ipv6\/conf\/all\/forwarding=1/,
      );
    },
  },
  ...(['rx', 'tx'] as const).map((direction): Effect => ({
    key: `lxc.net.[i].veth.n_${direction}queues`,
    needs: networked,
    seen: async (t, world) => {
      const { inside } = await start(world, net('veth', 'veth.pair = out0', `veth.n_${direction}queues = 3`));
      t.is(await inside(`ls -d /sys/class/net/eth0/queues/${direction}-* | wc -l`), '3');
      t.is(await world.sh(`ls -d /sys/class/net/out0/queues/${direction}-* | wc -l`), '3\n');
    },
  })),
  ...(['ipv4', 'ipv6'] as const).map((family): Effect => {
    const [route, show] = family === 'ipv4' ? ['10.9.0.0/16', 'ip route'] : ['fd09::/64', 'ip -6 route'];
    return {
      key: `lxc.net.[i].veth.${family}.route`,
      needs: networked,
      seen: async (t, world) => {
        await start(world, net('veth', 'veth.pair = out0', `veth.${family}.route = ${route}`));
        t.true((await world.sh(show)).includes(`${route} dev out0`));
        await stop(world);
        t.false((await world.sh(show)).includes(route));
      },
    };
  }),
  {
    key: 'lxc.net.[i].veth.vlan.id',
    needs: [...networked, 'vlanfilter'],
    seen: async (t, world) => {
      await onBridge(world);
      const said = await refusal(world, net('veth', 'link = br0', 'veth.vlan.id = 5'));
      t.regex(
        said,
        /\(lxc\.net\.0\.veth\.vlan\.id\)\n {2}hint: .*ip link set br0 type bridge vlan_filtering 1/,
      );
      await world.sh('ip link set br0 type bridge vlan_filtering 1');
      const vlans = async (value: string): Promise<string> => {
        await start(world, net('veth', 'link = br0', 'veth.pair = out0', `veth.vlan.id = ${value}`));
        const shown = await world.sh('bridge vlan show dev out0');
        await stop(world);
        return shown;
      };
      t.regex(await vlans('5'), /out0 +5 PVID Egress Untagged\s*$/);
      t.notRegex(await vlans('none'), /\d PVID/);
    },
  },
  {
    key: 'lxc.net.[i].veth.vlan.tagged.id',
    needs: [...networked, 'vlanfilter'],
    seen: async (t, world) => {
      await world.furnish('ip link add br0 type bridge vlan_filtering 1');
      const tagged = ['veth.vlan.tagged.id = 7', 'veth.vlan.tagged.id = 8'];
      await start(world, net('veth', 'link = br0', 'veth.pair = out0', ...tagged));
      t.regex(await world.sh('bridge vlan show dev out0'), /out0 +1 PVID Egress Untagged\s+7\s+8\s*$/);
    },
  },
];

const stacked: readonly Effect[] = [
  {
    key: 'lxc.net.[i].macvlan.mode',
    needs: macvlan,
    seen: async (t, world) => {
      await makeNic(world);
      for (const mode of ['private', 'vepa', 'bridge', 'passthru']) {
        const lines = ['link = nic0', `macvlan.mode = ${mode}`, 'ipv4.address = 10.6.0.2/24'];
        const { inside, pid } = await start(world, net('macvlan', ...lines));
        const shown = await world.sh(`nsenter -t ${pid} -n ip -d -o link show eth0`);
        t.regex(shown, new RegExp(` macvlan mode ${mode} `));
        await inside('ping -c 1 -W 5 10.6.0.1');
        await stop(world);
      }
    },
  },
  {
    key: 'lxc.net.[i].ipvlan.mode',
    needs: ipvlan,
    seen: async (t, world) => {
      await makeNic(world);
      // In the modes of layer 3 nobody asks for addresses, or answers.
      await world.sh(
        'mac() { ip -o link show $1 | sed "s,.*link/ether ,,; s, .*,,"; }; ip neigh replace 10.6.0.2 lladdr $(mac nic0) dev far0; ip neigh replace 10.6.0.1 lladdr $(mac far0) dev nic0',
      );
      for (const mode of ['l2', 'l3', 'l3s']) {
        const lines = ['link = nic0', `ipvlan.mode = ${mode}`, 'ipv4.address = 10.6.0.2/24'];
        const { inside, pid } = await start(world, net('ipvlan', ...lines));
        const shown = await world.sh(`nsenter -t ${pid} -n ip -d -o link show eth0`);
        t.regex(shown, new RegExp(` ipvlan +mode ${mode} bridge `));
        await inside('ping -c 1 -W 5 10.6.0.1');
        await stop(world);
      }
    },
  },
  {
    key: 'lxc.net.[i].ipvlan.isolation',
    needs: ipvlan,
    seen: async (t, world) => {
      await makeNic(world);
      for (const isolation of ['bridge', 'private', 'vepa']) {
        const { pid } = await start(world, net('ipvlan', 'link = nic0', `ipvlan.isolation = ${isolation}`));
        const shown = await world.sh(`nsenter -t ${pid} -n ip -d -o link show eth0`);
        t.regex(shown, new RegExp(` ipvlan +mode l3 ${isolation} `));
        await stop(world);
      }
    },
  },
  {
    key: 'lxc.net.[i].vlan.id',
    needs: [...networked, 'vlan'],
    seen: async (t, world) => {
      const { inside, pid } = await onNic(world, 'vlan', 'vlan.id = 5', 'ipv4.address = 10.65.0.2/24');
      t.regex(await world.sh(`nsenter -t ${pid} -n ip -d -o link show eth0`), / vlan protocol 802\.1Q id 5 /);
      await world.furnish(
        'ip link add link far0 name far0.5 type vlan id 5; ip addr add 10.65.0.1/24 dev far0.5; ip link set far0.5 up',
      );
      await inside('ping -c 1 -W 5 10.65.0.1');
    },
  },
];

/** What kernels without these devices can show of their keys. */
const inPlans: readonly Effect[] = (
  [
    ['veth', 'veth.vlan.id = 5', { vlan: { value: 5 } }],
    ['veth', 'veth.vlan.tagged.id = 7', { taggedVlans: [{ value: 7 }] }],
    ['ipvlan', 'ipvlan.mode = l3s', { mode: 'l3s' }],
    ['ipvlan', 'ipvlan.isolation = vepa', { isolation: 'vepa' }],
    ['vlan', 'vlan.id = 5', { id: { value: 5 } }],
  ] as const
).map(([type, line, device]) => ({
  key: `lxc.net.[i].${line.split(' ')[0] ?? ''}`,
  where: 'in the plan',
  needs: ['root'],
  seen: (t, world) => {
    const { interfaces } = planned(world, net(type, 'link = nic0', line)).plan;
    t.like(interfaces[0]?.device, device);
    return Promise.resolve();
  },
}));

export const networkTypes: readonly Effect[] = [...veth, ...stacked, ...inPlans];
