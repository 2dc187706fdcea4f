// The tree that files are read from or written to: a container's, which the container may fill with anything
// and change meanwhile, or the host's own. In a container's the kernel finds every path with the container's
// root as its root, whatever the links there are; what is found is looked at before it is opened, and only
// files and directories are opened at all.
#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace tlxc::transfer {

struct Owner {
    int64_t uid = -1; // -1: not given
    int64_t gid = -1;
};

// Where a file is, or would be.
struct Place {
    UniqueFd directory;
    std::string name;
    bool exists = false;
    struct stat there {};
};

class Tree {
  public:
    enum class Whose { Containers, Hosts };
    // The host's /proc/self/fd, by which what was found is opened: to be had while it is in sight.
    [[nodiscard]] static Result<UniqueFd> open_descriptors();
    // The working directory is the root of a container's tree.
    [[nodiscard]] static Result<Tree> open(Whose whose, UniqueFd descriptors);

    // O_PATH of what path names, links followed.
    [[nodiscard]] Result<UniqueFd> find(const std::string& path) const;
    // The place that path names, links followed to the end; names nothing or what is no link.
    [[nodiscard]] Result<Place> place(const std::string& path) const;
    // The place of that name in the directory that path names. On the host a link there is none to follow:
    // one that the caller did not name may have come out of the container. What is put there takes its place.
    [[nodiscard]] Result<Place> place_in(const std::string& path, const std::string& name) const;
    // O_PATH of the directory, with all that is missing of it made, for owner.
    [[nodiscard]] Result<UniqueFd> make_directories(const std::string& path, const Owner& owner) const;
    // What an O_PATH descriptor is of, opened: the very same file, whatever has its name by now.
    [[nodiscard]] UniqueFd reopen(int fd, int flags) const;

  private:
    Tree(UniqueFd root, UniqueFd descriptors, Whose whose)
        : root_(std::move(root)), descriptors_(std::move(descriptors)), whose_(whose) {}
    [[nodiscard]] Status follow(const Place& link, std::string& path) const;

    UniqueFd root_;
    UniqueFd descriptors_;
    Whose whose_;
};

inline constexpr const char* kStep = "transfer";

// Whether a directory may have an entry of that name.
[[nodiscard]] bool is_entry_name(const std::string& name);

} // namespace tlxc::transfer
