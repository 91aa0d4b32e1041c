// Where an ordinary user's own labd has its things; `lab` and labd must agree on it. Header-only,
// because lab does not link labd.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace labd {

// For sockets and journals. Without a login session (su, cron) there may be no XDG_RUNTIME_DIR: a
// folder of /tmp then, which must turn out to be the user's own before it is used.
inline std::string user_run_folder() {
    const std::string uid = std::to_string(::getuid());
    const char* given = std::getenv("XDG_RUNTIME_DIR");
    std::string base = given != nullptr && given[0] == '/' ? given : "/run/user/" + uid;
    struct stat info {};
    const bool own = ::stat(base.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
                     info.st_uid == ::getuid() && ::access(base.c_str(), W_OK | X_OK) == 0;
    return own ? base + "/labd" : "/tmp/labd-" + uid;
}

// For what outlives a boot.
inline std::string user_state_folder() {
    const char* given = std::getenv("XDG_STATE_HOME");
    if (given != nullptr && given[0] == '/') return std::string(given) + "/labd";
    const char* home = std::getenv("HOME");
    if (home != nullptr && home[0] == '/' && ::access(home, W_OK | X_OK) == 0)
        return std::string(home) + "/.local/state/labd";
    return user_run_folder() + "/state";
}

inline bool is_own_folder(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == ::getuid() && (info.st_mode & S_ISVTX) == 0;
}

}  // namespace labd
