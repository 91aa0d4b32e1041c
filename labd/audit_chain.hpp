// The audit log as bytes: lines that hang together, so that one changed, left out or put in shows.
// Pure. A line is one JSON object on one line:
//
//   {"seq":7,…,"prev":"HASH OF LINE 6","hash":"SHA-256 of all before ,\"hash\""}
//
// After a crash the last line may be cut short. It stays as it is, and the next record begins with
// "torn":"SHA-256 of it". Whoever can write the file can write a chain of their own: what the chain
// shows is a change by somebody who did not, or could not, rewrite all that came after; the
// kernel's audit log, where it is on, holds seq and hash of every record as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labd {

inline constexpr std::size_t audit_line_limit = 64 * 1024;

struct ChainEnd {
    std::uint64_t seq = 0;  // of the last record; 0: there is none
    std::string hash = std::string(64, '0');
    bool operator==(const ChainEnd&) const = default;
};

// The next record, with its newline; `chain` moves on to it. `fields`: the inside of a JSON object.
// `torn`: the line in between that was cut short, "" = none.
std::string chain_line(ChainEnd& chain, std::string_view fields, std::string_view torn = {});

// Where the chain stands after this line (without newline); nothing when it is no whole record.
std::optional<ChainEnd> end_of(std::string_view line);

// Takes the lines in order, those of all files one after the other.
class ChainReader {
  public:
    // "" = as it should be, else why not, in words.
    std::string take(std::string_view line);

    std::uint64_t records() const { return records_; }
    std::uint64_t torn() const { return torn_lines_; }  // lines cut short by a crash
    // True when the last line taken was cut short, and so far nothing has come after it.
    bool ends_torn() const { return !torn_.empty(); }
    const std::optional<ChainEnd>& last() const { return last_; }

  private:
    std::optional<ChainEnd> last_;
    std::string torn_;  // hash of a line that may be one cut short
    std::uint64_t records_ = 0, torn_lines_ = 0;
};

}  // namespace labd
