/** How tlxc-info prints: labels, units and order as LXC has them. Pure. */
import type { MadeFrom } from '../container/info/image.ts';
import { outcomeWords, type ContainerHealth } from '../container/info/health.ts';
import type { LastExit } from '../container/info/last-exit.ts';
import type { LinkCounters } from '../container/info/inspect.ts';
import type { PendingRestart } from '../container/restart.ts';
import type { VolumeUsage } from '../storage/backend.ts';
import { printable } from './printable.ts';
import { exitWords, restartWords } from './restart-words.ts';

/** Counters of a running container; null: this host does not keep it. */
export interface Usage {
  readonly cpuNanoseconds: number | null;
  readonly blockBytes: number | null;
  readonly memoryBytes: number | null;
  readonly kernelMemoryBytes: number | null;
  readonly oomKills: number | null;
}

/** A port or socket of the host that leads into the container. */
export interface Forward {
  readonly listen: string;
  readonly connect: string;
}

/** What tlxc-info knows of a container; null where it does not run. */
export interface Information {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly addresses: readonly string[];
  readonly usage: Usage | null;
  /** null: its backing store keeps no count. */
  readonly disk: VolumeUsage | null;
  readonly links: readonly LinkCounters[];
  readonly forwards: readonly Forward[];
  readonly image: MadeFrom | null;
  /** null: nobody asks, or it does not run. */
  readonly health: ContainerHealth | null;
  readonly restart: PendingRestart | null;
  /** How it ended the last time. */
  readonly lastExit: LastExit | null;
  /** Why it could not be started again then; "": that was not so. */
  readonly startFailure: string;
}

/** What was asked for; all of it when nothing is. */
export interface Selection {
  readonly state: boolean;
  readonly pid: boolean;
  readonly ips: boolean;
  readonly stats: boolean;
}

/** 1.5 KiB as "1.50 KiB", two digits cut (not rounded) as LXC does; below 1 KiB "17 bytes". */
export function humanSize(bytes: number): string {
  const units = [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const;
  const unit = units.find(([, size]) => bytes >= size);
  if (!unit) return `${bytes} bytes`;
  const hundredths = Math.floor(((bytes % unit[1]) * 100) / unit[1]);
  return `${Math.floor(bytes / unit[1])}.${String(hundredths).padStart(2, '0')} ${unit[0]}`;
}

const labelled = (label: string, value: string) => `${label.padEnd(15)} ${value}`;

function statLines({ usage, links, disk }: Information, humanize: boolean): string[] {
  const size = (bytes: number) => (humanize ? humanSize(bytes) : String(bytes));
  const seconds = (ns: number) => (humanize ? `${(ns / 1e9).toFixed(2)} seconds` : String(ns));
  const lines: string[] = [];
  const add = (label: string, value: number | null | undefined, print: (value: number) => string) => {
    if (value !== null && value !== undefined) lines.push(labelled(label, print(value)));
  };
  add('CPU use:', usage?.cpuNanoseconds, seconds);
  add('BlkIO use:', usage?.blockBytes, size);
  add('Memory use:', usage?.memoryBytes, size);
  add('KMem use:', usage?.kernelMemoryBytes, size);
  // LXC has no such line: where there is nothing to tell, neither have we.
  add('OOM kills:', usage?.oomKills || null, String);
  if (disk && disk.used !== null)
    lines.push(
      labelled(
        'Disk use:',
        size(disk.used) + (humanize && disk.limit !== null ? ` of ${size(disk.limit)}` : ''),
      ),
    );
  for (const { hostName, txBytes, rxBytes } of links) {
    lines.push(labelled('Link:', hostName));
    lines.push(labelled(' TX bytes:', size(txBytes)));
    lines.push(labelled(' RX bytes:', size(rxBytes)));
    lines.push(labelled(' Total bytes:', size(txBytes + rxBytes)));
  }
  return lines;
}

/** What a person would not know: of an end that was asked for, or in order, only while it is stopped. */
function endLines(information: Information): string[] {
  const { lastExit, restart, state } = information;
  const words = restartWords(information);
  const lines = words === '' ? [] : [labelled('Restart:', words)];
  if (!lastExit || restart || !(lastExit.failed || state === 'STOPPED')) return lines;
  return [...lines, labelled('Last exit:', `${exitWords(lastExit)} (${lastExit.endedAt})`)];
}

/** "unhealthy (exit code 7: connection refused)" */
function healthLines({ health }: Information): string[] {
  if (health === null) return [];
  const words = outcomeWords(health);
  return [labelled('Health:', printable(words ? `${health.status} (${words})` : health.status))];
}

const forwardLines = ({ forwards }: Information): string[] =>
  forwards.map(({ listen, connect }) => labelled('Forward:', `${listen} -> ${connect}`));

/** What a container is made from, where that was written down. */
function imageLines({ image }: Information): string[] {
  if (image === null) return [];
  const { name, origin, signedBy, sha256 } = image;
  const from = origin === '' || origin === name ? '' : ` from ${origin}`;
  const signed = signedBy === null ? '' : `, signed by ${signedBy}`;
  return [labelled('Image:', printable(`${name}${from}${signed} (sha256:${sha256.slice(0, 12)})`))];
}

/** The lines of tlxc-info; with `humanize` false raw numbers, and the bare value where exactly one thing is asked for. */
export function infoLines(information: Information, selection: Selection, humanize: boolean): string[] {
  const { state, pid, ips, stats } = selection;
  const asked = [state, pid, ips, stats].filter(Boolean).length;
  const all = asked === 0;
  const bare = !humanize && asked === 1 && !stats;
  const line = (label: string, value: string) => (bare ? value : labelled(label, value));
  const lines: string[] = [];
  if (all) lines.push(line('Name:', information.name));
  if (all || state) lines.push(line('State:', information.state));
  if ((all || pid) && information.pid !== null) lines.push(line('PID:', String(information.pid)));
  if (all || ips) lines.push(...information.addresses.map((address) => line('IP:', address)));
  if (all) lines.push(...healthLines(information), ...forwardLines(information));
  if (all) lines.push(...imageLines(information), ...endLines(information));
  if (all || stats) lines.push(...statLines(information, humanize));
  return lines;
}
