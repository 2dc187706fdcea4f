/** What is used of the package js-yaml, which comes without types. */
declare module 'js-yaml' {
  /** The value of a document: plain data, no type of its own. Throws for what is no YAML. */
  export function load(text: string): unknown;
}
