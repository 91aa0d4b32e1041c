#include "labd/init/service.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/pipe.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace labd::init {
namespace {

constexpr milliseconds first_pause{100}, last_pause{5000};
// Who ends sooner died quickly, and five quick deaths in a row are no accident.
constexpr milliseconds quick{1000};
constexpr unsigned quick_limit = 5;
// Who lived longer starts again at once.
constexpr milliseconds steady{10000};

std::string in_words(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        const char* name = sigabbrev_np(WTERMSIG(wait_status));
        return "killed by SIG" +
               (name != nullptr ? std::string(name) : std::to_string(WTERMSIG(wait_status)));
    }
    return "exited with status " + std::to_string(WEXITSTATUS(wait_status));
}

std::string seconds(milliseconds time) {
    std::string text = std::to_string(time.count() / 1000);
    if (const auto tenths = time.count() % 1000 / 100; tenths != 0)
        text += "." + std::to_string(tenths);
    return text + " s";
}

}  // namespace

Service::Service(const Surroundings& surroundings, ServiceSpec spec)
    : around_(surroundings), spec_(std::move(spec)), pause_(first_pause) {
    (void)around_.logs.of(spec_.name);
}

Service::~Service() {
    around_.loop.cancel(timer_);
}

void Service::pack(protocol::Packer& packet) const {
    packet.text(spec_.name).u32(static_cast<std::uint32_t>(state_));
    packet.u32(static_cast<std::uint32_t>(pid_)).u32(static_cast<std::uint32_t>(wait_status_));
    packet.u32(restarts_).text(text_);
}

void Service::change(State state, std::string text) {
    state_ = state;
    text_ = std::move(text);
    around_.changed(*this);
}

void Service::start(Started started) {
    restarts_ = 0, quick_deaths_ = 0, pause_ = first_pause;
    if (pid_ == 0) {
        around_.loop.cancel(timer_);
        return spawn(started);
    }
    starts_.push_back(std::move(started));
    begin_stop();
}

void Service::restart() {
    const std::uint32_t restarts = restarts_ + 1;
    start([](int, const std::string&) {});
    restarts_ = restarts;
}

void Service::spawn(const Started& started) {
    running_ = spec_;
    try {
        const Account account = account_of(running_.command);
        readiness_ = std::make_shared<Readiness>(
            around_.loop, around_.children, running_,
            Readiness::Tell{[this] { change(State::ready, ""); },
                            [this](std::string text) { change(state_, std::move(text)); }});
        Command command = running_.command;
        if (const std::string socket = readiness_->notify_socket(); !socket.empty())
            command.env.push_back("NOTIFY_SOCKET=" + socket);
        Pipe pipe = make_pipe(account);
        pid_ = launch(command, account, {-1, pipe.write.get(), pipe.write.get(), false});
        // A daemon that it leaves behind may write when log, readiness and we have gone.
        output_ = around_.outputs.read(
            std::move(pipe.read),
            [heard = std::weak_ptr<Readiness>(readiness_), name = running_.name,
             &logs = around_.logs](std::string_view bytes) {
                if (Log* log = logs.find(name)) log->add(bytes);
                if (const std::shared_ptr<Readiness> readiness = heard.lock())
                    readiness->output(bytes);
            });
    } catch (const Failure& failure) {
        readiness_.reset();
        const std::string text = in_words(failure);
        change(State::failed, text);
        return started(failure.error, text);
    }
    born_ = Clock::now();
    around_.children.await(pid_, [this](int wait_status) { ended(wait_status); });
    change(State::starting, "");
    readiness_->begin();
    started(0, "");
}

void Service::stop(std::function<void()> gone) {
    refuse_starts();
    if (pid_ == 0) {
        around_.loop.cancel(timer_);
        if (state_ != State::stopped) change(State::stopped, "");
        return gone();
    }
    stops_.push_back(std::move(gone));
    begin_stop();
}

void Service::refuse_starts() {
    for (const Started& started : std::exchange(starts_, {}))
        started(ECANCELED, "cannot start service " + spec_.name + ": it was stopped meanwhile");
}

void Service::begin_stop() {
    if (state_ == State::stopping) return;
    readiness_.reset();
    change(State::stopping, "");
    (void)kill(-pid_, running_.stop_signal);
    (void)kill(-pid_, SIGCONT);  // a stopped process would not hear it
    timer_ = around_.loop.after(running_.grace, [this] {
        timer_ = {};
        (void)kill(-pid_, SIGKILL);
        signal_session(pid_, SIGKILL);
    });
}

void Service::ended(int wait_status) {
    const pid_t pid = std::exchange(pid_, 0);
    wait_status_ = wait_status;
    around_.loop.cancel(timer_);
    // What it left behind of its session goes with it: the next start must find its ports free.
    (void)kill(-pid, SIGKILL);
    signal_session(pid, SIGKILL);
    around_.outputs.drain(output_);
    if (Log* log = around_.logs.find(running_.name)) log->finish_line();
    readiness_.reset();
    if (state_ == State::stopping) return stopped();
    decide(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0);
}

void Service::stopped() {
    change(State::stopped, "");
    if (!starts_.empty()) {
        const std::vector<Started> starts = std::exchange(starts_, {});
        spawn([&](int error, const std::string& text) {
            for (const Started& started : starts) started(error, text);
        });
    }
    // Last: the one who waits may remove us.
    for (const std::function<void()>& gone : std::exchange(stops_, {})) gone();
}

// Whether one that ended by itself is started again.
void Service::decide(bool good) {
    using protocol::ReadyKind, protocol::Restart;
    if (good && (running_.ready == ReadyKind::exit || running_.restart != Restart::always))
        return change(State::exited, in_words(wait_status_));
    if (running_.restart == Restart::no) return change(State::failed, in_words(wait_status_));
    const auto lived = Clock::now() - born_;
    quick_deaths_ = lived < quick ? quick_deaths_ + 1 : 0;
    if (lived >= steady) pause_ = first_pause;
    if (quick_deaths_ < quick_limit) return back_off();
    change(State::failed, in_words(wait_status_) + ", " + std::to_string(quick_deaths_) +
                              " times in a row within a second of its start");
}

void Service::back_off() {
    change(State::backoff, in_words(wait_status_) + "; starts again in " + seconds(pause_));
    timer_ = around_.loop.after(pause_, [this] {
        timer_ = {};
        ++restarts_;
        spawn([](int, const std::string&) {});
    });
    pause_ = std::min(pause_ * 2, last_pause);
}

}  // namespace labd::init
