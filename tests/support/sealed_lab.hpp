// A spawner and its nodes for tests of lab-init: started as labd starts them, spoken to in plain
// blocking calls. Every wait has a deadline, so that a broken lab-init fails a test instead of
// hanging it; nothing depends on how long something takes.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace test {

using labd::Fd;

struct Said {
    std::uint32_t type = 0, id = 0;
    std::string payload;
    std::vector<Fd> fds;
    bool gone = false;  // the other end has closed
};
// Throws std::runtime_error after the deadline.
Said hear(const Fd& socket);
void say(const Fd& socket, const protocol::Packer& packet, const std::vector<int>& fds = {});
// Waits for POLL* events.
void await(int fd, short events, const char* what);
void await_exit(const Fd& pidfd);

// What `answer` said.
struct Answer {
    int error = -1;
    std::string text;
    std::string payload;
};

struct State {
    std::string name;
    protocol::ServiceState state = protocol::ServiceState::waiting;
    std::uint32_t pid = 0, wait_status = 0, restarts = 0;
    std::string text;
};
State read_state(protocol::Unpacker& in);

struct Result {
    std::string out, err;
    int wait_status = -1;
    int error = 0;       // of a command that never started
    std::string text;    // the sentence with it
    int status() const;  // 0 … 255, or 128 + signal
};

struct Exec {
    std::vector<std::string> argv, env;
    std::string user, dir, input;
};

// What a labd lends to the spawner, as labd::SharedBase does, which most tests are not linked with.
struct Lender {
    bool lends = false;
    int stamp = -1;
    std::function<void(Fd tree, Fd stamp)> keep;
    std::function<Fd(pid_t spawner)> lend;
};

class SealedLab;

class SealedNode {
  public:
    using Fill = std::function<void(protocol::Packer&)>;
    SealedNode(std::string name, pid_t pid, Fd pidfd, Fd start, std::string door_path);

    ~SealedNode();  // kills it: a committed node would outlive a failed test
    SealedNode(const SealedNode&) = delete;
    SealedNode& operator=(const SealedNode&) = delete;

    const std::string& name() const { return name_; }
    pid_t pid() const { return pid_; }
    const Fd& pidfd() const { return pidfd_; }
    Fd& start() { return start_; }
    void connect();  // once more: the earlier connection is closed
    const Fd& door() const { return door_; }

    std::uint32_t send(protocol::Door type, const Fill& fill = {}, int fd = -1);
    // Events that come in between are kept for next_state.
    Answer answer_to(std::uint32_t id);
    Answer ask(protocol::Door type, const Fill& fill = {}, int fd = -1);
    State next_state();
    // The next of that service that is in `state`; what comes before is dropped.
    State await_state(const std::string& service, protocol::ServiceState state);
    // What the node says by way of exec: stdout, or the reason why there is none.
    Result exec(const Exec& exec);
    Result shell(const std::string& script, const std::string& user = "");
    bool has(const std::string& program);

  private:
    std::string name_;
    pid_t pid_;
    Fd pidfd_, start_, door_;
    std::string door_path_;
    std::uint32_t next_id_ = 1;
    std::deque<State> states_;
    std::deque<std::pair<std::uint32_t, Answer>> answers_;
};

class SealedLab {
  public:
    static constexpr unsigned base = 200000;
    // `open`: of nodes without a boundary. `lender`: labd's SharedBase.
    explicit SealedLab(bool open = false, const Lender& lender = {}, unsigned ids = base);
    ~SealedLab();
    SealedLab(const SealedLab&) = delete;
    SealedLab& operator=(const SealedLab&) = delete;

    // Ready, its door connected, committed unless told otherwise.
    std::unique_ptr<SealedNode> node(const std::string& name, bool commit = true);
    std::unique_ptr<SealedNode> node(const protocol::Birth& birth, bool commit = true,
                                     int group = -1);
    // The raw conversation, for everything else.
    Said ask(const protocol::Packer& packet, const std::vector<int>& fds = {});
    Fd listen(const std::string& name);
    Fd connect(const std::string& name);
    const std::string& directory() const { return directory_; }
    Fd& conversation() { return conversation_; }
    const Fd& pidfd() const { return pidfd_; }
    pid_t pid() const { return pid_; }
    void reconnect();
    protocol::Wanted wanted() const { return wanted_; }  // the base that it wanted to be lent
    // Reads what a birth answered, waits for `ready`, connects.
    std::unique_ptr<SealedNode> grown(const std::string& name, Said born);

  private:
    void come_up(const Lender& lender, unsigned ids);

    std::string directory_;
    protocol::Wanted wanted_ = protocol::Wanted::nothing;
    Fd conversation_, pidfd_;
    pid_t pid_ = 0;
};

}  // namespace test
