/** Environment variables, as process.env has them: what is undefined is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;
