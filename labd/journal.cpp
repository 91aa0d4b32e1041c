// The journal's bytes: framing, checksums, and what is left of a damaged file.
#include "labd/journal.hpp"

#include "labd/fail_point.hpp"
#include "labd/hex.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace labd {
namespace {

[[noreturn]] void throw_unwritten(const std::string& doing, int error = errno) {
    throw JournalError(error, std::generic_category(), doing);
}

// CRC32C (Castagnoli, reflected): finds every burst up to 32 bits, where a sum or FNV does not
// promise any.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1U) != 0 ? (value >> 1U) ^ 0x82f63b78U : value >> 1U;
        table[i] = value;
    }
    return table;
}();

std::uint32_t crc32c(std::uint32_t seed, std::string_view bytes) {
    std::uint32_t crc = ~seed;
    for (const char c : bytes)
        crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc >> 8U);
    return ~crc;
}

void check(const Record& record) {
    const bool good =
        !record.type.empty() && std::all_of(record.type.begin(), record.type.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                   c == '-';
        });
    if (!good) throw std::invalid_argument("no type of a journal record: \"" + record.type + "\"");
}

// The record's line; `chain` goes on to it.
std::string line_of(const Record& record, std::uint32_t& chain) {
    check(record);
    const std::string body = record.type + " " + record.json;
    const std::string sized = std::to_string(body.size()) + " " + body;
    chain = crc32c(chain, sized);
    return hex(chain) + " " + sized + "\n";
}

std::string lines_of(std::span<const Record> records, std::uint32_t& chain) {
    std::string lines;
    for (const Record& record : records) lines += line_of(record, chain);
    return lines;
}

bool number(std::string_view text, std::size_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

// The record at the start of `bytes` and its length; nothing when it is none.
std::optional<std::size_t> take(std::string_view bytes, std::uint32_t& chain, Record& record) {
    if (bytes.size() < 9 || bytes[8] != ' ') return std::nullopt;
    std::string_view rest = bytes.substr(9);
    const std::size_t space = rest.substr(0, 20).find(' ');
    std::size_t length = 0;
    if (space == std::string_view::npos || !number(rest.substr(0, space), length) ||
        length >= rest.size() - space - 1 || rest[space + 1 + length] != '\n')
        return std::nullopt;
    const std::string_view sized = rest.substr(0, space + 1 + length);
    const std::uint32_t next = crc32c(chain, sized);
    const std::string_view body = sized.substr(space + 1);
    const std::size_t split = body.find(' ');
    if (hex(next) != bytes.substr(0, 8) || split == std::string_view::npos) return std::nullopt;
    record = {std::string(body.substr(0, split)), std::string(body.substr(split + 1))};
    chain = next;
    return 9 + sized.size() + 1;
}

JournalContents parse(std::string_view bytes, std::uint32_t& chain) {
    JournalContents contents;
    Record record;
    while (contents.valid_bytes < bytes.size()) {
        const auto taken = take(bytes.substr(contents.valid_bytes), chain, record);
        if (!taken) {
            contents.damage = "record " + std::to_string(contents.records.size() + 1) +
                              " at byte " + std::to_string(contents.valid_bytes) +
                              " is damaged; it and what follows is ignored (" +
                              std::to_string(bytes.size() - contents.valid_bytes) + " bytes)";
            break;
        }
        contents.records.push_back(std::move(record));
        contents.valid_bytes += *taken;
    }
    return contents;
}

std::string slurp(int fd, const std::string& path) {
    std::string bytes;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t n =
            ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(bytes.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw_unwritten("cannot read the journal " + path);
        if (n == 0) return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

// All of it, or the errno of what stopped it.
int write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

Fd open_for_append(const std::string& path, int flags) {
    Fd file(
        ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
    if (!file) throw_unwritten("cannot open the journal " + path);
    return file;
}

}  // namespace

JournalContents parse_journal(std::string_view bytes) {
    std::uint32_t chain = 0;
    return parse(bytes, chain);
}

JournalContents read_journal(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT) return {};
    if (!file) throw_unwritten("cannot open the journal " + path);
    return parse_journal(slurp(file.get(), path));
}

Journal::Journal(std::string path) : path_(std::move(path)), file_(open_for_append(path_, 0)) {
    const std::string bytes = slurp(file_.get(), path_);
    const JournalContents contents = parse(bytes, chain_);
    bytes_ = contents.valid_bytes;
    if (bytes_ < bytes.size() && ::ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0)
        throw_unwritten("cannot cut the damaged tail off the journal " + path_);
}

void Journal::append(std::span<const Record> records) {
    if (records.empty()) return;
    std::uint32_t chain = chain_;
    const std::string lines = lines_of(records, chain);
    fail_point::before("journal.append");
    if (const int error = write_all(file_.get(), lines)) {
        // Half a record would hide all that is appended later.
        const bool cut = ::ftruncate(file_.get(), static_cast<off_t>(bytes_)) == 0;
        errno = error;
        throw_unwritten("cannot write to the journal " + path_ +
                        (cut ? "" : " (and its end is damaged now)"));
    }
    bytes_ += lines.size();
    chain_ = chain;
    fail_point::after("journal.append");
}

void Journal::rewrite(std::span<const Record> records) {
    std::uint32_t chain = 0;
    const std::string lines = lines_of(records, chain);
    const std::string temporary = path_ + ".new";
    fail_point::before("journal.write");
    Fd file = open_for_append(temporary, O_TRUNC);
    int error = write_all(file.get(), lines);
    fail_point::before("journal.rename");
    if (error == 0 && ::rename(temporary.c_str(), path_.c_str()) != 0) error = errno;
    if (error != 0) {
        (void)::unlink(temporary.c_str());  // what is left is overwritten the next time
        errno = error;
        throw_unwritten("cannot rewrite the journal " + path_);
    }
    file_ = std::move(file);
    bytes_ = lines.size();
    chain_ = chain;
    fail_point::after("journal.rename");
}

}  // namespace labd
