// One sentence for every failure.
#include "netlink/error.hpp"

#include <cerrno>
#include <cstring>

namespace netlink {

std::string sentence(const Intent& intent, const Refusal& refusal) {
    std::string out = "cannot ";
    out.append(intent.verb).append(" ").append(intent.subject);
    char buffer[128];
    // The GNU strerror_r: thread safe, and returns text even for numbers it does not know.
    out.append(": ").append(strerror_r(refusal.error, buffer, sizeof buffer));
    if (!refusal.text.empty() || !refusal.attribute.empty()) {
        out.append(" (kernel: ").append(refusal.text);
        if (!refusal.attribute.empty()) {
            if (!refusal.text.empty()) out.append(", ");
            out.append("at ").append(refusal.attribute);
        }
        out.append(")");
    }
    return out;
}

Error::Error(const Intent& intent, Refusal refusal)
    : std::runtime_error(sentence(intent, refusal)),
      verb_(intent.verb),
      subject_(intent.subject),
      refusal_(std::move(refusal)) {}

void throw_errno(std::string_view verb, std::string_view subject) {
    Refusal refusal;
    refusal.error = errno;
    throw Error({verb, subject}, std::move(refusal));
}

}  // namespace netlink
