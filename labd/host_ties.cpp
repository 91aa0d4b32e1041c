// See host_ties.hpp. Written down first, done then; undone first, struck out then: whatever labd
// dies over can be done again.
#include "labd/host_ties.hpp"

#include "labd/fail.hpp"
#include "labd/fail_point.hpp"
#include "labd/hex.hpp"
#include "labd/linux_convert.hpp"
#include "labd/log.hpp"
#include "labd/slurp.hpp"
#include "netlink/netns.hpp"
#include "topology/uplink.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace labd {

namespace fs = std::filesystem;
using topology::Device;

namespace {

constexpr std::size_t name_digits = 8;
constexpr const char *opened_file = "/forwarding", *suffix = ".tie";

void put(const std::string& file, const std::string& text) {
    fs::create_directories(fs::path(file).parent_path());
    {
        std::ofstream out(file + ".new", std::ios::binary | std::ios::trunc);
        out << text;
        if (!out.flush()) fail("cannot write " + file);
    }
    fs::rename(file + ".new", file);
}

}  // namespace

std::string words(const TieKey& key) {
    return key.lab + "." + key.space + " " + key.device;
}

HostTies::HostTies(std::string folder, std::uint32_t mark)
    : folder_(std::move(folder)),
      table_(host_end_prefix + hex(mark)),
      netns_(netlink::current_netns()) {
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, none))
        if (entry.path().extension() == suffix)
            if (auto tie = parse_host_tie(slurp(entry.path()))) {
                const TieKey key = tie->key;
                ties_[key] = std::move(*tie);
            }
    if (fs::exists(folder_ + opened_file, none))
        opened_ = parse_opened(slurp(folder_ + opened_file));
    if (!ties_.empty()) known_ = find_addressed(host_end_prefix);
}

netlink::Socket HostTies::host() const {
    return netlink::socket_in(netns_.get());
}

std::string HostTies::file_of(const TieKey& key) const {
    return folder_ + "/" + topology::digest(words(key)) + suffix;
}

void HostTies::write_down(const HostTie& tie) {
    fail_point::before("host.record");
    put(file_of(tie.key), to_json(tie));
    fail_point::after("host.record");
    ties_[tie.key] = tie;
}

void HostTies::strike_out(const TieKey& key) {
    std::error_code none;
    fail_point::before("host.forget");
    fs::remove(file_of(key), none);
    fail_point::after("host.forget");
    ties_.erase(key);
}

const HostTie* HostTies::find(const TieKey& key) const {
    const auto found = ties_.find(key);
    return found == ties_.end() ? nullptr : &found->second;
}

netlink::Translation HostTies::wished() const {
    netlink::Translation out;
    out.only_to = host_end_prefix;
    for (const auto& [key, tie] : ties_)
        if (tie.kind == HostTie::Kind::uplink) {
            netlink::Translation::End& end = out.ends.emplace_back();
            end.device = tie.end;
            for (const topology::Prefix& address : topology::uplink_addresses(key.lab, key.space))
                end.sources.push_back(to_netlink(address.ip));
            out.sources.insert(out.sources.end(), end.sources.begin(), end.sources.end());
        }
    if (!out.any()) return out;
    out.closed4.assign(opened_.ipv4.begin(), opened_.ipv4.end());
    out.closed6.assign(opened_.ipv6.begin(), opened_.ipv6.end());
    return out;
}

// The rules come before anything is opened, and go after it is closed: nobody but labs is let
// through the host at any time.
void HostTies::settle() {
    const netlink::Entered inside(netns_.get());
    const bool wanted = wished().any();
    if (wanted) {
        find_closed(host_end_prefix, opened_);
        put(folder_ + opened_file, to_json(opened_));
    } else {
        fail_point::before("host.close");
        close(opened_);
        fail_point::after("host.close");
        opened_ = {};
    }
    fail_point::before("host.translate");
    netlink::set_translation(netns_.get(), table_, wished());
    fail_point::after("host.translate");
    if (wanted) {
        fail_point::before("host.open");
        open(opened_);
        known_ = find_addressed(host_end_prefix);
        fail_point::after("host.open");
    } else {
        std::error_code none;
        fs::remove(folder_ + opened_file, none);
    }
}

// Not those that somebody has closed: that is his wish, and shows as drift of the labs that need
// them.
void HostTies::open_new() {
    const netlink::Entered inside(netns_.get());
    const Opened before = std::exchange(known_, find_addressed(host_end_prefix));
    Opened fresh, next = opened_;
    find_closed(host_end_prefix, fresh);
    std::erase_if(fresh.ipv4, [&](const auto& name) { return before.ipv4.contains(name); });
    std::erase_if(fresh.ipv6, [&](const auto& name) { return before.ipv6.contains(name); });
    if (fresh.ipv4.empty() && fresh.ipv6.empty()) return;
    if (next.ipv4.empty()) next.all4 = fresh.all4;
    if (next.ipv6.empty()) next.all6 = fresh.all6;
    next.ipv4.insert(fresh.ipv4.begin(), fresh.ipv4.end());
    next.ipv6.insert(fresh.ipv6.begin(), fresh.ipv6.end());
    opened_ = std::move(next);
    put(folder_ + opened_file, to_json(opened_));
    netlink::set_translation(netns_.get(), table_, wished());
    open(fresh);
}

