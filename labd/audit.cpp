#include "labd/audit.hpp"

#include "labd/events.hpp"
#include "labd/fail.hpp"
#include "labd/json_text.hpp"
#include "labd/log.hpp"
#include "labd/rights.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>

namespace labd {
namespace {

constexpr const char* current = "audit.jsonl";
constexpr std::size_t text_limit = 1024, argv_limit = 8 * 1024;
constexpr std::size_t memory_size = 96;  // a number of up to 20 digits and a hash

std::string cut(const std::string& text, std::size_t most) {
    return text.size() <= most ? text : text.substr(0, most) + "…";
}

void put(std::string& out, const char* key, const std::string& json) {
    out += (out.empty() ? "\"" : ",\"") + std::string(key) + "\":" + json;
}
void put_text(std::string& out, const char* key, const std::string& text) {
    if (!text.empty()) put(out, key, quote_json(cut(text, text_limit)));
}

std::string who_json(const Peer& who) {
    std::string out;
    put(out, "uid", std::to_string(who.uid));
    put_text(out, "user", user_name(who.uid));
    put(out, "gid", std::to_string(who.gid));
    put(out, "pid", std::to_string(who.pid));
    put_text(out, "command", who.command);
    put(out, "login_uid", who.login ? std::to_string(*who.login) : "null");
    return "{" + out + "}";
}

std::string argv_json(const std::vector<std::string>& argv) {
    std::string out;
    std::size_t left = argv_limit;
    for (const std::string& word : argv) {
        const std::string shown = left == 0 ? "…" : cut(word, std::min(left, text_limit));
        out += (out.empty() ? "" : ",") + quote_json(shown);
        if (left == 0) break;
        left -= std::min(left, word.size() + 1);
    }
    return "[" + out + "]";
}

std::string namespaces_json(const std::vector<NamespaceNumbers>& namespaces) {
    std::string out;
    for (const NamespaceNumbers& space : namespaces)
        out += (out.empty() ? "{\"type\":\"" : ",{\"type\":\"") + std::string(space.kind) +
               "\",\"dev\":" + std::to_string(space.dev) +
               ",\"inode\":" + std::to_string(space.inode) +
               ",\"id\":" + (space.id != 0 ? std::to_string(space.id) : std::string("null")) + "}";
    return "[" + out + "]";
}

std::string seconds(const timespec& time) {
    char text[64];
    (void)std::snprintf(text, sizeof text, "%lld.%09ld", static_cast<long long>(time.tv_sec),
                        time.tv_nsec);
    return text;
}

// The lock is on the folder: the file itself may be renamed by whoever holds it.
class Locked {
  public:
    explicit Locked(const Fd& folder) : folder_(folder) {
        while (::flock(folder.get(), LOCK_EX) != 0)
            if (errno != EINTR) fail("cannot lock the audit log");
    }
    ~Locked() { (void)::flock(folder_.get(), LOCK_UN); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

  private:
    const Fd& folder_;
};

Fd open_current(const Fd& folder) {
    Fd file(::openat(folder.get(), current, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                     0600));
    if (!file) fail("cannot open audit.jsonl");
    return file;
}

struct stat look(const Fd& file) {
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) fail("cannot look at audit.jsonl");
    return info;
}

struct Tail {
    ChainEnd end;
    std::string torn;  // the line behind it, when it is none
    bool newline_missing = false;
};

// What another labd, or an earlier one, has left at the end of a file of `size` bytes.
Tail read_tail(const Fd& file, std::uint64_t size) {
    Tail tail;
    const std::uint64_t from = size > 2 * audit_line_limit ? size - 2 * audit_line_limit : 0;
    std::string bytes(size - from, '\0');
    const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(from));
    if (n < 0) fail("cannot read audit.jsonl");
    bytes.resize(static_cast<std::size_t>(n));
    tail.newline_missing = !bytes.empty() && bytes.back() != '\n';
    while (!bytes.empty()) {
        if (bytes.back() == '\n') bytes.pop_back();
        const std::size_t begin = bytes.rfind('\n') + 1;  // npos + 1 is 0
        const std::string_view line = std::string_view(bytes).substr(begin);
        if (auto end = end_of(line)) {
            tail.end = std::move(*end);
            return tail;
        }
        // One line can have been cut short. More than that is no crash's work: the chain goes on
        // behind the last record there is, and verifying tells.
        if (tail.torn.empty()) tail.torn = line;
        bytes.resize(begin);
    }
    return tail;
}

void write_whole(const Fd& file, const std::string& bytes) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n == static_cast<ssize_t>(bytes.size())) return;
    if (n >= 0) errno = ENOSPC;  // the rest is a torn line, which the next record tells
    fail("cannot write audit.jsonl");
}

}  // namespace

std::string audit_fields(const Peer& who, const AuditEvent& event, const timespec& real,
                         const timespec& since_boot) {
    std::string out;
    put(out, "time", quote_json(rfc3339(real)));
    put(out, "boot", quote_json(boot_id()));
    put(out, "uptime", seconds(since_boot));
    put(out, "who", who_json(who));
    put_text(out, "verb", event.verb);
    put_text(out, "lab", event.lab);
    if (event.owner) put(out, "owner", std::to_string(*event.owner));
    put_text(out, "node", event.node);
    put_text(out, "container", event.container);
    if (!event.argv.empty()) put(out, "argv", argv_json(event.argv));
    if (!event.namespaces.empty()) put(out, "namespaces", namespaces_json(event.namespaces));
    put_text(out, "outcome", event.outcome);
    put_text(out, "detail", event.detail);
    return out;
}

