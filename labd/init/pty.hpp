#pragma once

#include "labd/fd.hpp"
#include "labd/init/accounts.hpp"

#include <cstdint>

namespace labd::init {

struct Pty {
    Fd master, slave;
};

// A terminal of the node's own devpts: its name means nothing outside. Throws Failure.
Pty make_pty(const Account& owner, std::uint32_t rows, std::uint32_t columns);
void resize_pty(const Fd& master, std::uint32_t rows, std::uint32_t columns);

}  // namespace labd::init
