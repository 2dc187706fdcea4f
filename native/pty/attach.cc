// The pty of an attached command, and the wait for one that has none.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pty/flow.h"
#include "pty/modes.h"
#include "pty/signals.h"
#include "pty/terminal.h"

namespace tlxc::pty {
namespace {

// Between the last close of the pty's other side and the next open (login does that) reads fail: tried again
// after this.
constexpr int kRetryMs = 50;
// A command that survives the loss of its terminal is left to its fate after this: its session was told by
// SIGHUP.
constexpr int kHangupMs = 2000;
// SIGTERM is for the command first; a shell that ignores it loses its terminal after this.
constexpr int kTermMs = 500;

class Attached {
  public:
    explicit Attached(const AttachMode& mode)
        : mode_(mode), output_fd_(terminal_for_output()), raw_(isatty(STDIN_FILENO) ? STDIN_FILENO : -1),
          input_(isatty(STDIN_FILENO) ? STDIN_FILENO : -1, mode.master),
          output_(mode.master, reopen_nonblocking(output_fd_, O_WRONLY)), signals_(open_signals()) {
        set_nonblocking(mode.master);
        copy_window_size(output_fd_, mode.master);
    }

    int run() {
        reap(); // it may have ended before its signal was blocked
        while (!finished())
            step();
        raw_.restore();
        return ended_ ? exit_code(status_) : 128 + hangup_;
    }

  private:
    // Over when the command has ended and all it wrote has been shown.
    [[nodiscard]] bool finished() const { return (ended_ && drained_ && !output_.pending()) || lost_; }

    void step() {
        enum { kSignals, kInput, kMaster, kOutput };
        short master = 0;
        if (!output_.pending() && !silent_)
            master |= POLLIN;
        if (input_.pending() && !silent_)
            master |= POLLOUT;
        // What is typed after the command's end is the shell's.
        const bool listening = !input_.pending() && !ended_;
        pollfd fds[] = {{signals_, POLLIN, 0},
                        {listening ? input_.from() : -1, POLLIN, 0},
                        {master == 0 ? -1 : mode_.master, master, 0},
                        {output_.pending() ? output_.to() : -1, POLLOUT, 0}};
        const int ready = poll(fds, 4, patience());
        if (ready <= 0)
            return timed_out();
        if (fds[kSignals].revents != 0)
            take_signals();
        if (fds[kOutput].revents != 0 && !output_.flush())
            hang_up(SIGHUP);
        if (fds[kMaster].revents != 0)
            serve_master(fds[kMaster].revents);
        if (fds[kInput].revents != 0)
            read_input();
    }

    // -1 while there is nothing to wait for but events.
    [[nodiscard]] int patience() const {
        if (ended_ && !output_.pending())
            return 0; // a look at what the master still holds, no wait
        if (hangup_ != 0)
            return kHangupMs;
        if (terminating_)
            return kTermMs;
        return silent_ ? kRetryMs : -1;
    }

    void timed_out() {
        // poll has moved what was written before the end into the master's reach: nothing there means all was
        // read.
        if (ended_)
            drained_ = true;
        else if (hangup_ != 0)
            lost_ = true;
        else if (terminating_)
            hang_up(SIGTERM);
        silent_ = false;
    }

    void take_signals() {
        while (const int signal = next_signal(signals_)) {
            if (signal == SIGWINCH)
                copy_window_size(output_fd_, mode_.master);
            if (signal == SIGCONT) {
                raw_.enter();
                copy_window_size(output_fd_, mode_.master);
            }
            if (signal == SIGCHLD)
                reap();
            if (is_forwarded(signal) && !ended_)
                kill(mode_.child, signal);
            if (signal == SIGTERM)
                terminating_ = true;
            if (signal == SIGHUP)
                hang_up(signal);
        }
    }

    void reap() {
        if (waitpid(mode_.child, &status_, WNOHANG) == mode_.child)
            ended_ = true;
    }

    void serve_master(short events) {
        if (input_.pending() && (events & POLLOUT) != 0)
            (void)input_.flush();
        if (output_.pending() || (events & (POLLIN | POLLHUP | POLLERR)) == 0)
            return;
        const auto read = output_.fill();
        if (read == Flow::Read::end) {
            // Nobody holds the other side.
            silent_ = true;
            drained_ = ended_;
        }
        if (read != Flow::Read::data)
            return;
        if (mode_.log >= 0)
            (void)!write(mode_.log, output_.chunk().data(), output_.chunk().size());
        if (!output_.flush())
            hang_up(SIGHUP);
    }

    void read_input() {
        if (input_.fill() == Flow::Read::end) {
            input_.stop_reading();
            hang_up(SIGHUP); // the terminal itself has gone
        } else {
            (void)input_.flush();
        }
    }

    // Closing the master takes the terminal from the command's session: the kernel sends it SIGHUP.
    void hang_up(int signal) {
        if (hangup_ != 0)
            return;
        hangup_ = signal;
        close(mode_.master);
        input_.redirect(-1, -1);
        output_.redirect(-1, -1);
        mode_.master = -1;
        drained_ = true;
    }

    AttachMode mode_;
    int output_fd_;
    RawTerminal raw_;
    Flow input_;
    Flow output_;
    int signals_;
    int status_ = 0;
    int hangup_ = 0; // the signal that ended it
    bool terminating_ = false;
    bool ended_ = false;   // the child has been waited for
    bool drained_ = false; // nothing more will come from the master
    bool silent_ = false;  // the master has nobody on its other side for now
    bool lost_ = false;    // the child did not end after the hangup
};

} // namespace

int run_attach(const AttachMode& mode) {
    static Attached attached(mode); // two buffers: too large for the stack of a static program
    return attached.run();
}

int run_wait(pid_t child) {
    const int signals = open_signals();
    // The command's end is the end of its pipes: nothing here may keep them open.
    for (int fd = 0; fd <= 2; ++fd)
        close(fd);
    pollfd readable{signals, POLLIN, 0};
    for (int status = 0;;) {
        // Before the first wait too: the child may have ended before its signal was blocked.
        if (waitpid(child, &status, WNOHANG) == child)
            return exit_code(status);
        if (poll(&readable, 1, -1) < 0 && errno != EINTR)
            return 1;
        while (const int signal = next_signal(signals))
            if (is_forwarded(signal))
                kill(child, signal);
    }
}

} // namespace tlxc::pty
