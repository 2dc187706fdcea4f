// tlxc.node: the system calls that Node lacks. Its typed face is src/native/binding.ts.
#include "addon/families.h"

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
    tlxc::export_exchange(env, exports);
    tlxc::export_attach(env, exports);
    tlxc::export_process(env, exports);
    tlxc::export_files(env, exports);
    tlxc::export_open_file(env, exports);
    tlxc::export_filesystem_sync(env, exports);
    tlxc::export_attributes(env, exports);
    tlxc::export_btrfs(env, exports);
    tlxc::export_small_copy(env, exports);
    tlxc::export_placement(env, exports);
    tlxc::export_projects(env, exports);
    tlxc::export_network_state(env, exports);
    tlxc::export_network_events(env, exports);
    tlxc::export_own_code(env, exports);
    tlxc::export_strangers(env, exports);
    tlxc::export_packet_filter(env, exports);
    tlxc::export_hold_signals(env, exports);
    return exports;
}

NODE_API_MODULE(tlxc, initialize)
