// dist/undici-in-commands.cjs: a command downloads once, and is gone before it is worth while to have V8 make undici's parser
// (WebAssembly) as fast as can be, which takes both cores for a twentieth of a second. Not for the library: the flag holds for all
// of a program.
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--liftoff-only');

export * from './undici.cjs';
