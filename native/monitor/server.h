// The monitor's socket and its clients. None of them can make it wait: one that does not read is dropped.
#pragma once
#include <list>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "monitor/loop.h"
#include "monitor/run_dir.h"

namespace tlxc {

struct Client {
    UniqueFd fd;
    bool watching = false;
    int tty = 0;           // the tty it holds, 0: none
    int viewer = -1;       // its end of the console, -1: none
    bool freezing = false; // waits to hear that the container is frozen
    bool holding = false;  // has it frozen as long as it is there
    [[nodiscard]] bool idle() const { return !watching && tty == 0 && viewer < 0 && !freezing && !holding; }
};

class Server {
  public:
    explicit Server(Loop& loop) : loop_(loop) {}
    // Makes monitor.sock (0600). Nobody can connect before listen.
    [[nodiscard]] Status bind(const RunDir& dir);
    [[nodiscard]] Status listen();
    void close(const RunDir& dir);

    // Takes new clients that are root or of our own user, and not inside a container; the others are closed
    // at once: none then.
    [[nodiscard]] Client* accept();
    // Whether a datagram of its is there, or its end.
    [[nodiscard]] static bool has_asked(const Client& client);
    [[nodiscard]] Client* find(int fd);
    // The client's next datagram. False: it is gone.
    [[nodiscard]] bool receive(const Client& client, std::string& text) const;
    void drop(const Client& client);
    // The clients of which it is true; borrowed until one is dropped.
    [[nodiscard]] std::vector<Client*> those(bool Client::*property);
    // Tells every watcher; the connection of one that does not take it ends, and the loop tells of that.
    void broadcast(const std::string& text);
    // Whether a client follows the states.
    [[nodiscard]] bool watched() const;
    // Whether a client holds the tty.
    [[nodiscard]] bool holds(int tty) const;

    static constexpr size_t kMaxRequest = 4096;

  private:
    void make_room();

    Loop& loop_;
    UniqueFd socket_;
    std::list<Client> clients_; // oldest first; addresses stay
};

} // namespace tlxc
