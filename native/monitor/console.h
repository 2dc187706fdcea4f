// The console's pump: what init writes goes to the log, the ring buffer, the viewers and lxc.console.path;
// what viewers type goes to init. A viewer that does not read loses output; nobody makes the container wait.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "monitor/console_log.h"
#include "monitor/console_path.h"
#include "monitor/journal.h"
#include "monitor/loop.h"
#include "plan/plan.gen.h"

namespace tlxc {

class Console {
  public:
    // journal: keeps all output; none where nothing is kept.
    Console(Loop& loop, std::shared_ptr<Journal> journal) : loop_(loop), journal_(std::move(journal)) {}
    // Before the start: opens the log and lxc.console.path, so that a mistake in them ends it.
    [[nodiscard]] Status prepare(const plan::Terminals& terminals);
    // Takes the pty of a container that runs now. Viewers of the one before a reboot stay. With await,
    // nothing is read until the first viewer is there: in the foreground the first lines belong to it.
    void begin(UniqueFd master, UniqueFd peer, bool await);
    // No viewer came in time.
    void stop_awaiting();
    [[nodiscard]] bool awaiting() const { return awaiting_; }
    // Takes what the container has written last, then lets go of the pty.
    void end();

    [[nodiscard]] bool open() const { return static_cast<bool>(master_); }
    // A new viewer: its end of a stream socket; none with errno set. viewer identifies ours.
    [[nodiscard]] UniqueFd attach(int& viewer);
    void detach(int viewer);
    // 0 or errno.
    [[nodiscard]] int resize(int rows, int columns);
    // The ring buffer's bytes, oldest first, in a memfd of the caller's; none with errno set.
    [[nodiscard]] UniqueFd recent() const;

    void handle(const LoopEvent& event);

  private:
    void read_master();
    void read_input(Source source, int fd);
    void flush_input();
    void deliver(const char* data, size_t size);
    void arm();

    Loop& loop_;
    UniqueFd master_;
    UniqueFd peer_;
    bool awaiting_ = false;
    std::string pending_; // typed, and not yet taken by the container's terminal
    std::shared_ptr<Journal> journal_;
    ConsoleLog log_;
    ConsolePath path_;
    std::vector<UniqueFd> viewers_;
    std::string ring_;
    size_t ringSize_ = 0;
    size_t ringAt_ = 0;
};

} // namespace tlxc
