/** What the parts of the plan's schema are written with, and what they share. */
import { Type, type TSchema } from '@sinclair/typebox';

/** An object with exactly these fields; its name is that of the C++ struct. */
export const record = <T extends Record<string, TSchema>>(name: string, properties: T) =>
  Type.Object(properties, { $id: name, additionalProperties: false });

/** One of a few words. */
export const names = <T extends string[]>(name: string, ...values: T) =>
  Type.Union(
    values.map((value) => Type.Literal(value as T[number])),
    { $id: name },
  );
export const text = Type.String();
export const flag = Type.Boolean();
export const whole = Type.Integer();
export const texts = Type.Array(Type.String());

/** Where in the configuration a step comes from; file "" and line 0: a built-in default or the command line. */
export const Origin = record('Origin', { file: text, line: whole, key: text });

/** A program run on the host or in the container's mount namespace (lxc.hook.*, lxc.net.[i].script.*). */
export const Hook = record('Hook', {
  /** argv as given to execve: /bin/sh -c 'exec SCRIPT … "$@"' sh; what the executor adds follows and becomes "$@". */
  argv: texts,
  /** milliseconds after which the hook is killed and counts as failed. */
  timeoutMs: whole,
  origin: Origin,
});
