#include "labd/audit_log.hpp"

#include "labd/fail.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace labd {

namespace json = boost::json;

namespace {

constexpr std::size_t slice = 256 * 1024;

std::string text(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

std::optional<std::int64_t> number(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->as_int64();
}

bool is_any_of(const std::string& wanted, const std::string& found) {
    return wanted.empty() || wanted == found;
}

}  // namespace

AuditReader::AuditReader(const std::string& directory, const std::string& cursor) {
    std::uint64_t inode = 0, offset = 0;
    const std::size_t colon = cursor.find(':');
    if (colon != std::string::npos) {
        (void)std::from_chars(cursor.data(), cursor.data() + colon, inode);
        (void)std::from_chars(cursor.data() + colon + 1, cursor.data() + cursor.size(), offset);
    }
    // From the youngest on: a rotation meanwhile shifts files towards us, so none is missed.
    for (unsigned n = 0;; ++n) {
        File file;
        file.name = n == 0 ? "audit.jsonl" : "audit.jsonl." + std::to_string(n);
        file.fd.reset(
            ::open((directory + "/" + file.name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        struct stat info {};
        if (!file.fd || ::fstat(file.fd.get(), &info) != 0) {
            if (errno != ENOENT) fail("cannot read " + directory + "/" + file.name);
            if (n == 0) continue;
            break;
        }
        file.inode = info.st_ino;
        const bool twice = std::any_of(files_.begin(), files_.end(),
                                       [&](const File& f) { return f.inode == file.inode; });
        if (!twice) files_.push_back(std::move(file));
    }
    std::reverse(files_.begin(), files_.end());
    for (std::size_t i = 0; i < files_.size(); ++i)
        if (inode != 0 && files_[i].inode == inode) {
            at_ = i;
            offset_ = offset;
        }
}

std::vector<AuditReader::Line> AuditReader::next() {
    std::vector<Line> lines;
    while (at_ < files_.size() && lines.empty()) {
        const File& file = files_[at_];
        std::string bytes(slice, '\0');
        const ssize_t n =
            ::pread(file.fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_));
        if (n < 0) fail("cannot read " + file.name);
        bytes.resize(static_cast<std::size_t>(n));
        const bool last_file = at_ + 1 == files_.size();
        const bool to_end = bytes.size() < slice;
        std::size_t begin = 0;
        for (std::size_t end = bytes.find('\n'); end != std::string::npos;
             begin = end + 1, end = bytes.find('\n', begin))
            lines.push_back({bytes.substr(begin, end - begin), file.name, ++number_});
        // Without its newline: cut short by a crash, or longer than any record.
        const bool rest = begin < bytes.size() && (to_end || lines.empty());
        if (rest) lines.push_back({bytes.substr(begin), file.name, ++number_});
        offset_ += rest ? bytes.size() : begin;
        if (!to_end) continue;
        if (last_file && !rest) break;
        if (last_file) {
            // It may yet become whole: the next reader begins there again.
            offset_ -= bytes.size() - begin;
            ++at_;
        } else {
            ++at_;
            offset_ = number_ = 0;
        }
    }
    return lines;
}

std::string AuditReader::cursor() const {
    if (files_.empty()) return "";
    const File& file = files_[std::min(at_, files_.size() - 1)];
    return std::to_string(file.inode) + ":" + std::to_string(offset_);
}

bool shows(const std::string& line, const AuditFilter& filter, const Peer& reader) {
    json::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) return false;
    const json::object& record = value.as_object();
    const json::value* who = record.if_contains("who");
    const json::object nobody;
    const json::object& actor = who != nullptr && who->is_object() ? who->as_object() : nobody;
    const auto uid = number(actor, "uid"), owner = number(record, "owner");
    if (!reader.is_master() && uid != reader.uid && owner != reader.uid) return false;
    const bool by = filter.who.empty() || filter.who == text(actor, "user") ||
                    (uid && filter.who == std::to_string(*uid));
    const std::string verb = text(record, "verb");
    // "node" means node.start, node.end and node.lost.
    const bool verb_fits = is_any_of(filter.verb, verb) || verb.starts_with(filter.verb + ".");
    return by && verb_fits && is_any_of(filter.lab, text(record, "lab")) &&
           is_any_of(filter.node, text(record, "node")) && text(record, "time") >= filter.since;
}

namespace {

// Records that could not be written before this one. A text in a record has its quotes escaped.
std::uint64_t lost_before(std::string_view record) {
    constexpr std::string_view key = ",\"lost\":";
    const std::size_t at = record.find(key);
    std::uint64_t lost = 0;
    if (at == record.npos) return 0;
    const std::string_view digits = record.substr(at + key.size());
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), lost);
    return lost;
}

}  // namespace

AuditVerifier::AuditVerifier(const std::string& directory, ChainEnd known, std::size_t kept)
    : reader_(directory), known_(std::move(known)), kept_(kept) {}

bool AuditVerifier::step() {
    const std::vector<AuditReader::Line> lines = reader_.next();
    const auto wrong = [this](const AuditReader::Line& line, std::string why) {
        verdict_.whole = false;
        verdict_.file = line.file;
        verdict_.line = line.number;
        verdict_.why = std::move(why);
        return false;
    };
    for (const AuditReader::Line& line : lines) {
        lines_ = line.number;
        std::string why = chain_.take(line.text);
        if (!why.empty()) return wrong(line, std::move(why));
        if (!chain_.last()) continue;
        if (verdict_.first == 0) {
            verdict_.first = chain_.last()->seq;
            if (verdict_.first > 1 && reader_.files() <= kept_)
                return wrong(line, "the records before " + std::to_string(verdict_.first) +
                                       " are missing, and not because they are old");
        }
        verdict_.last = chain_.last()->seq;
        verdict_.records = chain_.records();
        verdict_.lost += lost_before(line.text);
        verdict_.torn = chain_.torn() + (chain_.ends_torn() ? 1 : 0);
        if (verdict_.last == known_.seq && *chain_.last() != known_)
            return wrong(line, "record " + std::to_string(known_.seq) +
                                   " is not the one that labd has written");
    }
    if (!lines.empty()) return true;
    const bool cut_short = chain_.ends_torn() && verdict_.last + 1 == known_.seq;
    if (verdict_.last < known_.seq && !cut_short)
        return wrong({"", "audit.jsonl", lines_ + 1},
                     "labd has written " + std::to_string(known_.seq) +
                         " records, and the last one there is " + std::to_string(verdict_.last));
    return false;
}

}  // namespace labd
