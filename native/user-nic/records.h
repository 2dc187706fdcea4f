// /run/tlxc/nics: which interfaces were made for whom, one row USER TYPE BRIDGE INTERFACE each.
#pragma once
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "executor/network/link.h"

namespace tlxc::user_nic {

struct Row {
    std::string user, type, bridge, interface;
    bool operator==(const Row&) const = default;
};

// The rows, locked against every other run of this program until it goes.
class Records {
  public:
    // Waits 10 s for the lock at most. Rows whose interface is gone, or is another one by now, are left out.
    [[nodiscard]] bool open(Netlink& host);
    [[nodiscard]] long count(const std::string& user, const std::string& type,
                             const std::string& bridge) const;
    [[nodiscard]] bool has(const Row& row) const;
    void add(const Row& row) { rows_.push_back(row); }
    void remove(const Row& row) { std::erase(rows_, row); }
    // Whole or not at all.
    [[nodiscard]] bool write() const;

  private:
    [[nodiscard]] bool read();

    UniqueFd directory_, lock_;
    std::vector<Row> rows_;
};

} // namespace tlxc::user_nic
