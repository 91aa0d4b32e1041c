// The other side of Parser: `labd --parse`, a process that can compute and nothing else. It answers
// one request and ends.
#pragma once

#include "labd/bundle.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labd::parser {

inline constexpr const char* role = "--parse";
inline constexpr int socket_fd = 3;
// Each way: u64 length, bytes. Files are 64 MiB at most, and what follows from them is not much
// more.
inline constexpr std::uint64_t longest_message = 512ULL * 1024 * 1024;

std::string encode(const Bundle& bundle);
std::optional<Bundle> decode_bundle(std::string_view bytes);

// Gives up everything, reads one bundle from `socket`, resolves it, writes what came out. The exit
// status of the process.
int serve(int socket);

// The part that gives up: no ids, no capabilities, no descriptors but stdio and `socket`, no system
// calls but those of memory and of reading and writing what is open. Throws std::system_error.
void seal(int socket);

}  // namespace labd::parser
