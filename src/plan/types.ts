/** The plan's TypeScript types, drawn from the schema; importing them costs nothing at run time. */
import type { Static } from '@sinclair/typebox';
import type * as device from './schema-device.ts';
import type * as rooted from './schema-rooted.ts';
import type * as schema from './schema.ts';

/** All that a start will do, in its order: what `tlxc-start --plan` prints. */
// An interface is called by its name in what uses it, and has a page in the reference.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface StartPlan extends Static<typeof schema.StartPlan> {}
export type Origin = Static<typeof schema.Origin>;
export type IdMapEntry = Static<typeof schema.IdMapEntry>;
export type Hook = Static<typeof schema.Hook>;
/** A kind of namespace, as the kernel's files in /proc/PID/ns have it, but for mount. */
export type Namespace = Static<typeof schema.Namespace>;
export type CgroupHierarchy = Static<typeof schema.CgroupHierarchy>;
export type Rootfs = Static<typeof schema.Rootfs>;
export type Layer = Rootfs['lower'][number];
export type TreeStep = Static<typeof schema.TreeStep>;
export type Seccomp = Static<typeof schema.Seccomp>;
export type Interface = StartPlan['interfaces'][number];
export type Forward = NonNullable<StartPlan['forwards']>['all'][number];
export type Terminals = StartPlan['terminals'];
export type Security = StartPlan['security'];
export type HostNode = Static<typeof device.HostNode>;
export type DeviceNode = Static<typeof device.DeviceNode>;
export type Rooted = Static<typeof rooted.Rooted>;
export type Hooks = StartPlan['hooks'];
