// The addon's families of functions, one file each; module.cc puts them together.
#pragma once
#include <napi.h>

namespace tlxc {

void export_exchange(Napi::Env env, Napi::Object exports);
void export_attach(Napi::Env env, Napi::Object exports);
void export_process(Napi::Env env, Napi::Object exports);
void export_files(Napi::Env env, Napi::Object exports);
void export_open_file(Napi::Env env, Napi::Object exports);
void export_filesystem_sync(Napi::Env env, Napi::Object exports);
void export_attributes(Napi::Env env, Napi::Object exports);
void export_btrfs(Napi::Env env, Napi::Object exports);
void export_small_copy(Napi::Env env, Napi::Object exports);
void export_placement(Napi::Env env, Napi::Object exports);
void export_projects(Napi::Env env, Napi::Object exports);
void export_network_state(Napi::Env env, Napi::Object exports);
void export_network_events(Napi::Env env, Napi::Object exports);
void export_hold_signals(Napi::Env env, Napi::Object exports);
void export_own_code(Napi::Env env, Napi::Object exports);
void export_strangers(Napi::Env env, Napi::Object exports);
void export_packet_filter(Napi::Env env, Napi::Object exports);

} // namespace tlxc
