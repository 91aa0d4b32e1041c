#include "topology/sharing.hpp"

#include "topology/suggest.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace topology {
namespace {

constexpr std::array<std::string_view, 3> rights{"see", "enter", "change"};

// What useradd(8) and directory services let be a name: what cannot stand in /etc/passwd, or
// would change what a terminal shows, is none.
bool is_account_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '-') return false;
    return std::none_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '/' || c == ',';
    });
}

std::optional<Share> read_share(const Value& value, const std::string& text, bool group,
                                const Reader& reader) {
    Share share;
    share.group = group;
    share.where = value.where;
    const std::size_t colon = text.find(':');
    share.name = text.substr(0, colon);
    if (!is_account_name(share.name)) {
        reader.diagnostics.error(
            "D80", value.where,
            "\"" + share.name + "\" is no name of a " + (group ? "group" : "user"),
            group ? "group = \"students\"" : "allow = [\"alice\", \"bob:see\"]");
        return std::nullopt;
    }
    if (colon == std::string::npos) return share;
    const std::string right = text.substr(colon + 1);
    const auto found = std::find(rights.begin(), rights.end(), right);
    if (found == rights.end()) {
        std::string hint =
            did_you_mean(right, std::vector<std::string_view>(rights.begin(), rights.end()));
        hint += (hint.empty() ? "" : " ") + std::string("one of: see enter change");
        reader.diagnostics.error("D81", value.where,
                                 "\"" + right + "\" is nothing that " + share.name + " may do",
                                 hint);
        return std::nullopt;
    }
    share.right = static_cast<Right>(found - rights.begin());
    return share;
}

std::string written(const Share& share) {
    return share.right == Right::change ? share.name
                                        : share.name + ":" + std::string(word(share.right));
}

}  // namespace

void read_group(const Value& value, Lab& lab, const Reader& reader) {
    const std::optional<std::string> text = reader.string(value);
    if (!text) return;
    if (std::optional<Share> share = read_share(value, *text, true, reader))
        lab.shares.insert(lab.shares.begin(), std::move(*share));
}

void read_allow(const Value& value, Lab& lab, const Reader& reader) {
    const std::vector<Value>* items = reader.list("allow", value);
    if (items == nullptr) return;
    for (const Value& item : *items)
        if (const std::optional<std::string> text = reader.string(item))
            if (std::optional<Share> share = read_share(item, *text, false, reader))
                lab.shares.push_back(std::move(*share));
}

void write_shares(const Lab& lab, TomlTable& top) {
    std::vector<std::string> allow;
    for (const Share& share : lab.shares)
        if (share.group)
            top.text("group", written(share));
        else
            allow.push_back(written(share));
    if (!allow.empty()) top.raw("allow", toml_list(allow));
}

std::string_view word(Right right) {
    return rights.at(static_cast<std::size_t>(right));
}

}  // namespace topology
