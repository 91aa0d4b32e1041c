#include "labd/fail_point.hpp"

#ifdef LAB_FAIL_POINTS

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace labd::fail_point {
namespace {

struct Plan {
    std::string text, point, action;
    int nth = 0, argument = 0;  // of the action
    int met = 0;                // points that match, so far
};

int number(std::string_view text) {
    int value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Plan parse(std::string text) {
    Plan plan;
    while (text.ends_with('\n')) text.pop_back();
    plan.text = text;
    const std::size_t second = text.rfind(':');
    const std::size_t first =
        second == 0 || second == text.npos ? text.npos : text.rfind(':', second - 1);
    if (first == text.npos) return plan;
    plan.point = text.substr(0, first);
    plan.nth = number(std::string_view(text).substr(first + 1, second - first - 1));
    plan.action = text.substr(second + 1);
    if (const std::size_t open = plan.action.find('('); open != plan.action.npos) {
        plan.argument = number(std::string_view(plan.action).substr(open + 1));
        plan.action.resize(open);
    }
    return plan;
}

std::string wanted_text(const std::string& variable) {
    if (!variable.starts_with('@')) return variable;
    std::ifstream file(variable.substr(1));
    return {std::istreambuf_iterator<char>(file), {}};
}

// What is to be done here, if anything.
std::optional<Plan> met(const std::string& point) {
    static std::mutex mutex;  // both threads come here
    static Plan plan;
    static const char* const variable = std::getenv("LABD_FAIL");
    if (variable == nullptr) return std::nullopt;
    const std::scoped_lock lock(mutex);
    std::string text = wanted_text(variable);
    while (text.ends_with('\n')) text.pop_back();
    if (text != plan.text) plan = parse(std::move(text));
    if (plan.action.empty() || (plan.point != "*" && plan.point != point)) return std::nullopt;
    ++plan.met;
    const bool now = plan.action == "list" ? plan.met >= plan.nth : plan.met == plan.nth;
    return now ? std::optional(plan) : std::nullopt;
}

void at(const std::string& point) {
    const std::optional<Plan> plan = met(point);
    if (!plan) return;
    const std::string line = "fail point: " + point + "\n";
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody reads it: no plan
    if (plan->action == "kill") (void)::kill(::getpid(), SIGKILL);
    if (plan->action == "stop") (void)::kill(::getpid(), SIGSTOP);
    if (plan->action == "delay")
        std::this_thread::sleep_for(std::chrono::milliseconds(plan->argument));
    if (plan->action == "error")
        throw std::system_error(plan->argument, std::generic_category(), "fail point " + point);
}

}  // namespace

void before(const char* side_effect) {
    at(std::string(side_effect) + ".before");
}

void after(const char* side_effect) {
    at(std::string(side_effect) + ".after");
}

}  // namespace labd::fail_point

#else

namespace labd::fail_point {

void before(const char* /*side_effect*/) {}
void after(const char* /*side_effect*/) {}

}  // namespace labd::fail_point

#endif
