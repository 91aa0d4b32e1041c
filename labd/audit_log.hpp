// Reading the audit log: by pages, or whole to see whether its chain holds. In steps of at most
// 256 KiB (about 3 ms), because it happens on the kernel thread.
#pragma once

#include "labd/audit_chain.hpp"
#include "labd/fd.hpp"
#include "labd/peer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace labd {

struct AuditFilter {  // "" = any
    std::string lab, node, verb;
    std::string who;    // name or number of a user
    std::string since;  // "2026-01-02T03:04:05": RFC 3339, UTC; may be shortened from the right
};

// What the log's files hold, one after the other, the oldest first. Keeps its place while files are
// renamed by rotation.
class AuditReader {
  public:
    // `cursor`: where an earlier one stood, "" = at the beginning.
    explicit AuditReader(const std::string& directory, const std::string& cursor = "");

    struct Line {
        std::string text;          // without newline
        std::string file;          // "audit.jsonl"
        std::uint64_t number = 0;  // in that file, from where this reader began
    };
    // The next lines, about 256 KiB of them; none: the end.
    std::vector<Line> next();
    std::string cursor() const;
    std::size_t files() const { return files_.size(); }

  private:
    struct File {
        std::string name;
        std::uint64_t inode = 0;
        Fd fd;
    };
    std::vector<File> files_;
    std::size_t at_ = 0;
    std::uint64_t offset_ = 0, number_ = 0;
};

// A record that passes the filter, and that `reader` may read: root all, others what they did and
// what was done with their labs.
bool shows(const std::string& line, const AuditFilter& filter, const Peer& reader);

struct AuditVerdict {
    bool whole = true;
    std::uint64_t records = 0, first = 0, last = 0, torn = 0;
    std::uint64_t lost = 0;  // never written, as those behind them say
    std::string file, why;   // of the first line that is wrong
    std::uint64_t line = 0;
};

class AuditVerifier {
  public:
    // `known`: a record that must be there, as far as labd remembers. `kept`: so many files stay,
    // besides audit.jsonl, before the oldest goes.
    AuditVerifier(const std::string& directory, ChainEnd known, std::size_t kept);
    bool step();  // false: the verdict is there
    const AuditVerdict& verdict() const { return verdict_; }

  private:
    AuditReader reader_;
    ChainReader chain_;
    ChainEnd known_;
    std::size_t kept_;
    std::uint64_t lines_ = 0;  // of the file read last
    AuditVerdict verdict_;
};

}  // namespace labd