Audit::Audit(const std::string& directory) : Audit(directory, Limits{}, {}) {}

Audit::Audit(const std::string& directory, Limits limits, AuditMirror mirror)
    : directory_(directory),
      limits_(limits),
      mirror_(std::move(mirror)),
      folder_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!folder_) fail("cannot open the audit log's folder " + directory);
}

void Audit::remember_in(const std::string& path) {
    memory_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!memory_)
        return log::error("where the audit log ends is not kept in " + path + ": " +
                          std::strerror(errno));
    std::array<char, memory_size> bytes{};
    const ssize_t n = ::pread(memory_.get(), bytes.data(), bytes.size(), 0);
    std::istringstream in(std::string(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0));
    ChainEnd kept;
    std::string hash;
    if (!(in >> kept.seq >> hash) || hash.size() != kept.hash.size()) return;
    kept.hash = hash;
    mine_ = seen_ = kept;
}

// One short write at one place: whole or not there after a crash of labd.
void Audit::remember() {
    if (!memory_) return;
    std::string line = std::to_string(mine_.seq) + " " + mine_.hash;
    line.resize(memory_size - 1, ' ');
    line += '\n';
    (void)!::pwrite(memory_.get(), line.data(), line.size(), 0);
}

void Audit::record(const Peer& who, const AuditEvent& event) {
    timespec real{}, since_boot{};
    (void)::clock_gettime(CLOCK_REALTIME, &real);
    (void)::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    std::string fields = audit_fields(who, event, real, since_boot);
    if (!admits(who, event, fields)) return;
    if (lost_ != 0) put(fields, "lost", std::to_string(lost_));
    try {
        mine_ = append(fields);
        remember();
        lost_ = 0;
        if (mirror_) mirror_(who, event, mine_);
    } catch (const std::exception& error) {
        if (lost_++ == 0)
            log::error(directory_ + ": nothing can be written to the audit log: " + error.what());
    }
}

// Refusals cost a client nothing, so one client could push everything else out of the log.
bool Audit::admits(const Peer& who, const AuditEvent& event, std::string& fields) {
    if (event.outcome != "refused") return true;
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    Refusals& theirs = refusals_[who.uid];
    if (theirs.minute != now.tv_sec / 60) {
        theirs.minute = now.tv_sec / 60;
        theirs.written = 0;
    }
    if (theirs.written >= limits_.refusals_a_minute) {
        ++theirs.left_out;
        return false;
    }
    ++theirs.written;
    if (theirs.left_out != 0)
        put(fields, "refusals_left_out", std::to_string(std::exchange(theirs.left_out, 0)));
    return true;
}

ChainEnd Audit::append(std::string_view fields) {
    const Locked lock(folder_);
    Fd file = open_current(folder_);
    struct stat info = look(file);
    Tail tail;
    if (info.st_ino == seen_inode_ && static_cast<std::uint64_t>(info.st_size) == seen_size_)
        tail.end = seen_;
    else
        tail = read_tail(file, static_cast<std::uint64_t>(info.st_size));
    if (info.st_size == 0 && tail.end.seq == 0) {
        // A file just begun, or one that was cut down to nothing: the one before may know more.
        const Fd before(::openat(folder_.get(), "audit.jsonl.1", O_RDONLY | O_CLOEXEC));
        if (before)
            tail.end = read_tail(before, static_cast<std::uint64_t>(look(before).st_size)).end;
    }
    // We know of more than the file holds: something was taken away. Going on from what we know
    // keeps the gap visible. (What a crash of the machine has cut short is there, in part.)
    const bool cut_short = !tail.torn.empty() && tail.end.seq + 1 == seen_.seq;
    if (tail.end.seq < seen_.seq && !cut_short) tail.end = seen_;
    if (static_cast<std::uint64_t>(info.st_size) >= limits_.file_bytes) {
        rotate();
        file = open_current(folder_);
        tail.newline_missing = false;
    }
    ChainEnd end = tail.end;
    const std::string line = chain_line(end, fields, tail.torn);
    write_whole(file, (tail.newline_missing ? "\n" : "") + line);
    info = look(file);
    seen_ = std::move(end);
    seen_inode_ = info.st_ino;
    seen_size_ = static_cast<std::uint64_t>(info.st_size);
    return seen_;
}

void Audit::rotate() {
    const auto name = [](unsigned number) {
        return number == 0 ? std::string(current)
                           : std::string(current) + "." + std::to_string(number);
    };
    for (unsigned number = limits_.files; number-- > 0;)
        if (::renameat(folder_.get(), name(number).c_str(), folder_.get(),
                       name(number + 1).c_str()) != 0 &&
            errno != ENOENT)
            fail("cannot rename " + name(number));
}

Peer labd_itself() {
    Peer self;
    self.uid = ::geteuid();
    self.gid = ::getegid();
    self.pid = ::getpid();
    self.command = "labd";
    return self;
}

}  // namespace labd
