// The console or a tty of a container at the caller's terminal, and the foreground start, which is the
// console plus init's end.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/signal_purpose.h"
#include "pty/ending.h"
#include "pty/escape.h"
#include "pty/flow.h"
#include "pty/modes.h"
#include "pty/monitor.h"
#include "pty/signals.h"
#include "pty/terminal.h"

namespace tlxc::pty {
namespace {

// A tty without a getty on it has nobody on its other side: looked at again after this.
constexpr int kRetryMs = 50;

class Console {
  public:
    explicit Console(const ConsoleMode& mode)
        : mode_(mode), peer_is_tty_(mode.peer >= 0 && isatty(mode.peer)), raw_(STDIN_FILENO),
          escape_(mode.prefix), input_(STDIN_FILENO, mode.peer),
          output_(mode.peer, reopen_nonblocking(STDOUT_FILENO, O_WRONLY)), signals_(open_signals()) {
        set_nonblocking(mode.peer);
        resize();
    }

    int run() {
        while (!over_ || output_.pending())
            step();
        raw_.restore();
        return exit_;
    }

  private:
    void step() {
        enum { kSignals, kInput, kPeer, kOutput, kConnection };
        short peer = 0;
        if (!output_.pending() && !silent_ && !over_)
            peer |= POLLIN;
        if (input_.pending() && !silent_)
            peer |= POLLOUT;
        const bool listening = !input_.pending() && !over_;
        pollfd fds[] = {{signals_, POLLIN, 0},
                        {listening ? input_.from() : -1, POLLIN, 0},
                        {peer == 0 ? -1 : mode_.peer, peer, 0},
                        {output_.pending() ? output_.to() : -1, POLLOUT, 0},
                        {over_ ? -1 : mode_.connection, POLLIN, 0}};
        const int wait = sooner(insistence_.left(), hangUp_.left());
        if (poll(fds, 5, silent_ ? kRetryMs : wait) == 0)
            silent_ = false;
        keep_times();
        if (fds[kSignals].revents != 0)
            take_signals();
        if (fds[kOutput].revents != 0)
            flush_output();
        if (fds[kPeer].revents != 0)
            serve_peer(fds[kPeer].revents);
        if (fds[kInput].revents != 0)
            read_input();
        if (fds[kConnection].revents != 0)
            take_event();
    }

    void take_signals() {
        while (const int signal = next_signal(signals_)) {
            if (signal == SIGCONT)
                raw_.enter();
            if (signal == SIGWINCH || signal == SIGCONT)
                resize();
            if (!is_forwarded(signal))
                continue;
            if (!mode_.foreground)
                leave(128 + signal);
            else if (signal == SIGHUP)
                hang_up();
            else
                ask_signal(mode_.runDir, insistence_.insists(signal) ? purpose::kStop : signal);
        }
    }

    void hang_up() {
        if (hangUp_.begin())
            ask_signal(mode_.runDir, purpose::kHangUp);
    }

    void keep_times() {
        if (insistence_.left() == 0)
            insistence_.told(say_note());
        if (hangUp_.left() != 0)
            return;
        hangUp_.over();
        ask_signal(mode_.runDir, purpose::kStop);
    }

    // Not into what a container shows on a raw terminal: there the signal came from somebody else.
    [[nodiscard]] bool say_note() const {
        if (raw_.is_raw() && isatty(STDERR_FILENO))
            return false;
        return write(STDERR_FILENO, mode_.note, strlen(mode_.note)) > 0;
    }

    // In the foreground only a reader that has gone is an end: a container does not die of a full disk.
    void flush_output() {
        if (output_.flush())
            return;
        if (!mode_.foreground)
            leave(1);
        else if (errno == EPIPE)
            hang_up();
        output_.replace({});
    }

    void resize() {
        winsize size{};
        const int terminal = terminal_for_output();
        if (terminal < 0 || ioctl(terminal, TIOCGWINSZ, &size) != 0)
            return;
        if (peer_is_tty_)
            copy_window_size(terminal, mode_.peer);
        else
            ask_resize(mode_.runDir, size.ws_row, size.ws_col);
    }

    void serve_peer(short events) {
        if (input_.pending() && (events & POLLOUT) != 0)
            (void)input_.flush();
        if (output_.pending() || (events & (POLLIN | POLLHUP | POLLERR)) == 0)
            return;
        const auto read = output_.fill();
        if (read == Flow::Read::data)
            flush_output();
        if (read != Flow::Read::end)
            return;
        if (peer_is_tty_)
            silent_ = true;
        else if (mode_.foreground)
            drop_peer();
        else
            leave(0);
    }

    void read_input() {
        const auto read = input_.fill();
        if (read == Flow::Read::end) {
            input_.stop_reading();
            if (!mode_.foreground)
                leave(0);
            return;
        }
        if (read != Flow::Read::data)
            return;
        char filtered[Escape::kMost];
        const auto [size, left] = escape_.filter(input_.chunk(), filtered);
        input_.replace({filtered, size});
        if (left)
            return leave(0);
        if (mode_.peer < 0)
            input_.replace({}); // no console: what is typed goes nowhere
        (void)input_.flush();
    }

    void take_event() {
        const auto event = next_event(mode_.connection);
        if (event.reboots)
            insistence_.forget();
        if (event.stopped || event.ended)
            finish(event);
    }

    // Init's end. SIGINT is how the kernel tells of a halt from inside: an orderly end.
    void finish(const Event& event) {
        drain();
        if (!mode_.foreground)
            return leave(0);
        if (!event.stopped)
            return leave(1); // the monitor died, and the container with it
        const bool halted = WIFSIGNALED(event.exitStatus) && WTERMSIG(event.exitStatus) == SIGINT;
        leave(halted ? 0 : exit_code(event.exitStatus));
    }

    // The last words of a container that has just ended are still on their way here.
    void drain() {
        pollfd readable{mode_.peer, POLLIN, 0};
        while (mode_.peer >= 0 && poll(&readable, 1, 0) > 0) {
            while (output_.pending()) {
                pollfd writable{output_.to(), POLLOUT, 0};
                if (poll(&writable, 1, 1000) <= 0 || !output_.flush())
                    return;
            }
            if (output_.fill() != Flow::Read::data)
                return;
        }
    }

    // The monitor closes it only at its own end, of which the other connection tells more.
    void drop_peer() {
        close(mode_.peer);
        mode_.peer = -1;
        input_.redirect(input_.from(), -1);
        output_.redirect(-1, output_.to());
    }

    void leave(int code) {
        if (over_)
            return;
        over_ = true;
        exit_ = code;
    }

    ConsoleMode mode_;
    bool peer_is_tty_;
    RawTerminal raw_;
    Escape escape_;
    Flow input_;
    Flow output_;
    int signals_;
    Insistence insistence_;
    HangUp hangUp_;
    int exit_ = 0;
    bool over_ = false;
    bool silent_ = false; // the tty has nobody on its other side for now
};

} // namespace

int run_console(const ConsoleMode& mode) {
    static Console console(mode); // two buffers: too large for the stack of a static program
    return console.run();
}

} // namespace tlxc::pty
