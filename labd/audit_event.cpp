#include "labd/audit_event.hpp"

#include "labd/fail.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>

namespace labd {

AuditEvent event_of(std::string verb, std::string outcome, const Lab& lab) {
    AuditEvent event;
    event.verb = std::move(verb);
    event.outcome = std::move(outcome);
    event.lab = lab.name;
    event.owner = lab.access.owner;
    return event;
}

AuditEvent event_of(std::string verb, std::string outcome, const Lab& lab,
                    const std::string& node) {
    AuditEvent event = event_of(std::move(verb), std::move(outcome), lab);
    event.node = node;
    if (const auto live = lab.nodes.find(node); live != lab.nodes.end()) {
        event.container = live->second.container;
        event.namespaces = live->second.namespaces;
    } else if (const auto space = lab.spaces.find(node); space != lab.spaces.end()) {
        // A switch is a network namespace and no process.
        event.container = space->second.container;
        const NamespaceIdentity& netns = space->second.netns;
        event.namespaces = {{"net", netns.dev, netns.inode, netns.id}};
    }
    return event;
}

std::string new_container_id() {
    std::array<unsigned char, 16> bytes{};
    // getrandom(2): up to 256 bytes come whole, and only the first ones of a boot may have to wait.
    while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        if (errno != EINTR) fail("cannot draw a random number");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

}  // namespace labd
