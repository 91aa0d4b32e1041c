// The journal of a lab in its own words: what each record holds, and what they say together.
#pragma once

#include "labd/journal.hpp"
#include "labd/lab.hpp"

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace labd {

struct KeptNode {
    ProcessIdentity init;
    std::string container;
    topology::Contents contents;
    std::map<std::string, std::string> sysctl_before;
    std::map<std::string, std::size_t> ruleset;
    bool started = false, paused = false;
    std::time_t born = 0;
};

// What a journal says of a lab. Later records win.
struct Kept {
    Access access;
    std::time_t since = 0;
    std::uint32_t id_base = 0;
    std::string hosts;
    std::optional<ProcessIdentity> spawner, open_spawner, relay;
    std::map<std::string, LiveSpace> spaces;
    std::map<std::string, KeptNode> nodes;
    std::map<std::string, std::string> asleep;
    std::map<std::string, std::string> keys;
    bool up = false;        // it was complete once, and nobody has begun to take it down
    bool changing = false;  // and a change had begun after that: what it touched is `unsure`
    Overrides overrides;
};

std::string to_json(const std::string& space, const LiveSpace& live);
std::string to_json(const std::string& node, const LiveNode& live);

// What a sysctl was before the lab's file had a value for it, for the record that comes before
// that.
std::string sysctl_json(const std::string& node, const std::string& key, const std::string& before);

// What a change is to bring about in nodes, for the record that says that it begins.
std::string to_json(const std::vector<topology::Step>& steps);

// The lab as it stands, ending with "up".
std::vector<Record> snapshot_records(const Lab& lab);
// Records under another boot id, unknown or misshapen ones are passed over.
Kept read_records(const std::vector<Record>& records);

}  // namespace labd
