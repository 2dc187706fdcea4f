// Whether nftables has a table: one question to the kernel, where running nft(8) would take longer than a
// start.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>

#include "addon/families.h"
#include "addon/js.h"
#include "common/unique_fd.h"

namespace tlxc {
namespace {

// The kernel answers at once; the deadline is for what never should happen.
constexpr int kDeadlineMs = 1000;

struct Question {
    nlmsghdr head;
    nfgenmsg body;
    nlattr attribute;
    char name[NFT_NAME_MAXLEN];
};

Question question(unsigned char family, const std::string& table) {
    Question ask{};
    const size_t size = table.size() + 1;
    ask.attribute.nla_type = NFTA_TABLE_NAME;
    ask.attribute.nla_len = static_cast<uint16_t>(NLA_HDRLEN + size);
    memcpy(ask.name, table.c_str(), size);
    ask.body.nfgen_family = family;
    ask.body.version = NFNETLINK_V0;
    ask.head.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE;
    ask.head.nlmsg_flags = NLM_F_REQUEST;
    ask.head.nlmsg_len =
        static_cast<uint32_t>(NLMSG_LENGTH(sizeof ask.body) + NLA_ALIGN(ask.attribute.nla_len));
    return ask;
}

// 0: there is one; ENOENT: there is none; another errno: the kernel would not say.
int ask_kernel(const Question& ask) {
    const UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
    if (!fd || ::send(fd.get(), &ask, ask.head.nlmsg_len, 0) < 0)
        return errno;
    pollfd readable{fd.get(), POLLIN, 0};
    if (::poll(&readable, 1, kDeadlineMs) != 1)
        return ETIMEDOUT;
    alignas(nlmsghdr) char answer[4096];
    const ssize_t size = ::recv(fd.get(), answer, sizeof answer, 0);
    const auto* head = reinterpret_cast<const nlmsghdr*>(answer);
    if (size < 0)
        return errno;
    if (!NLMSG_OK(head, static_cast<unsigned>(size)))
        return EBADMSG;
    return head->nlmsg_type == NLMSG_ERROR ? -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error : 0;
}

Napi::Value has_packet_filter_table(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto table = info[0].ToString().Utf8Value();
    if (table.size() >= NFT_NAME_MAXLEN)
        return Napi::Boolean::New(env, false);
    const int error = ask_kernel(question(NFPROTO_INET, table));
    if (error != 0 && error != ENOENT)
        return js::failure(env, Failure{.step = "network", .syscall = "NFT_MSG_GETTABLE", .err = error});
    return Napi::Boolean::New(env, error == 0);
}

} // namespace

void export_packet_filter(Napi::Env env, Napi::Object exports) {
    exports.Set("hasPacketFilterTable", Napi::Function::New(env, has_packet_filter_table));
}

} // namespace tlxc
