/** tlxc-net: the bridge service by hand or from an init system; the words of LXC's lxc-net, and status. */
import { raiseContainersBridge } from '../container/network/bridge.ts';
import { lost, owned } from '../network/doctor.ts';
import { namesLost } from '../network/served-names.ts';
import type { BridgeStatus } from '../network/service.ts';
import { bridgeStatus, stopBridge } from '../network/service.ts';
import { bridgeSettings, type BridgeSettings } from '../network/settings.ts';
import { USERNET, userBridgeStatus, type UserBridgeStatus } from '../network/user-bridge.ts';
import { TlxcError } from '../errors.ts';
import { probeHost } from '../host/probe.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';
import { tellError, warner } from './tell.ts';
import { usageError } from './usage.ts';

type Action = (invocation: Invocation, context: CommandContext) => Promise<number>;

/** LSB: the program is not running. */
const NOT_RUNNING = 3;
/** lxc-net's, for a word it does not know. */
const USAGE = 2;

const start: Action = async (invocation, context) => {
  const { system, lxcpath, quiet, options } = invocation;
  const warn = warner(invocation, context);
  const untold: string[] = [];
  await raiseContainersBridge({ system, lxcpath }, (text) => void untold.push(text));
  const status = await bridgeStatus(system);
  if (options['json'] === true) context.stdout.write(jsonText(status));
  else if (!quiet) context.stdout.write(`${status.bridge} is up: ${status.addresses.join(', ')}\n`);
  for (const line of [...untold, ...warnings(status)]) warn(line);
  return 0;
};

const stop: Action = async ({ system, quiet }, { stderr, program }) => {
  const ports = await stopBridge(system);
  if (ports.length > 0 && !quiet) {
    stderr.write(
      `${program}: the bridge stays, without addresses and down: still connected are ${ports.join(', ')}\n`,
    );
  }
  return 0;
};

const restart: Action = async (invocation, context) =>
  (await stop(invocation, context)) || start(invocation, context);

/** What it lacks of a bridge that serves containers. */
function lacks({ link, addresses, dnsmasqPid, rules }: BridgeStatus): string {
  const parts = [
    addresses.length === 0 && 'its addresses',
    dnsmasqPid === null && 'DHCP and DNS',
    !rules && 'its firewall rules',
  ].filter((part) => part !== false);
  return link === 'up' && parts.length > 0 ? `without ${parts.join(', ')}` : link;
}

type Row = readonly [label: string, value: string];

/** A user sees what the kernel shows everybody, and what of it is the user's. */
function usersRows({ bridge, link, addresses, allowed, used, passt }: UserBridgeStatus): Row[] {
  return [
    ['Bridge', `${bridge} ${link}`],
    ...addresses.map((address) => ['Address', address] as const),
    ['Interfaces', allowed === 0 ? `none (${USERNET})` : `${used} of ${allowed} (${USERNET})`],
    ['Without it', passt === '' ? 'tlxc.net.N.type = passt' : passt],
  ];
}

function usersStatus(invocation: Invocation, context: CommandContext): number {
  const state = userBridgeStatus(invocation.system);
  context.stdout.write(invocation.options['json'] ? jsonText(state) : aligned(usersRows(state)));
  if (state.up) return 0;
  const message = `${state.user} can have no container on the bridge ${state.bridge}: ${state.obstacle}`;
  tellError(
    new TlxcError({ code: 'TLXC_E_NETWORK', message, hint: `as root: ${state.remedy}` }),
    invocation,
    context,
  );
  return NOT_RUNNING;
}

const status: Action = async (invocation, context) => {
  const { system, options } = invocation;
  if (probeHost().user !== null) return usersStatus(invocation, context);
  const state = await bridgeStatus(system);
  context.stdout.write(options['json'] ? jsonText(state) : describe(state, bridgeSettings(system)));
  if (state.up) return 0;
  const message = `the bridge ${state.bridge} is ${lacks(state)}`;
  const hint = 'tlxc-net start brings it up, and so does a start of a container of root that is on it';
  tellError(new TlxcError({ code: 'TLXC_E_NETWORK', message, hint }), invocation, context);
  return NOT_RUNNING;
};

