// Addresses and networks that a test writes down.
#pragma once

#include "topology/ip.hpp"

namespace test {

inline topology::Ip ip(const char* text) {
    return topology::Ip::parse(text).value();
}

inline topology::Prefix prefix(const char* text) {
    return topology::Prefix::parse(text).value();
}

}  // namespace test
