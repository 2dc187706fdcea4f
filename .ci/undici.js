// What src/image/http.ts takes of undici, as a file of its own (dist/undici.cjs): not looked for file by file, it is there in half
// the time.
export { EnvHttpProxyAgent, Pool } from 'undici';
