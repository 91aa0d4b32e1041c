#include "labd/audit_kernel.hpp"

#include "netlink/audit.hpp"

#include <algorithm>
#include <memory>

namespace labd {
namespace {

// As the kernel's audit_log_untrustedstring(): quoted, or hexadecimal without quotes.
std::string value(const std::string& text) {
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
    if (plain) return "\"" + text + "\"";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        out += digits[static_cast<unsigned char>(c) >> 4U];
        out += digits[static_cast<unsigned char>(c) & 15U];
    }
    return out;
}

constexpr std::size_t longest_command = 1024;

}  // namespace

std::string kernel_audit_text(const Peer& who, const AuditEvent& event, const ChainEnd& chain) {
    std::string out = "virt=labd op=" + event.verb;
    if (!event.lab.empty()) out += " lab=" + value(event.lab);
    if (!event.node.empty()) out += " vm=" + value(event.node);
    if (!event.container.empty()) out += " uuid=" + event.container;
    // pid and uid are the kernel's words for the sender, labd: the client's have names of their
    // own.
    out += " cuid=" + std::to_string(who.uid) + " cpid=" + std::to_string(who.pid) +
           " cauid=" + (who.login ? std::to_string(*who.login) : "unset") +
           " ccomm=" + value(who.command);
    std::string command;
    for (const std::string& word : event.argv) command += (command.empty() ? "" : " ") + word;
    if (!command.empty()) out += " cmd=" + value(command.substr(0, longest_command));
    out += " seq=" + std::to_string(chain.seq) + " hash=" + chain.hash;
    const bool failed = event.outcome == "failed" || event.outcome == "refused";
    return out + " res=" + (failed ? "failed" : "success");
}

AuditMirror kernel_audit() {
    return [kernel = std::make_shared<netlink::Audit>()](const Peer& who, const AuditEvent& event,
                                                         const ChainEnd& chain) {
        if (kernel->enabled())
            kernel->send(netlink::audit_virt_control, kernel_audit_text(who, event, chain));
    };
}

}  // namespace labd
