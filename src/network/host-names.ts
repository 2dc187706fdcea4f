/**
 * tlxc.bridge.host.names: containers' names resolve on the host, too. systemd-resolved is asked where it runs, else
 * resolvconf where it is installed, else /etc/resolv.conf names the bridge's DNS.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { startProgram } from '../host/program.ts';
import { readableText } from '../readable-text.ts';
import { removeFile } from '../remove-file.ts';
import { GATEWAY, otherServers } from './dnsmasq.ts';
import type { NetworkPlaces } from './places.ts';
import { addServer, FAILED, hasServer, removeServer, whyNotOurs } from './resolv-conf.ts';
import { reverseZones } from './reverse-zones.ts';
import { addressesOf, type BridgeSettings } from './settings.ts';
import { runTool } from './tool.ts';

/** Whether programs of the host find containers by their names (tlxc.bridge.host.names). */
export interface HostNames {
  /** The setting. */
  readonly wanted: boolean;
  /** What asks the bridge's DNS on this host. */
  readonly by: HostResolver;
  /** Seen: a name that only the bridge's DNS knows has its address. */
  readonly works: boolean;
  /** "" where it works, or is not wanted. */
  readonly why: string;
}

/** What answers programs of the host that ask for names. */
export type HostResolver = 'systemd-resolved' | 'resolvconf' | '/etc/resolv.conf';

/** Where it listens while it runs; the file stays. */
const RESOLVED = '/run/systemd/resolve/io.systemd.Resolve';
/** Before those of other interfaces, in Debian's order. */
const RESOLVCONF_RECORD = 'lo.tlxc';
/** Begins the record of an attempt that failed; why follows. */
const UNTOLD = 'untold: ';
/** A resolver that does not answer takes five seconds for each server. */
const PATIENCE_S = 4;

/** systemd has a program of the name, which only speaks to systemd-resolved. */
function hasResolvconf(): boolean {
  const path = ['/usr/sbin/resolvconf', '/sbin/resolvconf', '/usr/bin/resolvconf'].find((each) =>
    existsSync(each),
  );
  return path !== undefined && !realpathSync(path).endsWith('resolvectl');
}

function resolvedRuns(): Promise<boolean> {
  // Loaded here: most runs of a command ask nothing of the sort, and it takes 2 ms.
  const socket = process.getBuiltinModule('node:net').connect(RESOLVED);
  return new Promise((resolve) => {
    const settle = (runs: boolean) => () => {
      socket.destroy();
      resolve(runs);
    };
    socket.on('connect', settle(true)).on('error', settle(false));
    socket.setTimeout(PATIENCE_S * 1000, settle(false));
  });
}

async function choose(): Promise<HostResolver> {
  if (await resolvedRuns()) return 'systemd-resolved';
  return hasResolvconf() ? 'resolvconf' : '/etc/resolv.conf';
}

const recordFile = ({ run }: NetworkPlaces): string => join(run, 'host-names');

const recorded = (places: NetworkPlaces): string => readableText(recordFile(places));

/** Only what concerns the bridge is asked of it: its domain, and its addresses. */
async function tellResolved(settings: BridgeSettings): Promise<void> {
  const { name, domain, ipv4, ipv6 } = settings;
  const resolvectl = (...words: readonly string[]) => runTool(['resolvectl', ...words], FAILED);
  await resolvectl('dns', name, ...addressesOf(settings));
  const zones = [ipv4, ipv6].flatMap((own) => (own ? reverseZones(own) : []));
  await resolvectl('domain', name, ...[domain, ...zones].map((zone) => `~${zone}`));
  await resolvectl('default-route', name, 'no');
  // Nobody has signed the names of containers.
  await resolvectl('dnssec', name, 'no');
}

const how: Readonly<Record<HostResolver, (settings: BridgeSettings) => Promise<unknown>>> = {
  'systemd-resolved': tellResolved,
  resolvconf: (settings) =>
    runTool(
      ['resolvconf', '-a', RESOLVCONF_RECORD],
      FAILED,
      addressesOf(settings)
        .map((address) => `nameserver ${address}\n`)
        .join(''),
    ),
  '/etc/resolv.conf': (settings) => {
    addServer(addressesOf(settings)[0] ?? '');
    return Promise.resolve();
  },
};

const writeRecord = (places: NetworkPlaces, text: string): void =>
  writeFileAtomically(recordFile(places), text, { mode: 0o600 });

