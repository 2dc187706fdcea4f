// What src/image/http.ts takes of undici, as a file of its own (dist/undici.cjs): without fetch, WebSocket and caches, which
// nobody asks for here, and not looked for file by file, it is there in 20 ms instead of 70. These paths are no interface of
// undici's, so package.json has its exact version.
import api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';

// As undici's own index.js does.
Object.assign(Dispatcher.prototype, api);

export { EnvHttpProxyAgent };
