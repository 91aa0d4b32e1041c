#include "labd/init/readiness.hpp"

#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"

#include <regex.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

namespace labd::init {

using protocol::ReadyKind;

namespace {

constexpr milliseconds first_look{5}, last_look{100};
constexpr std::size_t judged_line = 8192;

unsigned port_of(const std::string& text) {
    const std::optional<unsigned> port = number(text);
    if (!port || *port == 0 || *port > 65535) throw Failure{EINVAL, "wait for port '" + text + "'"};
    return *port;
}

// Whether somebody in this network namespace listens at the port. The lines are
//   0: 00000000:0016 00000000:0000 0A …   number, local address:port, remote, state (proc(5)).
bool listens(const char* table, unsigned port, std::string_view wanted_state) {
    const std::string text = read_text(table);
    for (std::string_view line : split(text, '\n')) {
        std::string_view fields[4];
        for (std::string_view& field : fields) {
            line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
            field = line.substr(0, line.find(' '));
            line.remove_prefix(field.size());
        }
        const std::size_t colon = fields[1].rfind(':');
        if (colon == std::string_view::npos || fields[3] != wanted_state) continue;
        const std::string_view digits = fields[1].substr(colon + 1);
        unsigned local = 0;
        (void)std::from_chars(digits.data(), digits.data() + digits.size(), local, 16);
        if (local == port) return true;
    }
    return false;
}

// A socket that a daemon left behind when it was killed is there, and nobody answers.
bool is_there(const std::string& path) {
    struct stat s {};
    if (stat(path.c_str(), &s) != 0) return false;
    if (!S_ISSOCK(s.st_mode)) return true;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return true;
    path.copy(address.sun_path, path.size());
    const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    // EPROTOTYPE: a datagram socket, whose owner lives.
    return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
           errno != ECONNREFUSED;
}

bool holds(const ServiceSpec& spec) {
    switch (spec.ready) {
        case ReadyKind::tcp: {
            const unsigned port = port_of(spec.argument);
            return listens("/proc/net/tcp", port, "0A") || listens("/proc/net/tcp6", port, "0A");
        }
        case ReadyKind::udp: {  // a bound UDP socket is in state 07, TCP_CLOSE
            const unsigned port = port_of(spec.argument);
            return listens("/proc/net/udp", port, "07") || listens("/proc/net/udp6", port, "07");
        }
        case ReadyKind::file:
            return is_there(spec.argument);
        default:
            return false;
    }
}

}  // namespace

class Expression {
  public:
    explicit Expression(const std::string& text) {
        const int error = regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB);
        if (error == 0) return;
        char words[128];
        (void)regerror(error, &compiled_, words, sizeof words);
        throw Failure{EINVAL, "use the regular expression '" + text + "' (" + words + ")"};
    }
    ~Expression() { regfree(&compiled_); }
    Expression(const Expression&) = delete;
    Expression& operator=(const Expression&) = delete;
    bool matches(const std::string& line) const {
        return regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
    }

  private:
    regex_t compiled_{};
};

void check(const ServiceSpec& spec) {
    if (spec.name.empty()) throw Failure{EINVAL, "name a service ''"};
    if (spec.command.argv.empty()) throw Failure{EINVAL, "run service " + spec.name};
    if (spec.ready == ReadyKind::tcp || spec.ready == ReadyKind::udp) (void)port_of(spec.argument);
    if (spec.ready == ReadyKind::log) (void)Expression(spec.argument);
}

Readiness::Readiness(Loop& loop, Children& children, const ServiceSpec& spec, Tell tell)
    : loop_(loop), children_(children), spec_(spec), tell_(std::move(tell)), pause_(first_look) {
    if (spec_.ready == ReadyKind::notify)
        notify_.emplace(loop, spec_.name,
                        Notify::Heard{[this] { ready(); },
                                      [this](std::string text) { tell_.status(std::move(text)); }});
    if (spec_.ready == ReadyKind::log) expression_ = std::make_unique<Expression>(spec_.argument);
}

Readiness::~Readiness() {
    loop_.cancel(timer_);
    if (probe_ == 0) return;
    children_.disown(probe_);
    (void)kill(-probe_, SIGKILL);
}

void Readiness::begin() {
    begun_ = true;
    switch (spec_.ready) {
        case ReadyKind::started:
            return ready();
        case ReadyKind::tcp:
        case ReadyKind::udp:
        case ReadyKind::file:
        case ReadyKind::exec:
            return probe();
        default:
            return;  // it will be heard: log, notify, exit
    }
}

void Readiness::ready() {
    if (std::exchange(ready_, true)) return;
    loop_.cancel(timer_);
    tell_.ready();
}

void Readiness::output(std::string_view bytes) {
    if (!expression_ || ready_) return;
    line_ += bytes;
    for (std::size_t end; (end = line_.find('\n')) != std::string::npos; line_.erase(0, end + 1))
        if (expression_->matches(line_.substr(0, end))) return ready();
    // A prompt without a newline counts too.
    if (!line_.empty() && expression_->matches(line_)) return ready();
    if (line_.size() > judged_line) line_.clear();
}

void Readiness::probe() {
    timer_ = {};
    if (spec_.ready == ReadyKind::exec) return start_probe_command();
    if (holds(spec_)) return ready();
    probe_again();
}

void Readiness::probe_again() {
    timer_ = loop_.after(pause_, [this] { probe(); });
    pause_ = std::min(pause_ * 2, last_look);
}

void Readiness::start_probe_command() {
    Command command = spec_.command;
    command.argv = {"/bin/sh", "-c", spec_.argument};
    try {
        probe_ = launch(command, account_of(command), {});
    } catch (const Failure&) {
        return probe_again();
    }
    children_.await(probe_, [this](int wait_status) {
        probe_ = 0;
        if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return ready();
        probe_again();
    });
}

}  // namespace labd::init
