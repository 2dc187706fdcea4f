#include "namespaces/order.h"

#include <charconv>
#include <string_view>

namespace tlxc {
namespace {

template <typename Number> bool number(std::string_view text, Number& out) {
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, out);
    return error == std::errc{} && last == end;
}

// INSIDE:OUTSIDE:COUNT
bool add_range(std::string_view text, std::vector<IdRange>& ranges) {
    const size_t first = text.find(':'), second = text.find(':', first + 1);
    if (first == text.npos || second == text.npos)
        return false;
    IdRange range;
    ranges.push_back(range);
    return number(text.substr(0, first), ranges.back().inside) &&
           number(text.substr(first + 1, second - first - 1), ranges.back().outside) &&
           number(text.substr(second + 1), ranges.back().count);
}

template <typename Id> bool set_id(std::string_view text, std::optional<Id>& id) {
    return number(text, id.emplace());
}

bool set_groups(std::string_view text, std::optional<std::vector<gid_t>>& groups) {
    groups.emplace();
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(','));
        if (!number(word, groups->emplace_back()))
            return false;
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    return true;
}

bool take(std::string_view key, std::string_view value, Order& order) {
    if (key == "namespaces")
        return number(value, order.namespaces);
    if (key == "uids" || key == "gids")
        return add_range(value, key == "uids" ? order.uids : order.gids);
    if (key == "uid")
        return set_id(value, order.uid);
    if (key == "gid")
        return set_id(value, order.gid);
    if (key == "groups")
        return set_groups(value, order.groups);
    if (key == "interface")
        order.interfaces.emplace_back(value);
    else if (key == "newuidmap")
        order.newUidMap = value;
    else if (key == "newgidmap")
        order.newGidMap = value;
    else if (key == "hostname")
        order.hostname = value;
    else if (key == "remount")
        order.remount = true;
    else if (key == "daemon")
        order.daemon = true;
    else if (key == "status")
        order.status = true;
    else
        return false;
    return true;
}

} // namespace

bool parse(int argc, char** argv, Order& out) {
    if (argc < 4)
        return false;
    out.label = argv[1];
    int next = 2;
    for (; next < argc && std::string_view(argv[next]) != "--"; ++next) {
        const std::string_view word = argv[next];
        const size_t equals = word.find('=');
        const std::string_view value = equals == word.npos ? "" : word.substr(equals + 1);
        if (!take(word.substr(0, equals), value, out))
            return false;
    }
    out.argv = argv + next + 1;
    return next + 1 < argc;
}

} // namespace tlxc
