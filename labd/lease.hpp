// Ranges of user and group ids on loan to labs: one range of 65,536 per lab, so that root of one
// lab is nobody to another. The loans stand in STATE/ids and outlive labd: ids that still own
// processes or files are never lent twice.
#pragma once

#include "labd/fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace labd {

struct Lease {
    std::string lab;
    std::uint32_t first = 0;  // host id of id 0 in the lab
    std::uint32_t count = 0;
    bool operator==(const Lease&) const = default;
};

class Leases {
  public:
    static constexpr std::uint32_t range = 65536;
    // 29000 × 65536 and up: above adduser's, systemd's (0x00080000–0x6FFF0000) and below 2^31,
    // where signed ids of old file systems and archives end.
    static constexpr std::uint32_t first_slot = 29000, end_slot = 32768;

    explicit Leases(std::string state_dir);  // made, 0700, when absent

    // The same lab again: the same range. Ranges of /etc/subuid and /etc/subgid are left alone.
    Lease take(const std::string& lab);
    void release(const std::string& lab);  // unknown: no error
    std::vector<Lease> all() const;

    // Where to look first: differs by directory, so that two daemons rarely lend the same.
    std::uint32_t start_slot() const;

  private:
    struct Lock;
    std::vector<Lease> read() const;
    void write(const std::vector<Lease>& leases) const;

    std::string dir_;
    Fd dir_fd_;
};

}  // namespace labd
