// Where an ordinary user's own labd has its things; `lab` and labd must agree on it. Header-only,
// because lab does not link labd.
#pragma once

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
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

// Something in it that no labd has put there, "" when there is nothing: labd gives a folder a mode
// of its own, which somebody's home or /etc must never get. `ours`: what a labd keeps in such a
// folder; where one of `marks` is, a labd has been.
inline std::string somebodys_entry(const std::string& path, const std::set<std::string>& ours,
                                   const std::set<std::string>& marks = {}) {
    DIR* folder = ::opendir(path.c_str());
    if (folder == nullptr) return {};
    std::string other;
    bool marked = false;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        marked = marked || marks.contains(name);
        if (name != "." && name != ".." && !ours.contains(name)) other = name;
    }
    (void)::closedir(folder);
    return marked ? "" : other;
}
// The same of the folder that a labd with this socket runs in.
inline std::string somebodys_entry_beside(const std::string& socket) {
    const std::size_t slash = socket.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : socket.substr(0, slash + 1);
    std::set<std::string> ours{"lock", "events", "labd.log", "state"};
    struct stat info {};
    if (::lstat(socket.c_str(), &info) == 0 && S_ISSOCK(info.st_mode))
        ours.insert(socket.substr(slash + 1));
    return somebodys_entry(folder, ours, {"labs"});
}

inline bool is_own_folder(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == ::getuid() && (info.st_mode & S_ISVTX) == 0;
}

}  // namespace labd
