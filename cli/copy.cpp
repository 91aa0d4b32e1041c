// See copy.hpp.
#include "cli/copy.hpp"

#include "cli/daemon.hpp"
#include "cli/error.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace cli {

std::string copy_name(const std::string& name, std::size_t number) {
    char tail[24];
    (void)std::snprintf(tail, sizeof tail, "-t%x-%zu", static_cast<unsigned>(::getpid()) & 0xfffff,
                        number);
    std::string stem = name.substr(0, 32 - std::min<std::size_t>(std::string(tail).size(), 20));
    while (!stem.empty() && (stem.back() == '-' || stem.back() == '_')) stem.pop_back();
    return stem + tail;
}

Globals for_copies(const Globals& globals) {
    Globals out;
    out.quiet = true;
    out.socket = globals.socket;
    out.no_start = globals.no_start;
    out.color_err = globals.color_err;
    return out;
}

void take_down(const Globals& globals, const std::string& lab) {
    const Client client = connect(globals);
    const Answer answer = client.request("DELETE", "/v1/labs/" + encode(lab));
    if (answer.status != 200 && answer.status != 404)
        throw_failure(answer, "take " + lab + " down");
}

LabCopy::LabCopy(const Globals& globals, CopyGuard& guard, const FileOptions& options,
                 const std::string& file, std::string name)
    : globals_(globals), guard_(guard), name_(std::move(name)) {
    UpOptions up;
    up.file = file;
    up.name = name_;
    up.set = options.set;
    request_ = prepare(globals_, up);
}

void LabCopy::up() {
    guard_.watch(name_);
    (void)send(request_, globals_);
}

void LabCopy::down() {
    take_down(globals_, name_);
    guard_.forget(name_);
}

}  // namespace cli
