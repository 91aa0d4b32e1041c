// What labd was about to do and what it has done, for the labd that comes after a crash (decision
// 9). Append-only: one line is one record, "CRC32C LENGTH TYPE JSON\n", the checksum going on from
// the record before, so that a record lost or swapped in the middle shows as well.
//
// Nothing is fsync'ed: the file lives on tmpfs together with the kernel objects that it describes.
// A killed process loses nothing that write(2) took; a machine that dies takes both away.
#pragma once

#include "labd/fd.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace labd {

// The host's disk, and no line of anybody's file.
struct JournalError : std::system_error {
    using std::system_error::system_error;
};

struct Record {
    std::string type;  // [a-z0-9_.-]+, "intent"
    std::string json;  // one JSON text
    bool operator==(const Record&) const = default;
};

struct JournalContents {
    std::vector<Record> records;  // all up to the first damage
    std::uint64_t valid_bytes = 0;
    std::string damage;  // a sentence, empty when the file is whole
};

// Absent file: no records, no damage.
JournalContents read_journal(const std::string& path);
// The same over bytes: pure, for tests and fuzzing.
JournalContents parse_journal(std::string_view bytes);

class Journal {
  public:
    // Opens or makes it, 0600. A damaged tail is cut off, else what is appended could not be read.
    explicit Journal(std::string path);

    // One write(2) for all of them: all are there or (after ENOSPC) none.
    void append(std::span<const Record> records);
    void append(const Record& record) { append(std::span<const Record>(&record, 1)); }

    // The file's whole content, by temp and rename: the old or the new file is there, never a half.
    void rewrite(std::span<const Record> records);

    const std::string& path() const { return path_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    std::string path_;
    Fd file_;
    std::uint64_t bytes_ = 0;
    std::uint32_t chain_ = 0;  // checksum of the last record
};

}  // namespace labd
