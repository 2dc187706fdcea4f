// One layer of an overlay: a directory of the host's, or a read-only image, as a detached mount of its own.
#pragma once
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "plan/plan.gen.h"

namespace tlxc::overlay {

constexpr const char* kStep = "rootfs overlay";

// A failure of the layers', with the path where it says none.
[[nodiscard]] Failure blame(Failure failure, const std::string& path);

struct Layer {
    std::string source; // on the host
    std::string name;   // in the workshop
    UniqueFd mount;     // detached
};

// userNamespace: maps the layer's ids; -1: they stay.
[[nodiscard]] Result<Layer> take_directory(const std::string& source, std::string name, int userNamespace);
[[nodiscard]] Result<Layer> take_layer(const plan::Layer& layer, std::string name, int userNamespace);
// In the workshop, the working directory.
[[nodiscard]] Status attach_layer(const Layer& layer);

} // namespace tlxc::overlay
