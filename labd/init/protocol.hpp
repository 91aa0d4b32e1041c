// What labd, lab-init, the spawner and the CLI say to each other, and with the relay in
// labd/relay/protocol.hpp. Four conversations:
//
//   door      labd ↔ lab-init, SOCK_SEQPACKET. lab-init serves a listening socket that labd bound
//   in
//             its run directory, so a restarted labd connects again. One packet is one message.
//   spawning  labd ↔ the lab's spawner, SOCK_SEQPACKET: the same, for births.
//   outside   labd ↔ its helper in the user namespace of whoever started it, SOCK_SEQPACKET; only
//   of
//             a labd without root.
//   session   CLI ↔ lab-init, SOCK_STREAM: the client's own connection to labd, handed on with the
//             request. labd is out of the path from then on.
//
// A packet is {u32 type, u32 id, payload}. Numbers are in host order (both ends are one machine),
// texts are {u32 length, bytes}. The reader checks every length: lab-init's words are hostile
// input.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace protocol {

inline constexpr std::uint32_t version = 1;
// One packet, also with the default net.core.wmem_default of 208 KiB.
inline constexpr std::size_t packet_limit = 128 * 1024;
inline constexpr std::size_t chunk_limit = 64 * 1024;

class Packer {
  public:
    Packer(std::uint32_t type, std::uint32_t id) { u32(type).u32(id); }
    Packer& u32(std::uint32_t value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    Packer& text(std::string_view value) {
        u32(static_cast<std::uint32_t>(value.size()));
        bytes_.append(value);
        return *this;
    }
    Packer& list(const std::vector<std::string>& values) {
        u32(static_cast<std::uint32_t>(values.size()));
        for (const std::string& v : values) text(v);
        return *this;
    }
    const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

// Reads what Packer wrote. After a short or wrong packet ok() is false and every read gives zero
// or nothing, so callers check once at the end.
class Unpacker {
  public:
    explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
    std::uint32_t u32() {
        std::uint32_t value = 0;
        if (rest_.size() < sizeof value) return fail(), 0;
        std::memcpy(&value, rest_.data(), sizeof value);
        rest_.remove_prefix(sizeof value);
        return value;
    }
    std::string text() {
        const std::uint32_t n = u32();
        if (n > rest_.size()) return fail(), std::string();
        std::string value(rest_.substr(0, n));
        rest_.remove_prefix(n);
        return value;
    }
    std::vector<std::string> list() {
        const std::uint32_t n = u32();
        std::vector<std::string> values;
        if (n > rest_.size() / 4) return fail(), values;
        for (std::uint32_t i = 0; i < n && ok_; ++i) values.push_back(text());
        return values;
    }
    bool ok() const { return ok_; }
    bool done() const { return ok_ && rest_.empty(); }

  private:
    void fail() { ok_ = false, rest_ = {}; }
    std::string_view rest_;
    bool ok_ = true;
};

// The comments below are tables.
// clang-format off

// ---------------------------------------------------------------- the door

enum class Door : std::uint32_t {
    // labd → lab-init. Every one is answered by `answer` with its id, in any order.
    commit = 1,       // {}: from now on live without labd (before it: exit when labd goes)
    sysctl,           // {list key, list value}: /proc/sys, dots or slashes
    write_file,       // {path, u32 mode, owner, group, u32 offset, u32 last, data}: chunks in order;
                      // parents are made; written beside and renamed on the last chunk. With
                      // last = 2, what was there is kept as PATH~
    remove_file,      // {path}: absent is no error
    run,              // {list argv, list env, user, dir, u32 timeout_ms}: output kept in log "exec";
                      // answered at its end: {u32 wait_status, u32 timed_out, tail of its output}
    put_service,      // {name, list argv, list env, user, dir, u32 ready_kind, ready_argument,
                      //  u32 restart, u32 stop_signal, u32 grace_ms, list configures}: known, not
                      //  started; a running one of that name keeps running until started again.
                      //  It runs again when one that it configures has come back by itself.
    start_service,    // {name}: (re)started; answered when it has been spawned
    stop_service,     // {name}: answered when it is gone
    remove_service,   // {name}: stopped and forgotten, its log removed
    session,          // {list argv, list env, user, dir, u32 tty, u32 rows, u32 columns} + 1 fd:
                      // answered when the client is taken over; what becomes of it is told to the
                      // client. An empty argv is the user's login shell.
    logs,             // {service or "" = all, u32 follow, u32 lines (0 = all)} + 1 fd: a session
                      // that only talks
    states,           // {}: answered with {u32 n, n × service state as in the event}
    shutdown,         // {u32 grace_ms}: services stopped in reverse order of start, then exit
    hostname,         // {name}: of the node, also in its /etc/hostname
    pause,            // {u32 stop}: SIGSTOP or SIGCONT to everything but PID 1
    read_sysctl,      // {list key}: answered with {list value}, "" for what cannot be read
    compare_files,    // {list path, list size, list digest}: answered with {list "same", "changed",
                      // "gone"}
    compare_rights,   // {list path, list mode in octal, list owner, list group}: answered with
                      // {list "same", "other"}; what is gone has no others
    // lab-init → labd
    answer = 100,     // {u32 errno, text, payload as said above}
    service_state,    // {name, u32 ServiceState, u32 pid in the node, u32 wait_status, u32 restarts,
                      //  text}: sent on every change to every door connection
};

enum class ServiceState : std::uint32_t { waiting, starting, ready, backoff, failed, exited, stopping, stopped };
enum class ReadyKind : std::uint32_t { started, tcp, udp, file, log, exec, notify, exit };
enum class Restart : std::uint32_t { on_failure, always, no };

// ---------------------------------------------------------------- the start of a node

// A node's PID 1 is left with these descriptors and nothing else.
inline constexpr int door_fd = 3;   // the listening socket labd bound
inline constexpr int start_fd = 4;  // SEQPACKET; EOF before `commit` means: exit

enum class Start : std::uint32_t {
    ready = 1,  // {}
    failed,     // {u32 errno, step in words: "mount /proc"}
};

// ---------------------------------------------------------------- the spawner

// `lab-init --spawner` is exec'd by labd as host root with these.
inline constexpr int spawner_fd = 3;       // SEQPACKET, connected: the conversation that starts it
inline constexpr int spawner_door_fd = 4;  // listening: a restarted labd connects again

// How a node is kept apart. A spawner of a lab makes `lab` and `strict`; of an open node the parent
// must be outside every user namespace of ours: `lab-init --open-spawner`, which makes `open` alone.
enum class Level : std::uint32_t { open, lab, strict };

struct Birth {
    std::string node, hostname;
    Level level = Level::lab;
    std::string root;      // as told with Spawn::root; "" = the lab's own
    std::string clock;     // for timens_offsets of proc_pid(5): a time namespace of its own; "" = none
    std::uint32_t pids = 4096;  // RLIMIT_NPROC
    bool grouped = false;  // a second descriptor is the directory of its control group

    void pack(Packer& packet) const {
        packet.text(node).text(hostname).u32(static_cast<std::uint32_t>(level)).text(root);
        packet.text(clock).u32(pids).u32(grouped ? 1 : 0);
    }
    static Birth unpack(Unpacker& in) {
        Birth birth;
        birth.node = in.text();
        birth.hostname = in.text();
        birth.level = static_cast<Level>(in.u32());
        birth.root = in.text();
        birth.clock = in.text();
        birth.pids = in.u32();
        birth.grouped = in.u32() != 0;
        return birth;
    }
};

// Which base the spawner wants to be lent.
enum class Wanted : std::uint32_t { nothing, labds, made };
// What comes along: nothing; who owns what in /etc and /var, when the spawner's own user namespace is
// not the host's; the base, as the lab's own mount of it.
enum class Mapped : std::uint32_t { nothing, owners, base };

enum class Spawn : std::uint32_t {
    // labd → spawner
    mapped = 1,  // {u32 Mapped} + at most 1 fd: the id maps of L are written
    birth,       // {Birth} + 1 or 2 fds: the node's listening door, its control group
    space,       // {name, u32 quiet}: a network namespace without a process, for bridges
    hosts,       // {u32 last, data}: chunks of the lab's hosts file, replaced by rename on the last
    root,        // {name} + 1 fd: a detached mount of a directory, from now on the root `name`
    quit,        // {}: nothing of the lab is wanted any more; nodes still alive are killed; not
                 // answered: the spawner exits when they are gone
    relay,       // {u32 grouped} + 2 or 3 fds: the network namespace of its ends, its listening
                 // door (labd/relay/protocol.hpp), its control group
    base,        // {u32 lends} + at most 1 fd: the first of all, to a spawner of sealed nodes: whether
                 // labd lends bases (labd/spawner/base.hpp), and the stamp of the one it has
    // spawner → labd
    want_map = 100,  // {u32 Wanted} + 0 or 2 fds: unshared into L, its pid is the peer's pid; a base
                     // made just now and its stamp
    ready,           // {}: the template root stands
    born,            // {u32 pid as the spawner's reader sees it} + 2 fds: pidfd, start socket; of a
                     // relay the pidfd alone
    spaced,          // {} + 1 fd: the namespace
    done,            // {}: hosts written, root known
    failed,          // {u32 errno, step in words}: answer to anything
};

// ---------------------------------------------------------------- without root

// A labd that an ordinary user starts lives in a user namespace U. `lab-init --outside` is exec'd
// before it goes there, stays where the user is, and ends with the conversation.
inline constexpr int outside_fd = 3;  // SEQPACKET, connected

enum class Outside : std::uint32_t {
    // labd → outside
    map = 1,  // {list uid map, list gid map}: words as newuidmap(1) takes them after the pid, which
              // is that of whoever made the socket; answered by done or failed
    owners,   // {}: who owns what in /etc and /var; answered by owned
    // outside → labd
    done = 100,  // {}
    owned,       // {} + 1 fd: the list (labd/spawner/owners.hpp)
    failed,      // {u32 errno or 0, text}
};

// `lab-init --holder` does nothing: as long as it lives, so do the namespaces that it was started
// in.
inline constexpr int holder_fd = 3;  // SEQPACKET: EOF before a packet means that nobody knows of it

// ---------------------------------------------------------------- a session

// Frames on the stream: {u32 type, u32 length, payload}.
enum class Frame : std::uint32_t {
    // lab-init → client
    started = 1,  // {} + 3 fds: stdin (write), stdout (read), stderr (read); or + 1 fd: pty master
    ended,        // payload u32 wait status; the last frame
    failed,       // payload u32 errno, then a sentence (the rest of the payload, no length): it
                  // never started; the last frame. ENOENT: there is no such program
    output,       // logs: bytes as they are
    // client → lab-init
    resize = 100,  // u32 rows, u32 columns
    signal,        // u32 number: to the command's process group
    // The client goes (closes, or shuts its writing side down): HUP, CONT, then TERM after 0.5 s,
    // then KILL after 2 s, to the group.
};

struct FrameHeader {
    std::uint32_t type, length;
};

// clang-format on

}  // namespace protocol
