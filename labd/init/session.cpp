#include "labd/init/session.hpp"

#include "labd/init/pipe.hpp"
#include "labd/init/pty.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace labd::init {
namespace {

using protocol::Frame;

// After the client has gone: what the group gets, and how long it has for it.
struct Push {
    int signal;
    milliseconds patience;
};
constexpr Push pushes[] = {
    {SIGHUP, milliseconds(500)}, {SIGTERM, milliseconds(1500)}, {SIGKILL, {}}};

}  // namespace

Session::Session(Loop& loop, Children& children, Fd client, std::function<void()> over)
    : loop_(loop), children_(children), client_(loop, std::move(client)), over_(std::move(over)) {}

Session::~Session() {
    loop_.cancel(timer_);
}

void Session::start(const Command& command, const Terminal& terminal) {
    try {
        start_command(command, terminal);
    } catch (const Failure& failure) {
        const auto error = static_cast<std::uint32_t>(failure.error);
        std::string payload(reinterpret_cast<const char*>(&error), sizeof error);
        payload += in_words(failure);
        client_.send(Frame::failed, payload);
    }
    client_.listen({[this](Frame type, std::string_view payload) { frame(type, payload); },
                    [this] { client_gone(); }, [this] { finish(); }});
    if (!running_ && client_.empty()) leave();
}

void Session::start_command(const Command& command, const Terminal& terminal) {
    const Account account = account_of(command);
    std::vector<Fd> theirs;
    if (terminal.wanted) {
        Pty pty = make_pty(account, terminal.rows, terminal.columns);
        const int slave = pty.slave.get();
        pid_ = launch(command, account, {slave, slave, slave, true});
        master_.reset(fcntl(pty.master.get(), F_DUPFD_CLOEXEC, 3));  // for resizes
        theirs.push_back(std::move(pty.master));
    } else {
        Pipe in = make_pipe(account), out = make_pipe(account), err = make_pipe(account);
        pid_ = launch(command, account, {in.read.get(), out.write.get(), err.write.get(), false});
        theirs.push_back(std::move(in.write));
        theirs.push_back(std::move(out.read));
        theirs.push_back(std::move(err.read));
    }
    running_ = true;
    children_.await(pid_, [this](int wait_status) { ended(wait_status); });
    client_.send(Frame::started, {}, std::move(theirs));
}

void Session::frame(Frame type, std::string_view payload) {
    std::uint32_t numbers[2] = {};
    std::memcpy(numbers, payload.data(), std::min(payload.size(), sizeof numbers));
    if (type == Frame::resize && payload.size() == 8 && master_)
        resize_pty(master_, numbers[0], numbers[1]);
    if (type == Frame::signal && payload.size() == 4 && running_ && numbers[0] < NSIG)
        (void)kill(-pid_, static_cast<int>(numbers[0]));
}

void Session::client_gone() {
    gone_ = true;
    master_.reset();  // the last master: the kernel hangs the terminal up as well
    if (pid_ == 0 || !running_) return leave();
    end_command(0);
}

// Also when the command itself has ended in between: the rest of its group lives on.
void Session::end_command(int step) {
    const Push& push = pushes[step];
    const bool any = kill(-pid_, push.signal) == 0;
    if (push.signal == SIGHUP) (void)kill(-pid_, SIGCONT);  // a stopped one would not hear it
    if (push.signal == SIGKILL) signal_session(pid_, SIGKILL);
    if (push.patience.count() != 0 && (any || running_)) {
        timer_ = loop_.after(push.patience, [this, step] { end_command(step + 1); });
        return;
    }
    timer_ = {};
    if (!running_) leave();
}

void Session::ended(int wait_status) {
    running_ = false;
    if (gone_) {
        // With a timer pending, the rest of the group still has its time.
        if (timer_ == Loop::Timer{}) leave();
        return;
    }
    const auto status = static_cast<std::uint32_t>(wait_status);
    client_.send(Frame::ended, {reinterpret_cast<const char*>(&status), sizeof status});
    finish();
}

// The function outlives the session that it destroys.
void Session::leave() {
    const std::function<void()> over = std::move(over_);
    over();
}

void Session::finish() {
    if (!running_ && client_.empty()) leave();
}

void Sessions::start(Fd client, const Command& command, const Terminal& terminal) {
    const std::uint64_t number = ++numbers_;
    auto session = std::make_unique<Session>(loop_, children_, std::move(client),
                                             [this, number] { sessions_.erase(number); });
    Session& started = *session;
    sessions_.emplace(number, std::move(session));
    started.start(command, terminal);
}

}  // namespace labd::init
