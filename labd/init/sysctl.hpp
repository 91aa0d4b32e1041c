#pragma once

#include <string>

namespace labd::init {

// Writes one value below the node's own /proc/sys. `key` has dots or slashes; a name with dots in
// it (an interface "eth0.5") needs slashes, as with sysctl(8). Throws Failure.
// Its present value, without the newline; "" for one that cannot be read (some are for writing
// only: net.ipv4.route.flush).
std::string read_sysctl(const std::string& key);
void write_sysctl(const std::string& key, const std::string& value);

}  // namespace labd::init
