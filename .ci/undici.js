// What src/image/http.ts takes of undici, as a file of its own (dist/undici.cjs): not looked for file by file, it is there in half
// the time. By the modules it consists of, because undici's index has Node load its own undici, too, for fetch().
import api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';

// As undici's index does.
Object.assign(Dispatcher.prototype, api);

export { EnvHttpProxyAgent, Pool };
