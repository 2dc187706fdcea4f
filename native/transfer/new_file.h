// A file or link that comes to have its name when it is complete. Until then it has one that nobody foresees,
// and is removed with this process unless that is killed without a word.
#pragma once
#include "transfer/frames.h"
#include "transfer/tree.h"

namespace tlxc::transfer {

class NewFile {
  public:
    // In a directory that outlives it.
    explicit NewFile(int directory);
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    [[nodiscard]] Status make_file();
    [[nodiscard]] Status make_link(const std::string& target);
    // To be written; of a link O_PATH.
    [[nodiscard]] int fd() const { return fd_.get(); }
    // Takes the place of what has that name, unless it is a directory.
    [[nodiscard]] Status take_name(const std::string& name);

    // A signal that ends this process removes the file first.
    static void remove_when_interrupted();

  private:
    int directory_;
    std::string name_;
    UniqueFd fd_;
    bool made_ = false;
};

} // namespace tlxc::transfer