std::vector<TieKey> HostTies::look_again() {
    std::vector<TieKey> out;
    if (wished().any()) open_new();
    std::erase_if(held_, [&](const auto& entry) { return !ties_.contains(entry.first); });
    for (const auto& [key, tie] : ties_) {
        const bool now = holds(tie),
                   before = std::exchange(held_.try_emplace(key, true).first->second, now);
        if (now != before) out.push_back(key);
    }
    return out;
}

std::string HostTies::lost(const HostTie& tie) const {
    netlink::Socket socket = host();
    if (tie.kind == HostTie::Kind::moved) return "";
    const auto end = named(socket, tie.end);
    if (!end) return "its interface " + tie.end + " is gone";
    if (!end->up()) return "its interface " + tie.end + " is down";
    if (tie.kind == HostTie::Kind::port) {
        const auto bridge = named(socket, tie.outside);
        const bool plugged = bridge && end->master == bridge->index;
        return plugged ? "" : "its interface " + tie.end + " is no port of " + tie.outside;
    }
    const netlink::Entered inside(netns_.get());
    Opened closed;
    find_closed(host_end_prefix, closed);
    for (const auto& [names, family] :
         {std::pair(&closed.ipv4, "IPv4"), std::pair(&closed.ipv6, "IPv6")})
        if (!names->empty()) return *names->begin() + " does not forward " + family;
    return netlink::holds_translation(netns_.get(), table_, wished())
               ? ""
               : "the rules of nft table inet " + table_ + " are gone or others";
}

std::map<TieKey, std::string> HostTies::lost() const {
    std::map<TieKey, std::string> out;
    for (const auto& [key, tie] : ties_)
        if (std::string words = lost(tie); !words.empty()) out[key] = std::move(words);
    return out;
}

void HostTies::join(const TieKey& key, int netns, const Device& device) {
    part(key, -1);  // what an earlier attempt has left
    HostTie tie;
    tie.key = key;
    tie.outside = device.settings.outside;
    tie.end = host_end_prefix + topology::digest(words(key)).substr(0, name_digits);
    try {
        if (device.kind == Device::Kind::uplink) {
            write_down(tie);
            join_uplink(tie, netns, device);
            return;
        }
        netlink::Socket socket = host();
        const auto there = named(socket, tie.outside);
        if (!there) throw netlink::Error({"take", "interface " + tie.outside}, {ENODEV, "", ""});
        tie.kind = there->kind == "bridge" ? HostTie::Kind::port : HostTie::Kind::moved;
        if (tie.kind == HostTie::Kind::port) {
            write_down(tie);
            join_port(tie, netns, device);
        } else {
            move(tie, netns, device);
        }
    } catch (...) {
        part(key, netns);
        throw;
    }
}

void HostTies::part(const TieKey& key, int netns) {
    const HostTie* found = find(key);
    if (found == nullptr) return;
    const HostTie tie = *found;
    try {
        if (tie.kind == HostTie::Kind::moved) {
            give_back(tie, netns);
        } else {
            netlink::Socket socket = host();
            fail_point::before("host.part");
            if (const auto end = named(socket, tie.end)) {
                netlink::Message remove = netlink::remove_link({std::nullopt, end->index});
                socket.request(remove, {"remove", tie.end});
            }
            fail_point::after("host.part");
        }
        // Without it, but still written down: if labd dies here, the next one does the rest.
        ties_.erase(key);
        // Who has come back is let through again, as long as labs need it.
        if (tie.kind == HostTie::Kind::uplink || wished().any()) settle();
        strike_out(key);
    } catch (const std::exception& error) {
        log::error(words(key) + ": " + error.what());
        ties_[key] = tie;  // and the next one tries again
    }
    std::error_code none;
    fs::remove(folder_, none);  // as long as it is empty
}

void HostTies::part_all(const std::string& lab,
                        const std::function<int(const std::string&)>& find_netns) {
    std::vector<TieKey> keys;
    for (const auto& [key, tie] : ties_)
        if (key.lab == lab) keys.push_back(key);
    for (const TieKey& key : keys) part(key, find_netns(key.space));
}

void HostTies::sweep(const std::set<std::string>& labs, const std::string& netns_dir) {
    std::set<std::string> gone;
    for (const auto& [key, tie] : ties_)
        if (!labs.contains(key.lab)) gone.insert(key.lab);
    for (const std::string& lab : gone) {
        log::warning(lab + ": is no more; what it had of the host goes back");
        std::map<std::string, netlink::Fd> left;
        part_all(lab, [&](const std::string& space) {
            try {
                netlink::Fd& netns = left[space];
                netns = netlink::open_netns(netns_dir + "/" + lab + "." + space);
                return netns.get();
            } catch (const netlink::Error&) {
                return -1;
            }
        });
    }
}

}  // namespace labd
