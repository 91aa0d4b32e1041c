#include "labd/spawner/stamp.hpp"

#include "labd/init/accounts.hpp"
#include "labd/spawner/memory_file.hpp"

#include <cstdio>

namespace labd::spawner {
namespace {

constexpr char by_change = 'c', by_owner = 'o';

// Equal as long as nothing changed that matters. ctime moves with contents, mode and owner, and
// nobody sets it back (inode(7)).
std::string mark(char how, const struct stat& s) {
    char text[128];
    const auto device = static_cast<unsigned long>(s.st_dev),
               inode = static_cast<unsigned long>(s.st_ino);
    if (how == by_change)
        (void)std::snprintf(text, sizeof text, "%lx:%lx:%lld.%ld", device, inode,
                            static_cast<long long>(s.st_ctim.tv_sec), s.st_ctim.tv_nsec);
    else
        (void)std::snprintf(text, sizeof text, "%lx:%lx:%o:%u:%u", device, inode, s.st_mode,
                            s.st_uid, s.st_gid);
    return text;
}

bool is_before(const timespec& a, const timespec& b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

}  // namespace

void Stamp::saw(std::string_view path, const struct stat& status, bool contents) {
    const char how = contents ? by_change : by_owner;
    text_.append(1, how).append(mark(how, status)).append(1, ' ').append(path).append(1, '\0');
    if (contents && is_before(newest_, status.st_ctim)) newest_ = status.st_ctim;
}

void Stamp::append(const Stamp& other) {
    text_ += other.text_;
    if (is_before(newest_, other.newest_)) newest_ = other.newest_;
}

Fd Stamp::to_file(const timespec& begun) const {
    const timespec settled{begun.tv_sec - 1, begun.tv_nsec};
    return memory_file("stamp", is_before(newest_, settled) ? text_ : "");
}

bool is_current(const Fd& stamp) {
    if (!stamp) return false;
    const std::string text = text_of(stamp);
    if (text.empty()) return false;
    for (const std::string_view line : split(text, '\0')) {
        if (line.empty()) continue;
        const std::size_t space = line.find(' ');
        struct stat s {};
        // What split() gave is followed by the NUL it was split at.
        if (space == line.npos || lstat(line.data() + space + 1, &s) != 0) return false;
        if (mark(line[0], s) != line.substr(1, space - 1)) return false;
    }
    return true;
}

}  // namespace labd::spawner
