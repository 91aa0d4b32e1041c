// Who did what, when, to which lab and in which namespaces: an append-only log that outlives labd
// and is kept by every labd of the machine together. One line is one record (audit_chain.hpp);
// `lab audit` reads it.
//
// Written are changes and what goes into nodes (up, down, exec), births and ends of nodes, labd's
// own comings and goings, and whatever was refused. Looking is not written.
//
// DIR/audit.jsonl is 0600 in a folder 0700. At 16 MiB it becomes audit.jsonl.1, and .1 becomes .2;
// sixteen of them stay. The chain goes on from one file to the next.
#pragma once

#include "labd/audit_chain.hpp"
#include "labd/fd.hpp"
#include "labd/identity.hpp"
#include "labd/peer.hpp"

#include <cstdint>
#include <ctime>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace labd {

struct AuditEvent {
    AuditEvent() = default;
    AuditEvent(std::string what, std::string how_it_ended, std::string words = "")
        : verb(std::move(what)), outcome(std::move(how_it_ended)), detail(std::move(words)) {}

    std::string verb;     // "up", "exec", "node.start", …
    std::string outcome;  // begun, done, failed, granted, refused
    std::string detail;   // in words, may be empty
    std::string lab, node;
    std::optional<uid_t> owner;  // of the lab
    std::string container;       // of this incarnation of the node
    std::vector<std::string> argv;
    std::vector<NamespaceNumbers> namespaces;
};

// One line more than what was written, for a second place to keep it: the kernel's audit log.
using AuditMirror = std::function<void(const Peer& who, const AuditEvent& event, const ChainEnd&)>;

class Audit {
  public:
    struct Limits {
        std::uint64_t file_bytes = 16 * 1024 * 1024;
        unsigned files = 16;               // besides audit.jsonl
        unsigned refusals_a_minute = 120;  // of one user; the rest is counted
    };

    // The folder must be there. Throws when it cannot be opened.
    explicit Audit(const std::string& directory);
    Audit(const std::string& directory, Limits limits, AuditMirror mirror);

    // Never throws. What cannot be written (a full disk) is told in labd's log, once, and counted
    // in the next record that can: "lost":3.
    void record(const Peer& who, const AuditEvent& event);

    // Keeps in that file where its chain stands, and begins with what an earlier labd has kept
    // there: so what is taken from the end of the log while there is no labd is missed, too.
    // Where the file cannot be made, labd's log says so.
    void remember_in(const std::string& path);

    const std::string& directory() const { return directory_; }
    std::size_t kept_files() const { return limits_.files; }
    // After the last record that this labd has written, or that it remembers; seq 0: none.
    const ChainEnd& last() const { return mine_; }

  private:
    bool admits(const Peer& who, const AuditEvent& event, std::string& fields);
    ChainEnd append(std::string_view fields);
    void rotate();
    void remember();

    std::string directory_;
    Limits limits_;
    AuditMirror mirror_;
    Fd folder_, memory_;
    ChainEnd mine_, seen_;  // seen_: what stood at the end of `seen_file_` when it was written last
    std::uint64_t seen_inode_ = 0, seen_size_ = 0;
    std::uint64_t lost_ = 0;
    struct Refusals {
        std::time_t minute = 0;
        unsigned written = 0;
        std::uint64_t left_out = 0;
    };
    std::map<uid_t, Refusals> refusals_;
};

// labd acting of its own accord.
Peer labd_itself();

// The inside of the JSON object of a record: everything but seq and chain. Hostile texts are
// escaped and cut (security.md T13).
std::string audit_fields(const Peer& who, const AuditEvent& event, const timespec& real,
                         const timespec& since_boot);

}  // namespace labd
