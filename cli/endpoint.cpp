#include "cli/endpoint.hpp"

#include "cli/client.hpp"
#include "cli/error.hpp"
#include "labd/user_folders.hpp"

#include <unistd.h>

#include <filesystem>

namespace cli {
namespace {

// Empty when it answers.
std::string why_not(const std::string& socket) {
    try {
        Client(socket).probe();
        return "";
    } catch (const Unreachable&) {
        return "nobody answers on " + socket;
    } catch (const Failure&) {
        return "you may not use " + socket;
    }
}

}  // namespace

Endpoint endpoint(const Globals& globals) {
    using Whose = Endpoint::Whose;
    // A labd that is started for it lives in / (daemon(7)).
    if (!globals.socket.empty())
        return {Whose::named, std::filesystem::absolute(globals.socket).lexically_normal(), ""};
    if (::geteuid() == 0) return {Whose::system, system_socket, ""};
    const std::string refusal = why_not(system_socket);
    if (refusal.empty()) return {Whose::system, system_socket, ""};
    return {Whose::own, labd::user_run_folder() + "/labd.sock", refusal};
}

std::string words(const Endpoint& endpoint) {
    switch (endpoint.whose) {
        case Endpoint::Whose::system:
            return "the system's labd";
        case Endpoint::Whose::own:
            return "your own labd, without root";
        default:
            return "labd";
    }
}

}  // namespace cli
