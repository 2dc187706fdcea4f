/** How its monitor asks a container whether it is well: what it read when the container started. */
import type { MonitorHealth } from '../../monitor/protocol.ts';
import type { Live } from './live.ts';

/** Nothing where nobody asks, whatever the configuration says by now. */
const asked =
  (show: (health: NonNullable<MonitorHealth['asked']>) => string): Live =>
  ({ running }) => {
    const how = running.health?.asked;
    return how && show(how);
  };

const seconds = (key: 'intervalMs' | 'timeoutMs' | 'startPeriodMs'): Live =>
  asked((how) => String(how[key] / 1000));

export const healthKeys: Readonly<Record<string, Live>> = {
  'tlxc.health.command': asked(({ command }) => command),
  'tlxc.health.user': asked(({ user }) => user),
  'tlxc.health.interval': seconds('intervalMs'),
  'tlxc.health.timeout': seconds('timeoutMs'),
  'tlxc.health.retries': asked(({ retries }) => String(retries)),
  'tlxc.health.start-period': seconds('startPeriodMs'),
  'tlxc.health.restart': asked(({ restarts }) => (restarts ? '1' : '0')),
};
