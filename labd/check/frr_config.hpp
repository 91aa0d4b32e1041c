// What `show running-config` of vtysh says, by sections. Hostile input: what cannot be read is not
// there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace labd::check {

class FrrConfig {
  public:
    using Lines = std::vector<std::string>;  // without indentation
    // The section of lines that stand in none: "ip prefix-list P seq 5 permit any".
    static constexpr const char* outside = "!";

    FrrConfig() = default;
    explicit FrrConfig(const std::string& text);

    // Of "interface eth0" or "router isis lab"; those of an address family stand in a section of
    // their own, "router bgp 65001/ipv4 unicast". Empty when there is none.
    const Lines& section(const std::string& name) const;
    // The first section that begins with these words, of the default VRF; "" = none.
    std::string find(const std::string& words) const;
    std::vector<std::string> beginning_with(const std::string& words) const;
    bool empty() const { return sections_.empty(); }

    // What follows the words on the first line that begins with them, "" when nothing does; nullopt
    // when no line does.
    static std::optional<std::string> value(const Lines& lines, const std::string& words);
    // The same of every such line.
    static std::vector<std::string> values(const Lines& lines, const std::string& words);

  private:
    std::map<std::string, Lines> sections_;
};

}  // namespace labd::check
