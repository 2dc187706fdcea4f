#include "addon/readiness.h"

#include <uv.h>

#include <unordered_map>

namespace tlxc {
namespace {

// Lives from when_readable until libuv has let go of both handles.
struct Wait {
    Wait(Napi::Env env, std::function<Napi::Value(Napi::Env, bool)> whenDone)
        : deferred(Napi::Promise::Deferred::New(env)), context(env, "tlxc:readable"),
          settle(std::move(whenDone)) {}
    Napi::Promise::Deferred deferred;
    Napi::AsyncContext context;
    std::function<Napi::Value(Napi::Env, bool)> settle;
    uv_poll_t poll{};
    uv_timer_t timer{};
    int fd = -1;
    int openHandles = 0;
};

// Of this thread's event loop.
thread_local std::unordered_map<int, Wait*> waits;

void closed(uv_handle_t* handle) {
    auto* wait = static_cast<Wait*>(handle->data);
    if (--wait->openHandles == 0)
        delete wait;
}

void finish(Wait* wait, bool ready) {
    uv_poll_stop(&wait->poll);
    waits.erase(wait->fd);
    const Napi::Env env = wait->deferred.Env();
    {
        const Napi::HandleScope handles(env);
        // Runs the promise's reactions before control returns to the loop.
        const Napi::CallbackScope callback(env, wait->context);
        wait->deferred.Resolve(wait->settle(env, ready));
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&wait->timer), closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&wait->poll), closed);
}

} // namespace

Napi::Promise when_readable(Napi::Env env, int fd, int timeoutMs,
                            std::function<Napi::Value(Napi::Env, bool)> settle) {
    auto* wait = new Wait(env, std::move(settle));
    const auto promise = wait->deferred.Promise();
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    if (const int error = uv_poll_init(loop, &wait->poll, fd); error != 0) {
        wait->deferred.Reject(Napi::Error::New(env, uv_strerror(error)).Value());
        delete wait;
        return promise;
    }
    wait->fd = fd;
    waits[fd] = wait;
    uv_timer_init(loop, &wait->timer);
    wait->openHandles = 2;
    wait->poll.data = wait->timer.data = wait;
    uv_poll_start(&wait->poll, UV_READABLE | UV_DISCONNECT,
                  [](uv_poll_t* poll, int, int) { finish(static_cast<Wait*>(poll->data), true); });
    if (timeoutMs >= 0) {
        uv_timer_start(
            &wait->timer, [](uv_timer_t* timer) { finish(static_cast<Wait*>(timer->data), false); },
            timeoutMs, 0);
    }
    return promise;
}

void unref_waiting(int fd) {
    if (const auto found = waits.find(fd); found != waits.end()) {
        uv_unref(reinterpret_cast<uv_handle_t*>(&found->second->poll));
        uv_unref(reinterpret_cast<uv_handle_t*>(&found->second->timer));
    }
}

void stop_waiting(int fd) {
    if (const auto found = waits.find(fd); found != waits.end())
        finish(found->second, false);
}

} // namespace tlxc
