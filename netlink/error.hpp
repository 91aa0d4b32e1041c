// What went wrong when the kernel was asked for something, with everything needed for one sentence.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace netlink {

// What a request is for, in the words of its error: {"create", "link h1:eth0 – r1:eth0"}.
struct Intent {
    std::string_view verb;
    std::string_view subject;
};

// The kernel's no. `text` is its own explanation, mostly empty (a bare errno is all that a wrong
// name, MTU or master gets on 6.18); `attribute` the attribute it points at, when it says.
struct Refusal {
    int error = 0;
    std::string text;
    std::string attribute;
};

// "cannot VERB SUBJECT: STRERROR (kernel: TEXT)"
std::string sentence(const Intent& intent, const Refusal& refusal);

class Error : public std::runtime_error {
  public:
    Error(const Intent& intent, Refusal refusal);

    int error() const { return refusal_.error; }
    const std::string& verb() const { return verb_; }
    const std::string& subject() const { return subject_; }
    const Refusal& refusal() const { return refusal_; }

  private:
    std::string verb_, subject_;
    Refusal refusal_;
};

// The socket's buffer ran over: answers are lost, what was read so far is worth nothing.
class Overrun : public Error {
    using Error::Error;
};

// What was listed changed under the listing, every time it was tried again.
class Interrupted : public Error {
    using Error::Error;
};

// From errno as it stands.
[[noreturn]] void throw_errno(std::string_view verb, std::string_view subject);

}  // namespace netlink
