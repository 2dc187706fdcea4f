// The PROXY protocol, version 1 (haproxy.org's proxy-protocol.txt): a line before a client's own bytes tells
// the service who the client is.
#pragma once

namespace tlxc::proxy {

// Writes the line for the connected client to the service, to whom nothing was sent yet. false: it could not
// be sent whole.
[[nodiscard]] bool announce(int client, int service);

} // namespace tlxc::proxy
