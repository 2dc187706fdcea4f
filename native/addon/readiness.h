// Waits on the event loop, not on a thread: a promise for "this descriptor can be read", with an optional
// deadline.
#pragma once
#include <napi.h>

#include <functional>

namespace tlxc {

// Settles the promise with settle(ready) once fd is readable or at its end, or after timeoutMs (-1: no
// deadline). fd is borrowed until then, and may be closed within settle.
Napi::Promise when_readable(Napi::Env env, int fd, int timeoutMs,
                            std::function<Napi::Value(Napi::Env, bool)> settle);

// What waits for fd keeps the program no longer from ending.
void unref_waiting(int fd);

// Settles what waits for fd now, as if its time had run out.
void stop_waiting(int fd);

} // namespace tlxc
