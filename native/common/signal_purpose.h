// Signals by their purpose, as a monitor's requests name them (src/monitor/protocol.ts): which number that
// is, the monitor knows.
#pragma once

namespace tlxc::purpose {

constexpr int kHalt = 0;
constexpr int kReboot = -1;
constexpr int kStop = -2;
constexpr int kHangUp = -3;

} // namespace tlxc::purpose
