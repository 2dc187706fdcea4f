/** What the schemas of the commands' JSON are written with. */
import { Type, type TProperties, type TSchema } from '@sinclair/typebox';
import { STATES } from '../../src/container/wait.ts';

/** Exactly these members. */
export const object = <T extends TProperties>(members: T, description?: string) =>
  Type.Object(members, { additionalProperties: false, ...(description !== undefined && { description }) });

export const text = (description?: string) => Type.String(description === undefined ? {} : { description });

export const flag = (description?: string) => Type.Boolean(description === undefined ? {} : { description });

/** Null has the meaning that the description gives it. */
export const orNull = (schema: TSchema, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

export const count = (description?: string) =>
  Type.Integer({ minimum: 0, ...(description !== undefined && { description }) });

export const list = <T extends TSchema>(items: T, description?: string) =>
  Type.Array(items, description === undefined ? {} : { description });

export const oneOf = (words: readonly string[], description?: string) =>
  Type.Unsafe<string>({ type: 'string', enum: words, ...(description !== undefined && { description }) });

export const name = text('The container.');
export const lxcpath = text('Its store.');
export const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$', description: 'UTC.' });
export const pid = orNull(count(), "Init's process id on the host; null: it does not run.");

/** UNRESPONSIVE: its monitor does not answer. */
export const state = oneOf(
  [...STATES, 'UNRESPONSIVE'],
  'As LXC names it; UNRESPONSIVE: its monitor does not answer.',
);

/** A counter of the kernel's. */
export const counter = (description?: string) =>
  orNull(
    Type.Number({ minimum: 0 }),
    `${description ?? ''}${description ? '; ' : ''}null: this host does not count it.`,
  );

/** Where in a configuration something is wrong. */
export const problem = object({
  message: text(),
  file: Type.Optional(text()),
  line: Type.Optional(count()),
  column: Type.Optional(count()),
  length: Type.Optional(count('How much of the line is wrong.')),
  text: Type.Optional(text('The line.')),
  key: Type.Optional(text()),
  value: Type.Optional(text()),
  nearest: Type.Optional(text('What was probably meant.')),
  allowed: Type.Optional(list(text())),
  hint: Type.Optional(text('What can be done, where that does not tell.')),
});
