// A small program of the host, run to its end.
#pragma once
#include <string>
#include <vector>

#include "common/result.h"

namespace tlxc {

// Runs argv with an empty environment, no descriptor but its output, and no signal blocked; what it printed.
// A program that fails, or is not done within 10 s, is a failure of step with the last line it printed in
// detail and its path.
[[nodiscard]] Result<std::string> run_program(const char* step, std::vector<std::string> argv);

} // namespace tlxc
