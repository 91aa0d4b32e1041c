// openat2(2) with RESOLVE_BENEATH (Linux 5.6) lets the kernel refuse "..", absolute links and links
// that lead out, without the race that checking a path first would have.
#include "cli/disk_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

namespace cli {
namespace {

constexpr std::size_t most_bytes = 64 << 20;  // of all files of a lab: no single one is larger
constexpr std::size_t most_files = 10'000;
constexpr std::size_t deepest = 64;

// A descriptor that closes itself.
class Handle {
  public:
    explicit Handle(int fd) : x_fd(fd) {}
    ~Handle() {
        if (x_fd >= 0) (void)::close(x_fd);  // nothing was written: nothing can be lost
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    int get() const { return x_fd; }
    int release() { return std::exchange(x_fd, -1); }

  private:
    int x_fd;
};

int open_beneath(int folder, const std::string& path, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(
        ::syscall(SYS_openat2, folder, path.empty() ? "." : path.c_str(), &how, sizeof how));
}

// Regular files below `path`. Folders that are links are followed as far as they
// stay inside; `seen` keeps a circle of links from going on for ever.
void walk(int root, const std::string& path, const std::string& shown, std::size_t depth,
          std::set<std::pair<dev_t, ino_t>>& seen, std::vector<std::string>& found) {
    Handle handle(open_beneath(root, path, O_RDONLY | O_DIRECTORY));
    struct stat status {};
    if (handle.get() < 0 || depth > deepest || ::fstat(handle.get(), &status) != 0) return;
    const std::pair self(status.st_dev, status.st_ino);
    if (!seen.insert(self).second) return;
    DIR* folder = ::fdopendir(handle.get());
    if (folder == nullptr) return;
    (void)handle.release();  // closedir closes it
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    (void)::closedir(folder);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        if (found.size() >= most_files) break;
        const std::string below = path.empty() ? name : path + "/" + name;
        const std::string seen_as = shown.empty() ? name : shown + "/" + name;
        Handle file(open_beneath(root, below, O_PATH));
        if (file.get() < 0) {
            // Unreadable, or a link that leads out: reading it says so, leaving it out would not.
            found.push_back(seen_as);
        } else if (::fstat(file.get(), &status) == 0) {
            if (S_ISREG(status.st_mode)) found.push_back(seen_as);
            if (S_ISDIR(status.st_mode)) walk(root, below, seen_as, depth + 1, seen, found);
        }
    }
    seen.erase(self);  // two links to one folder are two folders: only ancestors make a circle
}

}  // namespace

DiskFiles::DiskFiles(const std::string& folder)
    : x_folder(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (x_folder < 0)
        throw std::system_error(errno, std::generic_category(),
                                "cannot open the folder \"" + folder + "\"");
}

DiskFiles::~DiskFiles() {
    (void)::close(x_folder);
}

std::optional<topology::Files::Entry> DiskFiles::read(const std::string& path) {
    if (path.find('\0') != std::string::npos) return std::nullopt;
    // O_NONBLOCK: a FIFO must not make us wait for its writer.
    const Handle file(open_beneath(x_folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return std::nullopt;
    Entry entry;
    entry.mode = status.st_mode & 07777;
    char buffer[65536];
    while (true) {
        const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) return entry;
        entry.content.append(buffer, static_cast<std::size_t>(got));
        if (entry.content.size() > most_bytes) return std::nullopt;
    }
}

std::vector<std::string> DiskFiles::list(const std::string& folder) {
    std::vector<std::string> found;
    std::set<std::pair<dev_t, ino_t>> seen;
    if (folder.find('\0') == std::string::npos) walk(x_folder, folder, "", 0, seen, found);
    std::sort(found.begin(), found.end());
    return found;
}

std::optional<topology::Files::Entry> RecordingFiles::read(const std::string& path) {
    std::optional<Entry> entry = x_files.read(path);
    if (entry) x_recorded[path] = *entry;
    return entry;
}

std::vector<std::string> RecordingFiles::list(const std::string& folder) {
    return x_files.list(folder);
}

}  // namespace cli
