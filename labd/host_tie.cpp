#include "labd/host_tie.hpp"

#include <boost/json.hpp>

#include <array>

namespace labd {

namespace json = boost::json;

namespace {

constexpr std::array kinds{"uplink", "port", "moved"};
constexpr std::string_view digits = "0123456789abcdef";

std::string to_hex(netlink::Bytes bytes) {
    std::string out;
    for (const std::byte byte : bytes) {
        out += digits[std::to_integer<std::size_t>(byte >> 4)];
        out += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return out;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
    std::vector<std::byte> out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const std::size_t high = digits.find(text[i]), low = digits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        out.push_back(static_cast<std::byte>(high << 4 | low));
    }
    return out;
}

json::array list(const std::vector<std::vector<std::byte>>& payloads) {
    json::array out;
    for (const auto& payload : payloads) out.emplace_back(to_hex(payload));
    return out;
}

json::object to_object(const netlink::Keepsake& kept) {
    json::object out;
    out["index"] = kept.index;
    out["name"] = kept.name;
    out["mac"] = to_hex(kept.mac);
    out["mtu"] = kept.mtu;
    out["group"] = kept.group;
    out["queue_length"] = kept.queue_length;
    out["up"] = kept.up;
    out["addresses"] = list(kept.addresses);
    out["routes"] = list(kept.routes);
    out["neighbors"] = list(kept.neighbors);
    out["nexthops"] = list(kept.nexthops);
    out["qdiscs"] = list(kept.qdiscs);
    return out;
}

// Throws what boost::json throws on anything that is not as written.
std::vector<std::vector<std::byte>> read_list(const json::value& value) {
    std::vector<std::vector<std::byte>> out;
    for (const json::value& one : value.as_array())
        if (auto payload = from_hex(std::string_view(one.as_string())))
            out.push_back(std::move(*payload));
    return out;
}

netlink::Keepsake read_kept(const json::object& object) {
    const auto number = [&](const char* key) { return object.at(key).to_number<std::uint32_t>(); };
    netlink::Keepsake out;
    out.index = number("index");
    out.name = object.at("name").as_string();
    if (const auto mac = from_hex(std::string_view(object.at("mac").as_string()));
        mac && mac->size() == out.mac.size())
        std::copy(mac->begin(), mac->end(), out.mac.begin());
    out.mtu = number("mtu");
    out.group = number("group");
    out.queue_length = number("queue_length");
    out.up = object.at("up").as_bool();
    out.addresses = read_list(object.at("addresses"));
    out.routes = read_list(object.at("routes"));
    // An earlier labd has not written these down.
    if (const json::value* list = object.if_contains("neighbors")) out.neighbors = read_list(*list);
    if (const json::value* list = object.if_contains("nexthops")) out.nexthops = read_list(*list);
    if (const json::value* list = object.if_contains("qdiscs")) out.qdiscs = read_list(*list);
    return out;
}

}  // namespace

std::string to_json(const HostTie& tie) {
    json::object out;
    out["kind"] = kinds[static_cast<std::size_t>(tie.kind)];
    out["lab"] = tie.key.lab;
    out["space"] = tie.key.space;
    out["device"] = tie.key.device;
    out["outside"] = tie.outside;
    out["end"] = tie.end;
    out["kept"] = to_object(tie.kept);
    json::object sysctls;
    for (const auto& [file, value] : tie.sysctls) sysctls[file] = value;
    out["sysctls"] = std::move(sysctls);
    return json::serialize(out);
}

std::optional<HostTie> parse_host_tie(const std::string& text) try {
    const json::object object = json::parse(text).as_object();
    HostTie out;
    const std::string_view kind = object.at("kind").as_string();
    for (std::size_t k = 0; k < kinds.size(); ++k)
        if (kind == kinds[k]) out.kind = static_cast<HostTie::Kind>(k);
    out.key.lab = object.at("lab").as_string();
    out.key.space = object.at("space").as_string();
    out.key.device = object.at("device").as_string();
    out.outside = object.at("outside").as_string();
    out.end = object.at("end").as_string();
    out.kept = read_kept(object.at("kept").as_object());
    for (const auto& [file, value] : object.at("sysctls").as_object())
        out.sysctls[std::string(file)] = value.as_string();
    return out;
} catch (const std::exception&) {
    return std::nullopt;
}

}  // namespace labd
