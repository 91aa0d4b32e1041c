// STATE/ids: one line per loan, "SLOT LAB\n", under flock of the state directory, because rewriting
// replaces the file and a lock on the file would go with the old one.
#include "labd/lease.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace labd {
namespace {

struct Range {
    std::uint64_t first, end;
};

// Ranges that adduser, useradd or an administrator gave to somebody (subuid(5)).
std::vector<Range> given_ranges() {
    std::vector<Range> ranges;
    for (const char* path : {"/etc/subuid", "/etc/subgid"}) {
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
            std::istringstream words(line.substr(std::min(line.find(':'), line.size())));
            char colon = 0;
            std::uint64_t first = 0, count = 0;
            if (words >> colon >> first >> colon >> count) ranges.push_back({first, first + count});
        }
    }
    return ranges;
}

}  // namespace

struct Leases::Lock {
    explicit Lock(int dir) : fd(dir) {
        while (::flock(fd, LOCK_EX) != 0)
            if (errno != EINTR) fail("cannot lock the state directory");
    }
    ~Lock() { (void)::flock(fd, LOCK_UN); }  // cannot fail on an open descriptor
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    int fd;
};

Leases::Leases(std::string state_dir) : dir_(std::move(state_dir)) {
    if (::mkdir(dir_.c_str(), 0700) != 0 && errno != EEXIST)
        fail("cannot make the state directory " + dir_);
    dir_fd_ = Fd(::open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir_fd_) fail("cannot open the state directory " + dir_);
}

std::uint32_t Leases::start_slot() const {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(dir_.c_str(), nullptr),
                                                           &std::free);
    const std::string path = real ? real.get() : dir_;
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a: the same on every run
    for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return first_slot + static_cast<std::uint32_t>(hash % (end_slot - first_slot));
}

// Lines that make no sense are left out: after a power cut the file may be empty or torn, and then
// the processes that used these ids are gone as well, so nothing is fsync'ed either.
std::vector<Lease> Leases::read() const {
    std::vector<Lease> leases;
    std::ifstream file(dir_ + "/ids");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::uint32_t slot = 0;
        Lease lease;
        std::string more;
        if (!(words >> slot >> lease.lab) || (words >> more) || slot < first_slot ||
            slot >= end_slot)
            continue;
        lease.first = slot * range;
        lease.count = range;
        const bool twice = std::any_of(leases.begin(), leases.end(), [&](const Lease& other) {
            return other.first == lease.first || other.lab == lease.lab;
        });
        if (!twice) leases.push_back(std::move(lease));
    }
    return leases;
}

void Leases::write(const std::vector<Lease>& leases) const {
    std::string text;
    for (const Lease& lease : leases)
        text += std::to_string(lease.first / range) + " " + lease.lab + "\n";
    const Fd file(::openat(dir_fd_.get(), "ids.new",
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) fail("cannot write " + dir_ + "/ids.new");
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0) fail("cannot write " + dir_ + "/ids.new");
    if (static_cast<std::size_t>(n) != text.size()) {
        errno = ENOSPC;  // a short write to a file means just that
        fail("cannot write " + dir_ + "/ids.new");
    }
    if (::renameat(dir_fd_.get(), "ids.new", dir_fd_.get(), "ids") != 0)
        fail("cannot replace " + dir_ + "/ids");
}

Lease Leases::take(const std::string& lab) {
    if (lab.empty() || lab.find_first_of(" \t\r\n") != std::string::npos)
        throw std::invalid_argument("no name of a lab: \"" + lab + "\"");
    const Lock lock(dir_fd_.get());
    std::vector<Lease> leases = read();
    for (const Lease& lease : leases)
        if (lease.lab == lab) return lease;
    const std::vector<Range> given = given_ranges();
    constexpr std::uint32_t slots = end_slot - first_slot;
    const std::uint32_t start = start_slot() - first_slot;
    for (std::uint32_t i = 0; i < slots; ++i) {
        const std::uint32_t first = (first_slot + (start + i) % slots) * range;
        const bool lent = std::any_of(leases.begin(), leases.end(),
                                      [&](const Lease& lease) { return lease.first == first; });
        const bool foreign = std::any_of(given.begin(), given.end(), [&](const Range& r) {
            return r.first < std::uint64_t{first} + range && first < r.end;
        });
        if (lent || foreign) continue;
        leases.push_back({lab, first, range});
        write(leases);
        return leases.back();
    }
    throw std::runtime_error("no range of 65536 user ids is left for lab " + lab + ": all " +
                             std::to_string(slots) + " are on loan (" + dir_ + "/ids)");
}

void Leases::release(const std::string& lab) {
    const Lock lock(dir_fd_.get());
    std::vector<Lease> leases = read();
    if (std::erase_if(leases, [&](const Lease& lease) { return lease.lab == lab; }) != 0)
        write(leases);
}

std::vector<Lease> Leases::all() const {
    const Lock lock(dir_fd_.get());
    return read();
}

}  // namespace labd
