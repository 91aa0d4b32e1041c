#include "labd/init/accounts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

namespace labd {
namespace {

// Root of a node may put anything in the place of its passwd, /dev/zero for one.
constexpr std::size_t text_limit = 16 << 20;

// A root file system of the user's may lack the files; what root means is not theirs to say.
std::optional<unsigned> number_of(std::string_view name) {
    return name == "root" ? 0 : number(name);
}

}  // namespace

std::string read_text(const char* path, int directory) {
    static_assert(AT_FDCWD == -100);
    const Fd file(openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    return file ? read_text(file) : "";
}

std::string read_text(const Fd& file) {
    std::string text;
    char part[512];  // small: a node's init has no page of its stack to spare
    for (ssize_t n; text.size() < text_limit && (n = read(file.get(), part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(n));
    return text;
}

std::vector<std::string_view> split(std::string_view line, char separator) {
    std::vector<std::string_view> fields;
    for (;;) {
        const std::size_t end = line.find(separator);
        fields.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return fields;
        line.remove_prefix(end + 1);
    }
}

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
    return value;
}

Accounts::Accounts(std::string passwd, std::string group)
    : passwd_(std::move(passwd)), group_(std::move(group)) {}

Accounts Accounts::read() {
    return {read_text("/etc/passwd"), read_text("/etc/group")};
}

std::optional<Account> Accounts::user(std::string_view name) const {
    const std::optional<unsigned> wanted = number_of(name);
    std::optional<Account> found;
    for (const std::string_view line : split(passwd_, '\n')) {
        const std::vector<std::string_view> f = split(line, ':');
        if (f.size() < 7) continue;
        const std::optional<unsigned> uid = number(f[2]), gid = number(f[3]);
        if (!uid || !gid || (f[0] != name && uid != wanted)) continue;
        found = Account{std::string(f[0]), *uid, *gid, std::string(f[5]), std::string(f[6]), {}};
        if (f[0] == name) break;
    }
    if (!found) {
        if (!wanted) return std::nullopt;
        return Account{std::string(name), *wanted, *wanted, "/", "", {*wanted}};
    }
    found->groups.push_back(found->gid);
    for (const std::string_view line : split(group_, '\n')) {
        const std::vector<std::string_view> f = split(line, ':');
        const std::optional<unsigned> gid = f.size() < 4 ? std::nullopt : number(f[2]);
        if (!gid || *gid == found->gid) continue;
        for (const std::string_view member : split(f[3], ','))
            if (member == found->name) {
                found->groups.push_back(*gid);
                break;
            }
    }
    return found;
}

std::optional<gid_t> Accounts::group(std::string_view name) const {
    for (const std::string_view line : split(group_, '\n')) {
        const std::vector<std::string_view> f = split(line, ':');
        if (f.size() >= 4 && f[0] == name) return number(f[2]);
    }
    return number_of(name);
}

}  // namespace labd