/**
 * Idempotent; with the switch off what an earlier run has told is taken back. Throws TLXC_E_NETWORK, which is noted: no start of a
 * container tries again.
 */
export async function tellHost(settings: BridgeSettings, places: NetworkPlaces): Promise<void> {
  if (!settings.hostNames) return untellHost(settings, places);
  try {
    await tellWanted(settings, places);
  } catch (error) {
    if (error instanceof TlxcError) noteUntold(error, places);
    throw error;
  }
}

function noteUntold({ details: { message, errno } }: TlxcError, places: NetworkPlaces): void {
  // What another program was told before is still to be taken back.
  if (['systemd-resolved', 'resolvconf'].includes(recorded(places))) return;
  const why = message.replace(`${FAILED}: `, '');
  writeRecord(places, `${UNTOLD}${why}${errno ? `: ${errnoWords(errno)}` : ''}`);
}

async function tellWanted(settings: BridgeSettings, places: NetworkPlaces): Promise<void> {
  if (settings.domain === '' || addressesOf(settings).length === 0) {
    const what = settings.domain === '' ? 'a domain (tlxc.bridge.domain)' : 'a bridge with an address';
    const message = `${FAILED}: that needs ${what}`;
    throw new TlxcError({ code: 'TLXC_E_NETWORK', message, hint: 'or set tlxc.bridge.host.names = 0' });
  }
  if (otherServers(places) !== null) {
    await untellHost(settings, places);
    const message = `${FAILED}: the bridge does not serve them, since port 53 is somebody else's`;
    throw new TlxcError({ code: 'TLXC_E_NETWORK', message, hint: 'or set tlxc.bridge.host.names = 0' });
  }
  const way = await choose();
  if (recorded(places) !== '' && recorded(places) !== way) await untellHost(settings, places);
  await how[way](settings);
  writeRecord(places, way);
}

/** Before the bridge goes, or its DNS: nobody shall ask it any more. */
export async function untellHost({ name }: BridgeSettings, places: NetworkPlaces): Promise<void> {
  const way = recorded(places);
  if (way === 'systemd-resolved' && (await resolvedRuns()) && existsSync(`/sys/class/net/${name}`))
    await runTool(['resolvectl', 'revert', name], FAILED);
  if (way === 'resolvconf' && hasResolvconf()) await runTool(['resolvconf', '-d', RESOLVCONF_RECORD], FAILED);
  // Without a record, too: the host may have crashed since.
  removeServer();
  removeFile(recordFile(places));
}

/** Whether somebody has taken our line away, as far as that costs nothing to see. What could not be told once is left to tlxc-net start. */
export function hostSeemsTold(settings: BridgeSettings, places: NetworkPlaces): boolean {
  if (!settings.hostNames) return true;
  const way = recorded(places);
  return way === '/etc/resolv.conf' ? hasServer(addressesOf(settings)[0] ?? '') : way !== '';
}

/** What the host's own resolver says, as any program there would hear it. */
async function resolves({ domain, ipv4, ipv6 }: BridgeSettings): Promise<boolean> {
  const lines: string[] = [];
  const argv = ['timeout', String(PATIENCE_S), 'getent', 'ahosts', `${GATEWAY}.${domain}`];
  await startProgram(argv, { stdout: (line) => void lines.push(line) }).ended;
  const found = lines.map((line) => line.split(/\s+/)[0]);
  return [ipv4, ipv6].some((own) => own !== null && found.includes(own.address));
}

function whyNot(settings: BridgeSettings, places: NetworkPlaces, by: HostResolver): string {
  if (by === '/etc/resolv.conf') {
    const why = whyNotOurs();
    if (why !== '') return why;
    if (recorded(places) === by && !hostSeemsTold(settings, places))
      return 'somebody has rewritten /etc/resolv.conf since';
  }
  if (recorded(places).startsWith(UNTOLD)) return recorded(places).slice(UNTOLD.length);
  if (recorded(places) === '') return 'the host was not told of them';
  return `${by} was told of them, and the host does not find ${GATEWAY}.${settings.domain}`;
}

export async function hostNamesState(settings: BridgeSettings, places: NetworkPlaces): Promise<HostNames> {
  const { hostNames: wanted } = settings;
  const by = await choose();
  if (!wanted) return { wanted, by, works: false, why: '' };
  // Nobody could answer: that takes seconds to find out.
  const works = otherServers(places) === null && (await resolves(settings));
  return { wanted, by, works, why: works ? '' : whyNot(settings, places, by) };
}