const warnings = ({ obstacles }: BridgeStatus): string[] =>
  obstacles.map((one) => `${owned(one)} drops ${lost(one)}; mend it with: ${one.remedy}`);

/** At a start it is told by the start itself. */
function nameWarnings({ names, dnsmasqPid }: BridgeStatus, settings: BridgeSettings): string[] {
  const gone = dnsmasqPid === null ? null : namesLost(names, settings);
  return gone === null ? [] : [`${gone.found}; ${gone.mend}`];
}

function served({ dnsmasqPid, names }: BridgeStatus): string {
  if (dnsmasqPid === null) return 'not running';
  return `dnsmasq, pid ${dnsmasqPid}${names.served ? '' : ', DHCP alone'}`;
}

const onOff = (on: boolean): string => (on ? 'on' : 'off');

/** What is kept for containers, then what DHCP has given to others. */
function addressRows({ reservations, leases }: BridgeStatus): Row[] {
  const kept = reservations.flatMap(({ name, interfaces }) =>
    interfaces.map(({ mac, ipv4, ipv6, own }) => {
      const addresses = new Set([...own, ...[ipv4, ipv6].filter((each) => each !== null)]);
      return { mac, text: [name, ...addresses, mac].join(' ') };
    }),
  );
  const others = leases.filter(({ mac }) => !kept.some((one) => one.mac === mac));
  return [
    ...kept.map(({ text }) => ['Container', text] as const),
    ...others.map(({ address, mac, hostname }) => ['Lease', `${address} ${mac} ${hostname}`.trim()] as const),
  ];
}

function hostNames({ hostNames: { wanted, by, works, why } }: BridgeStatus): string {
  if (!wanted) return 'not told to the host (tlxc.bridge.host.names)';
  return works ? `resolve on the host, by ${by}` : `do not resolve on the host: ${why}`;
}

/** As tlxc-info's output is. */
const aligned = (rows: readonly Row[]): string =>
  rows.map(([label, value]) => `${`${label}:`.padEnd(16)}${value}\n`).join('');

function describe(state: BridgeStatus, settings: BridgeSettings): string {
  const { bridge, link, addresses, ports, rules, nat, forwarding } = state;
  return aligned([
    ['Bridge', `${bridge} ${link}`],
    ...addresses.map((address) => ['Address', address] as const),
    ['Ports', ports.length === 0 ? 'none' : ports.join(' ')],
    ['DHCP, DNS', served(state)],
    ...addressRows(state),
    ['Rules', rules ? `table inet tlxc, NAT ${onOff(nat)}` : 'none'],
    ['Forwarding', `IPv4 ${onOff(forwarding.ipv4)}, IPv6 ${onOff(forwarding.ipv6)}`],
    ['Host names', hostNames(state)],
    ...[...nameWarnings(state, settings), ...warnings(state)].map((line) => ['Warning', line] as const),
  ]);
}

const actions: Readonly<Record<string, Action>> = {
  start,
  stop,
  restart,
  reload: restart,
  'force-reload': restart,
  status,
};

const run: Action = (invocation, context) => {
  const [word = '', ...more] = invocation.rest;
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action !== undefined && more.length === 0) return action(invocation, context);
  if (invocation.options['json'] === true)
    throw usageError(`'${word}' is not known: ${Object.keys(actions).join(', ')}`);
  context.stderr.write(`Usage: ${context.program} {${Object.keys(actions).join('|')}}\n`);
  return Promise.resolve(USAGE);
};

export default defineCommand(
  {
    program: 'tlxc-net',
    summary: "brings the containers' bridge up and down",
    usage: `{${Object.keys(actions).join('|')}} [--json]`,
    options: [{ flags: '--json', description: 'start, restart, status: how it is, as JSON' }],
    name: 'none',
    rest: 'words',
  },
  run,
);
