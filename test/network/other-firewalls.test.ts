import type { ExecutionContext } from 'ava';
import { obstaclesIn, type Obstacle } from '../../src/network/other-firewalls.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'netns', 'nftables');

/** As iptables-nft shows Docker's. */
const docker = (mine = ''): string => `
table ip filter {
  chain DOCKER-USER {
    ${mine}
    counter return
  }
  chain DOCKER-FORWARD {
    oifname "docker0" ct state related,established counter accept
    iifname "docker0" counter accept
  }
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
    counter jump DOCKER-USER
    counter jump DOCKER-FORWARD
  }
}`;

/** As ufw's defaults: everything in is denied, but for answers. */
const ufw = (input = '', forward = ''): string => `
table ip filter {
  chain ufw-user-input { ${input} }
  chain ufw-user-forward { ${forward} }
  chain ufw-before-input {
    iifname "lo" counter accept
    ct state related,established counter accept
    udp sport 67 udp dport 68 counter accept
    counter jump ufw-user-input
  }
  chain ufw-before-forward {
    ct state related,established counter accept
    counter jump ufw-user-forward
  }
  chain INPUT { type filter hook input priority filter; policy drop; counter jump ufw-before-input; }
  chain FORWARD { type filter hook forward priority filter; policy drop; counter jump ufw-before-forward; }
}`;

/** As firewalld 1.3's: its chains accept by policy, and reject in their last rule. */
const firewalld = (zone = ''): string => `
table inet firewalld {
  chain filter_IN_public { tcp dport 22 accept; }
  chain filter_IN_trusted { accept; }
  chain filter_FWD_public { }
  chain filter_FWD_trusted { accept; }
  chain filter_INPUT_POLICIES { ${zone && 'iifname "tlxcbr0" goto filter_IN_trusted;'} goto filter_IN_public; }
  chain filter_FORWARD_POLICIES { ${zone && 'iifname "tlxcbr0" goto filter_FWD_trusted;'} goto filter_FWD_public; }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_POLICIES
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    ct state invalid drop
    jump filter_FORWARD_POLICIES
    reject with icmpx admin-prohibited
  }
}`;

async function found(t: ExecutionContext, rules: string): Promise<Obstacle[]> {
  const world = await makeWorld(t);
  await world.sh('nft -f -', { input: rules });
  const obstacles = obstaclesIn(await world.sh('nft --json list ruleset'), 'tlxcbr0');
  await world.sh('nft flush ruleset');
  return obstacles;
}

rooted('Docker: nothing is forwarded but its own', async (t) => {
  const [one, ...others] = await found(t, docker());
  t.like(one, { chain: 'ip filter FORWARD', hook: 'forward', owner: 'Docker' });
  t.is(
    one?.remedy,
    'iptables -I DOCKER-USER -i tlxcbr0 -j ACCEPT && iptables -I DOCKER-USER -o tlxcbr0 -j ACCEPT',
  );
  t.deepEqual(others, []);
  const mended = 'iifname "tlxcbr0" counter accept; oifname "tlxcbr0" counter accept;';
  t.deepEqual(await found(t, docker(mended)), []);
});

rooted('ufw: neither DHCP nor what goes beyond the host', async (t) => {
  const all = await found(t, ufw());
  t.deepEqual(
    all.map(({ owner, remedy }) => [owner, remedy]),
    [
      ['ufw', 'ufw allow in on tlxcbr0'],
      ['ufw', 'ufw route allow in on tlxcbr0 && ufw route allow out on tlxcbr0'],
    ],
  );
  const accept = 'iifname "tlxcbr0" counter accept;';
  t.deepEqual(await found(t, ufw(accept, accept)), []);
});

rooted('firewalld: a bridge of no zone', async (t) => {
  const all = await found(t, firewalld());
  t.deepEqual(
    all.map(({ owner, hook }) => [owner, hook]),
    [
      ['firewalld', 'input'],
      ['firewalld', 'forward'],
    ],
  );
  t.regex(all[0]?.remedy ?? '', /^firewall-cmd --permanent --zone=trusted --add-interface=tlxcbr0/);
  t.deepEqual(await found(t, firewalld('trusted')), []);
});

rooted('a rule for all bridges of a name, or for DHCP alone, is one', async (t) => {
  const table = (rule: string): string => `table inet mine {
    chain in { type filter hook input priority 0; policy drop; ${rule}; }
  }`;
  t.is((await found(t, table('tcp dport 22 accept'))).length, 1);
  t.is((await found(t, table('iifname != "tlxcbr0" accept'))).length, 1);
  t.deepEqual(await found(t, table('iifname "tlxc*" accept')), []);
  t.deepEqual(await found(t, table('iifname { "lo", "tlxcbr0" } accept')), []);
  t.deepEqual(await found(t, table('iifname "tlxcbr0" udp dport { 53, 67 } accept')), []);
});
