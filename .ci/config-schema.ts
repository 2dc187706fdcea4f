/** The JSON Schema of a container's configuration, written from the registry of keys. */
import { registry } from '../src/config/registry.ts';
import type { Accepts, AnyKey } from '../src/config/key.ts';

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** A word in either case. */
const anyCase = (word: string): string =>
  word.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);

function alternatives({ words = [], range, pattern, anyCase: either = false }: Accepts): string[] {
  const numbers = range === undefined ? [] : [range[0] < 0 ? '-?(0|[1-9]\\d*)' : '(0|[1-9]\\d*)'];
  return [
    ...words.map((word) => (either ? anyCase(word) : escape(word))),
    ...numbers,
    ...(pattern === undefined ? [] : [pattern]),
  ];
}

/** The source of a regular expression that every value which the key's parser takes fits. */
export function acceptedPattern(accepts: Accepts): string {
  const all = alternatives(accepts);
  if (all.length === 0) return '^[\\s\\S]*$';
  const one = `(?:${all.join('|')})`;
  return accepts.several === true ? `^${one}(?:[ \\t]+${one})*$` : `^${one}$`;
}

type Schema = Readonly<Record<string, unknown>>;

/** Words are offered by editors where they are an enum. */
function valueSchema(accepts: Accepts): Schema {
  const { words = [], range, pattern, anyCase: either = false, several = false } = accepts;
  if (words.length === 0 && range === undefined && pattern === undefined) return { type: 'string' };
  const fixed = several || words.length === 0 ? [] : [{ enum: words }];
  const numbers =
    range === undefined || several ? [] : [{ type: 'integer', minimum: range[0], maximum: range[1] }];
  const only = fixed.length > 0 && range === undefined && pattern === undefined && !either;
  const text = only ? [] : [{ type: 'string', pattern: acceptedPattern(accepts) }];
  return { anyOf: [{ const: '' }, ...fixed, ...numbers, ...text] };
}

function keySchema({ accepts, list, doc, syntax, fallback }: AnyKey): Schema {
  const one = valueSchema(accepts);
  return {
    description: doc,
    $comment: syntax,
    ...(fallback !== '' && { default: fallback }),
    ...(list ? { anyOf: [one, { type: 'array', items: one }] } : one),
  };
}

/** What * stands for must not make the name of another key. */
function wildcardPattern({ name }: AnyKey): string {
  const prefix = name.slice(0, -1);
  const others = registry
    .map((key) => key.name)
    .filter((other) => other.startsWith(prefix) && other !== name);
  const not =
    others.length === 0
      ? ''
      : `(?!(?:${others.map((other) => escape(other.slice(prefix.length))).join('|')})$)`;
  return `^${escape(prefix)}${not}.+$`;
}

const namePattern = (key: AnyKey): string =>
  key.name.endsWith('*') ? wildcardPattern(key) : `^${escape(key.name).replace('\\[i\\]', '\\d{1,10}')}$`;

const isPattern = ({ name }: AnyKey): boolean => /[*[]/.test(name);

/** Names that only an empty value may follow, which resets all keys below them. */
const GROUPS = ['lxc.net', 'lxc.hook', 'lxc.cgroup', 'lxc.cgroup2'];

/** config/tlxc.container.schema.json */
export function containerSchema(): Schema {
  const resets = { const: '', description: 'Resets all keys that begin so.' };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: "A TLXC container's configuration",
    description:
      'The keys of tlxc.container.conf(5) as properties, in the order of the lines; a key that is a list, and stands on several ' +
      'lines, has an array. Written from the registry of keys by npm run build:manual.',
    type: 'object',
    properties: {
      ...Object.fromEntries(GROUPS.map((name) => [name, resets])),
      ...Object.fromEntries(
        registry.filter((key) => !isPattern(key)).map((key) => [key.name, keySchema(key)]),
      ),
    },
    patternProperties: {
      '^lxc\\.net\\.\\d{1,10}$': resets,
      ...Object.fromEntries(registry.filter(isPattern).map((key) => [namePattern(key), keySchema(key)])),
    },
    additionalProperties: false,
  };
}

/** The text of the file. */
export const containerSchemaText = (): string => `${JSON.stringify(containerSchema(), null, 2)}\n`;
