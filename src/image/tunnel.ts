/** The way through a proxy (CONNECT) where it comes to nothing. */
import type { Agent, buildConnector } from 'undici';

/** What became of the way to the proxy itself: the server was not asked. */
const UNREACHED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the proxy refused the connection',
  ENOTFOUND: 'the host name of the proxy is not known',
  EAI_AGAIN: 'the host name of the proxy could not be resolved (no name server answers)',
};

/**
 * In words. undici takes a proxy that hangs up for a connection of its own that was cut (UND_ERR_SOCKET), and dials again without a
 * pause and without an end: an error of another code ends that.
 */
function tunnelError(error: Error & { code?: string }): Error {
  const words = error.code && UNREACHED[error.code];
  if (words) return new Error(words, { cause: error });
  if (error.code === 'UND_ERR_SOCKET') return new Error('the proxy cut the connection', { cause: error });
  const [, status] = /^Proxy response \((\d+)\)/.exec(error.message) ?? [];
  return status === undefined ? error : new Error(`the proxy answered ${status}`, { cause: error });
}

/** The options of a pool of connections: one that goes through a proxy has a connect of its own, others undici's. */
export function withTunnel(options: Agent.Options): Agent.Options {
  const { connect } = options;
  if (typeof connect !== 'function') return options;
  const tunnel: buildConnector.connector = (target, callback) => {
    connect(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(tunnelError(error), null);
    });
  };
  return { ...options, connect: tunnel };
}
