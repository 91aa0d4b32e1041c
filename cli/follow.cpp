// An event from before the last look is one that it has seen: a thousand of them cost one look.
#include "cli/follow.hpp"

#include "cli/error.hpp"
#include "cli/json_field.hpp"

#include <boost/json.hpp>

#include <array>
#include <cstdio>
#include <ctime>
#include <exception>

namespace cli {
namespace {

namespace json = boost::json;

struct SeenEnough : std::exception {};

// As events have it: one can be compared with the other letter by letter.
std::string now_as_text() {
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME, &now);  // cannot fail
    tm parts{};
    (void)::gmtime_r(&now.tv_sec, &parts);
    std::array<char, 32> seconds{};
    (void)std::strftime(seconds.data(), seconds.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 16> fraction{};
    (void)std::snprintf(fraction.data(), fraction.size(), ".%09ldZ", now.tv_nsec);
    return std::string(seconds.data()) + fraction.data();
}

}  // namespace

bool follow_lab(const Client& client, const std::string& lab, double seconds,
                const std::function<bool()>& look) {
    std::string seen;
    const auto hear = [&](std::string_view bytes) {
        json::error_code error;
        const json::value parsed =
            json::parse(json::string_view(bytes.data(), bytes.size()), error);
        if (error || !parsed.is_object()) return;
        const json::object& event = parsed.get_object();
        const std::string time = text(event, "time");
        // Of how everything is now, the first line says that from here on nothing is missed.
        const bool state = text(event, "action") == "state";
        if (state ? text(event, "type") != "lab" : !time.empty() && time < seen) return;
        seen = now_as_text();
        if (look()) throw SeenEnough();
    };
    try {
        const Answer answer = client.lines("GET", "/v1/events?follow&initial&lab=" + encode(lab),
                                           "", hear, {}, seconds);
        if (answer.status != 200) throw_failure(answer, "follow " + lab);
    } catch (const SeenEnough&) {
        return true;
    } catch (const Failure& failure) {
        if (failure.code != "timeout") throw;
        return false;
    }
    throw Failure("internal", "labd hung up", "what it said last is in labd.log");
}

}  // namespace cli
