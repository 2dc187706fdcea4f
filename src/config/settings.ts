/** What a configuration has set so far: the values of each key, with the lines that wrote them. */
import { placeOf, Problem, type Fault, type SourceLocation } from '../problem.ts';
import type { Statement } from './include.ts';
import { BadValue, type Accepts, type AnyKey, type Key, type ParseContext } from './key.ts';
import type { Sourced } from './model.ts';
import { nearest } from './nearest.ts';
import { find, slotOf } from './registry.ts';
import { tellable } from './secret.ts';
import type { Environment } from '../environment.ts';

/** The words that the key takes are offered, unless the parser knew better ones; all of them where they are all it takes. */
function withOffer(fault: Fault, value: string, { words = [], pattern }: Accepts): Fault {
  if (fault.part === 'key') return fault;
  const { allowed = pattern === undefined ? words : [] } = fault;
  const { nearest: meant = nearest(fault.word ?? value, words) } = fault;
  return { ...fault, ...(allowed.length > 0 && { allowed }), ...(meant !== undefined && { nearest: meant }) };
}

/** TLXC's own keys of an interface (tlxc.net.0.*) come and go with LXC's. */
const isOfInterface = (slot: string, prefix: string): boolean =>
  slot.startsWith(prefix) || slot.startsWith(`t${prefix}`);

export class Settings {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly #slots = new Map<string, readonly Sourced<unknown>[]>();
  /** Of the slots as they are; undefined: they have changed. */
  #networks: readonly number[] | undefined;
  /** Keys of which a line was refused, or misspelled: what is missing there has been told. */
  readonly lost = new Set<string>();
  /** A file could not be read: anything may be missing. */
  isPartial = false;
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** All values of a key, in the order written. */
  all<T>(key: Key<T>, index: string | number = ''): readonly Sourced<T>[] {
    // A slot is only ever filled by the parser of the key it is named after.
    return (this.#slots.get(slotOf(key, index)) ?? []) as readonly Sourced<T>[];
  }

  /** The value in force, if the key is set. */
  last<T>(key: Key<T>, index: string | number = ''): Sourced<T> | undefined {
    return this.all(key, index).at(-1);
  }

  /** The numbers of the network interfaces that any key is set for, lowest first. */
  networks(): readonly number[] {
    return (this.#networks ??= this.#findNetworks());
  }

  #findNetworks(): readonly number[] {
    const indexes = new Set<number>();
    for (const slot of this.#slots.keys()) {
      if (!slot.includes('lxc.net.')) continue;
      const index = /^t?lxc\.net\.(\d+)\./.exec(slot)?.[1];
      if (index !== undefined) indexes.add(Number(index));
    }
    return [...indexes].sort((left, right) => left - right);
  }

  /** Where an interface is first written of. */
  firstOfNetwork(index: number): SourceLocation {
    const slot = [...this.#slots].find(([name]) => isOfInterface(name, `lxc.net.${index}.`));
    return slot?.[1][0]?.at ?? { file: '', line: 0 };
  }

  /** Takes one statement in; what is wrong with it becomes a problem and changes nothing. */
  apply(statement: Statement): void {
    this.#networks = undefined;
    const { key: name, value, at } = statement;
    const found = find(name);
    if (found.kind === 'refused') {
      this.problem(at, found.reason, found.fault);
      if (found.fault.nearest !== undefined) this.lost.add(found.fault.nearest);
    }
    if (found.kind === 'key') this.#applyKey(found.key, found.slot, found.variable, statement);
    if (found.kind === 'group' && value === '') this.#reset(found.clears);
    else if (found.kind === 'group') {
      const message = `only an empty value, which resets all of ${name}.*, may be set`;
      this.problems.push(new Problem({ message, at, subject: { key: name, value: tellable(name, value) } }));
    }
  }

  /** The key is marked as what is wrong, unless the fault says otherwise. */
  problem(at: SourceLocation, message: string, fault: Fault = { part: 'key' }): void {
    this.problems.push(new Problem({ message, at, fault }));
  }

  #applyKey(key: AnyKey, slot: string, variable: string, statement: Statement): void {
    if (key.begins !== undefined) this.#begin(slot, slotOf({ name: key.begins }, variable), statement.at);
    if (statement.value === '' && !key.acceptsEmpty) {
      const kept = key.keep && this.#slots.get(slot)?.filter((one) => key.keep?.(one.value, variable));
      this.#resetNamed(key.alsoResets, variable);
      this.#store(slot, kept ?? []);
      return;
    }
    const added = this.#parse(key, variable, statement);
    const before = key.list ? (this.#slots.get(slot) ?? []) : [];
    if (!added) this.lost.add(slot);
    else this.#store(slot, key.merge ? key.merge(before, added) : [...before, ...added]);
  }

  /** What stands above the first line that begins it would be lost in silence. TLXC's own type may: scripts write LXC's lines anew. */
  #begin(slot: string, prefix: string, at: SourceLocation): void {
    const lost = [...this.#slots].filter(
      ([name]) => isOfInterface(name, prefix) && name !== `t${prefix}type`,
    );
    if (!this.#slots.has(slot) && !this.lost.has(slot)) {
      for (const [name, [first]] of lost) {
        const message = `${name} must stand below ${slot}, which begins the interface at ${placeOf(at)}`;
        if (first) this.problem(first.at, message);
      }
    }
    for (const [name] of lost) this.#slots.delete(name);
  }

  #resetNamed(names: readonly string[] | undefined, variable: string): void {
    for (const name of names ?? []) this.#slots.delete(slotOf({ name }, variable));
  }

  #parse(key: AnyKey, variable: string, statement: Statement): readonly Sourced<unknown>[] | undefined {
    const { key: name, value, at, directory } = statement;
    const context: ParseContext = {
      variable,
      directory,
      environment: this.#environment,
      warn: (message) =>
        void this.warnings.push(`${placeOf(at)}: ${name} = ${tellable(name, value)}: ${message}`),
    };
    try {
      this.#checkNeeds(key, variable);
      return key.parse(value, context).map((one: unknown) => ({ value: one, at }));
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      const { message, fault } = error;
      const subject = { key: name, value: tellable(name, value) };
      this.problems.push(new Problem({ message, at, subject, fault: withOffer(fault, value, key.accepts) }));
      return undefined;
    }
  }

  #checkNeeds(key: AnyKey, variable: string): void {
    if (key.needs === undefined) return;
    const slot = slotOf(key.needs, variable);
    if (this.#slots.get(slot)?.at(-1)?.value === key.needs.value) return;
    throw new BadValue(`${slot} = ${key.needs.value} must be set before it`, { part: 'key' });
  }

  #store(slot: string, values: readonly Sourced<unknown>[]): void {
    if (values.length === 0) this.#slots.delete(slot);
    else this.#slots.set(slot, values);
  }

  #reset(clears: (slot: string) => boolean): void {
    for (const slot of [...this.#slots.keys()]) if (clears(slot)) this.#slots.delete(slot);
  }
}
