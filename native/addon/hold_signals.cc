// Signals that reach a process between the birth of its command and the moment it has become tlxc-pty, which
// passes them on: they wait. Node is threaded, and a signal sent to the process goes to any thread that does
// not block it; so this thread blocks them, the others hand them to this one, and what is pending here is
// still so after execve.
#include <pthread.h>
#include <signal.h>

#include "addon/families.h"
#include "common/stdio.h"

namespace tlxc {
namespace {

// Those that tlxc-pty forwards.
constexpr int kHeld[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};

pthread_t holder;

void hand_over(int signal) {
    pthread_kill(holder, signal);
}

Napi::Value hold_signals(const Napi::CallbackInfo& info) {
    holder = pthread_self();
    sigset_t set;
    sigemptyset(&set);
    for (const int each : kHeld)
        if (!is_ignored(each))
            sigaddset(&set, each);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    struct sigaction action {};
    action.sa_handler = hand_over;
    action.sa_flags = SA_RESTART;
    for (const int each : kHeld)
        if (!is_ignored(each))
            sigaction(each, &action, nullptr);
    return info.Env().Undefined();
}

} // namespace

void export_hold_signals(Napi::Env env, Napi::Object exports) {
    exports.Set("holdSignals", Napi::Function::New(env, hold_signals));
}

} // namespace tlxc
