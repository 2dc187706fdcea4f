/**
 * Writes native/plan/plan.gen.h and plan.gen.cc from src/plan/schema*.ts: C++ structs and a strict reader
 * (unknown field, missing field, wrong type: an error that names the path). One schema, two languages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { TSchema } from '@sinclair/typebox';
import { LinkChanges } from '../src/host/schema-links.ts';
import { DeviceNode } from '../src/plan/schema-device.ts';
import { ForwardRequest } from '../src/plan/schema-forward.ts';
import { Leavings } from '../src/plan/schema-interface.ts';
import { RestartOrder } from '../src/plan/schema-restart.ts';
import { Rooted } from '../src/plan/schema-rooted.ts';
import { PLAN_VERSION, StartPlan } from '../src/plan/schema.ts';

interface Node extends TSchema {
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  const?: string;
}

const header: string[] = [];
const source: string[] = [];
const done = new Set<string>();

const isEnum = (node: Node) => node.anyOf?.every((each) => typeof each.const === 'string') === true;
const isNullable = (node: Node) => node.anyOf?.length === 2 && node.anyOf[1]?.type === 'null';
const opOf = (node: Node) => node.properties?.['op']?.const;
const camel = (word: string) =>
  word.replace(/(^|[_-])(\w)/g, (_all, _sep, letter: string) => letter.toUpperCase());
/** C++ keywords that field names of the plan may be. */
const safe = (field: string) =>
  ['operator', 'default', 'namespace', 'mutable', 'new', 'errno'].includes(field) ? `${field}_` : field;

/** The C++ type of a node; declares the structs and enums it needs first. */
function typeOf(node: Node): string {
  if (node.type === 'string') return 'std::string';
  if (node.type === 'boolean') return 'bool';
  if (node.type === 'integer') return 'int64_t';
  if (node.type === 'array') return `std::vector<${typeOf(node.items as Node)}>`;
  if (isNullable(node)) return `std::optional<${typeOf(node.anyOf?.[0] as Node)}>`;
  if (isEnum(node)) return declareEnum(node);
  if (node.anyOf) return declareVariant(node);
  if (node.type === 'object') return declareStruct(node);
  throw new Error(`no C++ type for ${JSON.stringify(node)}`);
}

function declareEnum(node: Node): string {
  const name = node.$id as string;
  if (done.has(name)) return name;
  done.add(name);
  const values = (node.anyOf ?? []).map((each) => each.const as string);
  header.push(`enum class ${name} { ${values.map(camel).join(', ')} };`);
  source.push(
    `bool read(Reader& r, const Value& v, ${name}& out) {`,
    `    static constexpr std::pair<std::string_view, ${name}> table[] = {`,
    ...values.map((value) => `        {"${value}", ${name}::${camel(value)}},`),
    `    };`,
    `    return r.choice(v, table, out);`,
    `}`,
  );
  return name;
}

function declareVariant(node: Node): string {
  const name = node.$id as string;
  if (done.has(name)) return name;
  const kinds = (node.anyOf ?? []).map((each) => ({ op: opOf(each) as string, type: typeOf(each) }));
  done.add(name);
  header.push(`using ${name} = std::variant<${kinds.map((kind) => kind.type).join(', ')}>;`);
  source.push(
    `bool read(Reader& r, const Value& v, ${name}& out) {`,
    `    std::string op;`,
    `    if (!r.peek_op(v, op)) return false;`,
    ...kinds.map((kind) => `    if (op == "${kind.op}") return read(r, v, out.emplace<${kind.type}>());`),
    `    return r.fail("unknown op " + op);`,
    `}`,
  );
  return name;
}

function declareStruct(node: Node): string {
  const name = node.$id as string;
  if (done.has(name)) return name;
  // A literal "op" is a variant's tag: it was read already.
  const fields = Object.entries(node.properties ?? {}).filter(([, each]) => each.const === undefined);
  const typed = fields.map(([field, each]) => [field, typeOf(each), each.type] as const);
  done.add(name);
  header.push(
    `struct ${name} {`,
    ...typed.map(
      ([field, type]) => `    ${type} ${safe(field)}${type === 'bool' || type === 'int64_t' ? '{}' : ''};`,
    ),
    `};`,
  );
  const all = Object.keys(node.properties ?? {});
  source.push(
    `bool read(Reader& r, const Value& v, ${name}& out) {`,
    `    static constexpr std::string_view fields[] = {${all.map((field) => `"${field}"`).join(', ')}};`,
    `    if (!r.object(v, fields)) return false;`,
    ...typed.map(([field]) => `    if (!r.field(v, "${field}", out.${safe(field)})) return false;`),
    `    return true;`,
    `}`,
  );
  return name;
}

typeOf(StartPlan);
typeOf(Leavings);
typeOf(DeviceNode);
typeOf(Rooted);
typeOf(ForwardRequest);
typeOf(RestartOrder);
typeOf(LinkChanges);

const banner =
  '// Generated from src/plan/schema.ts by .ci/generate-plan.ts; change the schema, not this file.';
const write = (path: string, lines: string[]) => {
  const text = `${lines.join('\n')}\n`;
  let old = '';
  try {
    old = readFileSync(path, 'utf8');
  } catch {
    // first build
  }
  if (old !== text) writeFileSync(path, text);
};
write('native/plan/plan.gen.h', [
  banner,
  '#pragma once',
  '#include <cstdint>',
  '#include <optional>',
  '#include <string>',
  '#include <variant>',
  '#include <vector>',
  'namespace tlxc::plan {',
  `inline constexpr int64_t kVersion = ${PLAN_VERSION};`,
  ...header,
  '} // namespace tlxc::plan',
]);
write('native/plan/plan.gen.cc', [
  banner,
  '#include "plan/reader.h"',
  'namespace tlxc::plan {',
  ...source,
  '} // namespace tlxc::plan',
]);
