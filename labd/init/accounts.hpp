// Users and groups, read from the text of passwd(5) and group(5). By hand, because getpwnam of a
// static glibc loads NSS modules from the node's file system into PID 1.
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labd {

struct Account {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::string home, shell;
    std::vector<gid_t> groups;  // with gid
};

class Accounts {
  public:
    Accounts(std::string passwd, std::string group);
    // Of the file system we live in.
    static Accounts read();

    // By name or by number; a number nobody has is still a user, as with setpriv(1).
    std::optional<Account> user(std::string_view name) const;
    std::optional<gid_t> group(std::string_view name) const;

  private:
    std::string passwd_, group_;
};

// The whole file, or nothing when it cannot be read; at most 16 MiB.
std::string read_text(const char* path, int directory = -100 /* AT_FDCWD */);
std::string read_text(const Fd& file);
// The fields of one line.
std::vector<std::string_view> split(std::string_view line, char separator);
std::optional<unsigned> number(std::string_view text);

}  // namespace labd
