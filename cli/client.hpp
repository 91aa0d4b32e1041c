// Talks HTTP to labd over its UNIX socket. The only unit that includes Asio and Beast is
// client.cpp.
#pragma once

#include "labd/fd.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace cli {

struct Answer {
    unsigned status = 0;
    std::string body;
};

class Client {
  public:
    explicit Client(std::string socket) : socket_(std::move(socket)) {}
    const std::string& socket() const { return socket_; }

    // Is somebody listening? Throws Unreachable when not, Failure when we may not talk to them.
    void probe() const;
    // And is it labd? Throws Failure `unreachable` when it says so much as a wrong word, or nothing
    // for so long; what is thrown when it hangs up says `internal`.
    void hear(double seconds) const;

    // One request, one answer, whatever its status. `seconds` 0 = no deadline; past it: timeout.
    Answer request(std::string method, std::string target, std::string body = "",
                   double seconds = 0) const;

    // An answer in JSON Lines, each handed over as it comes. A status other than 200 comes back
    // whole. Ctrl-C hangs up, so that labd takes back what it has begun, and throws Interrupted.
    // `interrupted` is called first: when it is true the answer is waited for, until Ctrl-C again.
    Answer lines(std::string method, std::string target, std::string body,
                 const std::function<void(std::string_view)>& line,
                 std::function<bool()> interrupted = {}, double seconds = 0) const;

    // Asks for `lab-session`; the connection, in blocking mode, with nothing read beyond the 101.
    labd::Fd upgrade(const std::string& method, const std::string& target,
                     const std::string& body = "") const;

  private:
    std::string socket_;
};

// What an error answer says; `what` is what we tried ("start a command in r1").
[[noreturn]] void throw_failure(const Answer& answer, const std::string& what);

// Percent-encodes one path segment or query value.
std::string encode(std::string_view text);

}  // namespace cli
