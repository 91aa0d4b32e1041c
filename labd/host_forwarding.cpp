#include "labd/host_forwarding.hpp"

#include "netlink/address.hpp"
#include "netlink/link.hpp"

#include <boost/json.hpp>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace labd {

namespace json = boost::json;

namespace {

constexpr const char *ipv4 = "/proc/sys/net/ipv4/conf/", *ipv6 = "/proc/sys/net/ipv6/conf/",
                     *forwarding = "/forwarding", *forced = "/force_forwarding";

std::string read(const std::string& file) {
    std::ifstream in(file);
    std::string out;
    std::getline(in, out);
    return out;
}

// What is not there is no setting.
void write(const std::string& file, const char* value) {
    std::error_code none;
    if (std::filesystem::exists(file, none)) std::ofstream(file) << value;
}

bool is_on(const std::string& file) {
    return read(file) == "1";
}

json::array list(const std::set<std::string>& names) {
    json::array out;
    for (const std::string& name : names) out.emplace_back(name);
    return out;
}

std::set<std::string> read_list(const json::object& object, const char* key) {
    std::set<std::string> out;
    for (const json::value& name : object.at(key).as_array()) out.emplace(name.as_string());
    return out;
}

}  // namespace

bool can_forward_ipv6() {
    std::error_code none;
    return std::filesystem::exists(std::string(ipv6) + "all" + forced, none) ||
           is_on(std::string(ipv6) + "all" + forwarding);
}

Opened find_addressed(const std::string& our_prefix) {
    netlink::Socket socket;
    std::map<std::uint32_t, std::string> names;
    for (const netlink::Link& link : netlink::links(socket))
        if (link.name != "lo" && !link.name.starts_with(our_prefix)) names[link.index] = link.name;
    Opened out;
    for (const netlink::Address& address : netlink::addresses(socket)) {
        const auto name = names.find(address.index);
        if (name == names.end() || address.scope == RT_SCOPE_LINK) continue;
        (address.ip.family == AF_INET ? out.ipv4 : out.ipv6).insert(name->second);
    }
    return out;
}

void find_closed(const std::string& our_prefix, Opened& opened) {
    if (opened.ipv4.empty()) opened.all4 = is_on(std::string(ipv4) + "all" + forwarding);
    if (opened.ipv6.empty()) opened.all6 = is_on(std::string(ipv6) + "all" + forwarding);
    const Opened addressed = find_addressed(our_prefix);
    for (const std::string& name : addressed.ipv4)
        if (!is_on(ipv4 + name + forwarding)) opened.ipv4.insert(name);
    if (opened.all6 || !can_forward_ipv6()) return;
    for (const std::string& name : addressed.ipv6)
        if (!is_on(ipv6 + name + forced)) opened.ipv6.insert(name);
}

void open(const Opened& opened) {
    for (const std::string& name : opened.ipv4) write(ipv4 + name + forwarding, "1");
    for (const std::string& name : opened.ipv6) write(ipv6 + name + forced, "1");
}

void close(const Opened& opened) {
    if (is_on(std::string(ipv4) + "all" + forwarding) == opened.all4)
        for (const std::string& name : opened.ipv4) write(ipv4 + name + forwarding, "0");
    if (is_on(std::string(ipv6) + "all" + forwarding) == opened.all6)
        for (const std::string& name : opened.ipv6) write(ipv6 + name + forced, "0");
}

void open_end(const std::string& device) {
    write(ipv4 + device + forwarding, "1");
    write(ipv6 + device + forced, "1");
    write(ipv6 + device + std::string("/accept_ra"), "0");
}

std::string to_json(const Opened& opened) {
    json::object out;
    out["ipv4"] = list(opened.ipv4);
    out["ipv6"] = list(opened.ipv6);
    out["all4"] = opened.all4;
    out["all6"] = opened.all6;
    return json::serialize(out);
}

Opened parse_opened(const std::string& text) try {
    const json::object object = json::parse(text).as_object();
    Opened out;
    out.ipv4 = read_list(object, "ipv4");
    out.ipv6 = read_list(object, "ipv6");
    out.all4 = object.at("all4").as_bool();
    out.all6 = object.at("all6").as_bool();
    return out;
} catch (const std::exception&) {
    return {};
}

}  // namespace labd
