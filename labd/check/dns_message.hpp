// DNS messages (RFC 1035): one question out, the answers in. The answer comes from a node: every
// length is checked, names are followed a bounded number of times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace labd::check {

// nullopt for a type nobody knows.
std::optional<std::uint16_t> dns_type(const std::string& word);

// A recursive question. Empty when the name is none (a label over 63 bytes, 255 in all).
std::string dns_query(const std::string& name, std::uint16_t type, std::uint16_t id);

struct DnsAnswer {
    bool good = false;  // it is an answer to that question
    unsigned code = 0;  // 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
    bool truncated = false;
    std::vector<std::string> data;  // of the asked type: "192.0.2.1", "10 mail.example.net"
};
DnsAnswer parse_dns_answer(const std::string& bytes, std::uint16_t type, std::uint16_t id);
std::string dns_code(unsigned code);

}  // namespace labd::check
