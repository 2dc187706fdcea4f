{
  "variables": { "openssl_fips": "" },
  "target_defaults": {
    "include_dirs": ["."],
    # Designated initialisers leave fields out on purpose; -Wrestrict is wrong about std::string in GCC 12.
    "cflags": ["-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Wno-restrict", "-Werror", "-fvisibility=hidden", "-fstack-protector-strong"],
    "cflags_cc": ["-std=c++20", "-fno-exceptions", "-fno-rtti"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
    "defines": ["_GNU_SOURCE", "_FORTIFY_SOURCE=2"]
  },
  "targets": [
    {
      "target_name": "tlxc",
      "sources": ["<!@(find addon attach common -name '*.cc')"],
      "cflags_cc": ["-include", "addon/older_libraries.h"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "libraries": ["-l:libcap.a"]
    },
    {
      "target_name": "tlxc-monitor",
      "type": "executable",
      "sources": ["<!@(find executor monitor attach plan common -name '*.cc')"],
      "cflags": ["-Os", "-ffunction-sections", "-fdata-sections", "-isystem", "/usr/include/libnl3"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now"],
      "ldflags!": ["-rdynamic", "-pthread"],
      "libraries": ["-lseccomp", "-lcap", "-lnl-3"]
    },
    {
      "target_name": "tlxc-enter",
      "type": "executable",
      "sources": ["<!@(find enter -name '*.cc')"],
      "cflags": ["-Os"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections"],
      "ldflags!": ["-rdynamic", "-pthread"]
    },
    {
      "target_name": "tlxc-init",
      "type": "executable",
      "sources": ["<!@(find init -name '*.cc')"],
      "cflags": ["-Os"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections"],
      "ldflags!": ["-rdynamic", "-pthread"]
    },
    {
      "target_name": "tlxc-mapped",
      "type": "executable",
      "sources": ["<!@(find mapped common -name '*.cc')"],
      "cflags": ["-Os"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections"],
      "ldflags!": ["-rdynamic", "-pthread"]
    },
    {
      "target_name": "tlxc-namespaces",
      "type": "executable",
      "sources": ["<!@(find namespaces -name '*.cc')", "common/program.cc", "executor/network/netlink.cc", "executor/network/link.cc", "executor/network/no_name_service.cc"],
      "cflags": ["-Os", "-ffunction-sections", "-fdata-sections", "-isystem", "/usr/include/libnl3"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now"],
      "ldflags!": ["-rdynamic", "-pthread"],
      "libraries": ["-lnl-3"]
    },
    {
      "target_name": "tlxc-user-nic",
      "type": "executable",
      "sources": ["<!@(find user-nic -name '*.cc')", "executor/network/netlink.cc", "executor/network/link.cc", "executor/network/no_name_service.cc"],
      "cflags": ["-Os", "-ffunction-sections", "-fdata-sections", "-isystem", "/usr/include/libnl3"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now"],
      "ldflags!": ["-rdynamic", "-pthread"],
      "libraries": ["-lnl-3", "-lcap"]
    },
    {
      "target_name": "tlxc-proxy",
      "type": "executable",
      "sources": ["<!@(find proxy -name '*.cc')"],
      "cflags": ["-O2", "-ffunction-sections", "-fdata-sections"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now"],
      "ldflags!": ["-rdynamic", "-pthread"],
      "libraries": ["-lseccomp", "-lcap"]
    },
    {
      "target_name": "tlxc-transfer",
      "type": "executable",
      "sources": ["<!@(find transfer -name '*.cc')", "monitor/report.cc"],
      "cflags": ["-O2", "-ffunction-sections", "-fdata-sections"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now"],
      "ldflags!": ["-rdynamic", "-pthread"],
      "libraries": ["-lcap"]
    },
    {
      "target_name": "tlxc-pty",
      "type": "executable",
      "sources": ["<!@(find pty -name '*.cc')"],
      "cflags": ["-Os"],
      "cflags!": ["-O3", "-fPIC", "-pthread"],
      "ldflags": ["-static", "-Wl,--gc-sections"],
      "ldflags!": ["-rdynamic", "-pthread"]
    }
  ]
}
