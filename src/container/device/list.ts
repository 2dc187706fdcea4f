/** What a container has of the host's devices, interfaces and ports: now, and at its next start. */
import { existsSync } from 'node:fs';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import { showEnd } from '../../config/values/forward.ts';
import { isDeviceClass, isOfClass } from '../../device-classes.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { forwardName } from '../../plan/forwards.ts';
import { notDefined } from '../not-defined.ts';
import { containerPaths } from '../paths.ts';
import { unresponsive } from '../unresponsive.ts';
import type { Environment } from '../../environment.ts';

/** A device, an interface or a port of the host's that a container has, or is to have. */
export interface ListedDevice {
  /** class: all nodes that a word stands for. */
  readonly kind: 'node' | 'class' | 'interface' | 'proxy';
  /** A path, a word, a name, "tcp 8080"; "" for an interface that a command of before has lent. */
  readonly host: string;
  /** Where it is, or leads to, in the container; "" for a class, whose nodes are where the host has them. */
  readonly inside: string;
  /** null: the start brought it, as far as the configuration is the one that it began with. */
  readonly now: boolean | null;
  /** The configuration brings it at the next start. */
  readonly saved: boolean;
}

export interface DeviceListRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** The caller's: lxc.environment = NAME copies from it. */
  readonly environment: Environment;
}

type Saved = Omit<ListedDevice, 'now' | 'saved'>;

/** A start has brought what the configuration says; nobody looks into the container whether it is there still. */
const broughtNow = (running: MonitorInfo | null): null | false => (running === null ? false : null);

function savedNodes({ devices, mountEntries }: ContainerConfig): Saved[] {
  const lines = devices.map(({ value: { device, inside } }): Saved =>
    isDeviceClass(device)
      ? { kind: 'class', host: device, inside: '' }
      : { kind: 'node', host: device, inside: inside || device },
  );
  const binds = mountEntries.flatMap(({ value: { source, target, options } }): Saved[] =>
    source.startsWith('/dev/') && options.includes('bind')
      ? [{ kind: 'node', host: source, inside: `/${target.replace(/^\/+/, '')}` }]
      : [],
  );
  return [...lines, ...binds];
}

function nodes(config: ContainerConfig | null, running: MonitorInfo | null): ListedDevice[] {
  const saved = config === null ? [] : savedNodes(config);
  const given = (running?.devices ?? []).map(({ host, inside }): ListedDevice => {
    const isSaved = saved.some((one) =>
      one.kind === 'class'
        ? isDeviceClass(one.host) && isOfClass(one.host, host) && inside === host
        : one.inside === inside && one.host === host,
    );
    return { kind: 'node', host, inside, now: true, saved: isSaved };
  });
  const others = saved.filter(
    (one) => one.kind === 'class' || !given.some(({ inside }) => inside === one.inside),
  );
  return [...given, ...others.map((one) => ({ ...one, now: broughtNow(running), saved: true }))];
}

/** Those of the host's own that are lent, not the ends of pairs. */
function interfaces(config: ContainerConfig | null, running: MonitorInfo | null): ListedDevice[] {
  const saved = (config?.networks ?? [])
    .filter(({ type }) => type.value === 'phys')
    .map(({ link, name }) => ({ host: link?.value ?? '', inside: name?.value ?? link?.value ?? '' }));
  const lent = (running?.interfaces ?? [])
    .filter(({ type }) => type === 'phys')
    .map(({ link, name }) => ({ host: link, inside: name }));
  const isIn = (all: readonly { readonly host: string }[], host: string): boolean =>
    all.some((one) => one.host === host);
  return [
    ...lent.map((one) => ({
      kind: 'interface' as const,
      ...one,
      now: true,
      saved: isIn(saved, one.host),
    })),
    ...saved
      .filter(({ host }) => !isIn(lent, host))
      .map((one) => ({ kind: 'interface' as const, ...one, now: false, saved: true })),
  ];
}

function proxies(config: ContainerConfig | null, running: MonitorInfo | null): ListedDevice[] {
  const saved = (config?.networks ?? []).flatMap(({ forwards }) =>
    forwards.flatMap(({ value: { protocol, from, to, count } }) =>
      Array.from({ length: count }, (_, offset) => ({
        host: forwardName(protocol, from, offset),
        inside: showEnd(to, offset),
      })),
    ),
  );
  const live = running?.forwards ?? [];
  const isSaved = (listen: string): boolean => saved.some(({ host }) => host === listen);
  return [
    ...live.map(({ listen, connect }) => ({
      ...{ kind: 'proxy' as const, host: listen, inside: connect },
      ...{ now: true, saved: isSaved(listen) },
    })),
    ...saved
      .filter(({ host }) => !live.some(({ listen }) => listen === host))
      .map((one) => ({ kind: 'proxy' as const, ...one, now: false, saved: true })),
  ];
}

/** Throws TLXC_E_NOT_FOUND, TLXC_E_CONFIG for a broken configuration, TLXC_E_UNRESPONSIVE. Its owner may ask, running or not. */
export function listDevices({
  name,
  lxcpath,
  system,
  environment,
}: DeviceListRequest): readonly ListedDevice[] {
  const paths = containerPaths(system, lxcpath, name);
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind === 'unresponsive') throw unresponsive(name, result);
  const running =
    result.kind === 'answer' && result.reply.ok ? (result.reply as unknown as MonitorInfo) : null;
  const configFile = running?.configFile || paths.config;
  if (running === null && !existsSync(configFile)) throw notDefined(paths);
  const config = existsSync(configFile)
    ? loadContainerConfig({ name, lxcpath, configFile, environment })
    : null;
  return [...nodes(config, running), ...interfaces(config, running), ...proxies(config, running)];
}
