// `lab doctor`: what labd finds on this machine; without labd, what stands in its way.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/endpoint.hpp"
#include "cli/error.hpp"
#include "cli/json_field.hpp"
#include "cli/json_print.hpp"
#include "cli/output_of.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>
#include <unistd.h>

namespace cli {
namespace {

namespace json = boost::json;

json::object check(const char* name, bool ok, const std::string& detail, const std::string& fix) {
    return {{"name", name}, {"ok", ok}, {"needed", true}, {"detail", detail}, {"fix", fix}};
}

// Which labd all this is about.
json::object whose(const Endpoint& where) {
    std::string detail = words(where) + ", on " + where.socket;
    if (!where.why_own.empty()) detail += " (" + where.why_own + ")";
    return check("lab: talks to", true, detail, "");
}

// What can be said without labd: why it does not answer.
json::array own_checks(const Endpoint& where, const Failure& failure) {
    const std::optional<std::string> program = find_labd();
    json::array checks;
    checks.push_back(check("labd: installed", program.has_value(),
                           program.value_or("not beside lab and not on the PATH"),
                           program ? "" : "install it: cmake --install build"));
    const bool may = ::geteuid() == 0 || failure.code != "forbidden";
    checks.push_back(check("labd: you may talk to it", may, where.socket,
                           may ? "" : "sudo, or usermod -aG labd $USER"));
    checks.push_back(check("labd: answers", false, failure.message, failure.hint));
    return checks;
}

// What the user's own labd needs is seen from outside of its user namespace only, and most worth
// knowing when it does not even start.
json::array user_checks() {
    const std::optional<std::string> program = find_labd();
    if (!program) return {};
    json::error_code error;
    const json::value found = json::parse(output_of(*program, "--doctor"), error);
    if (!error && found.is_array()) return found.get_array();
    return {check("user: examined", false, "`" + *program + " --doctor` said nothing of use",
                  "lab and labd must be of one version")};
}

json::array ask_labd(const Globals& globals, const Endpoint& where) {
    try {
        const Answer answer = connect(globals).request("GET", "/v1/doctor");
        if (answer.status != 200) throw_failure(answer, "examine this machine");
        json::error_code error;
        const json::value body = json::parse(answer.body, error);
        const json::value* checks =
            !error && body.is_object() ? body.get_object().if_contains("checks") : nullptr;
        if (checks == nullptr || !checks->is_array())
            throw Failure("internal", "labd's answer holds no checks");
        return checks->get_array();
    } catch (const Failure& failure) {
        return own_checks(where, failure);
    }
}

json::array ask(const Globals& globals) {
    const Endpoint where = endpoint(globals);
    json::array checks{whose(where)};
    const auto add = [&](json::array more) {
        for (json::value& v : more) checks.push_back(std::move(v));
    };
    if (::geteuid() != 0 && where.whose != Endpoint::Whose::system) add(user_checks());
    add(ask_labd(globals, where));
    return checks;
}

bool flag(const json::object& from, const char* key) {
    const json::value* v = from.if_contains(key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

std::string line(const json::object& c, const Style& style) {
    std::string mark = style.green(glyphs().yes);
    if (!flag(c, "ok")) mark = flag(c, "needed") ? style.red(glyphs().no) : style.yellow("!");
    std::string out = mark + " " + text(c, "name");
    if (const std::string detail = text(c, "detail"); !detail.empty()) out += ": " + detail;
    out += "\n";
    if (const std::string fix = text(c, "fix"); !flag(c, "ok") && !fix.empty())
        out += "    " + style.cyan("fix:") + " " + fix + "\n";
    return out;
}

}  // namespace

int doctor(const Globals& globals) {
    const json::array checks = ask(globals);
    const Style style{globals.color_out};
    std::size_t missing = 0, wished = 0;
    std::string out;
    for (const json::value& v : checks) {
        if (!v.is_object()) continue;
        const json::object& c = v.get_object();
        if (!flag(c, "ok")) ++(flag(c, "needed") ? missing : wished);
        if (!globals.quiet || !flag(c, "ok")) out += line(c, style);
    }
    if (globals.json()) {
        print(compact(json::object{{"api", 1}, {"checks", checks}}));
    } else {
        if (missing > 0)
            out += count(missing, "thing") + " to fix before labs can run\n";
        else if (wished > 0)
            out += "labs can run; marked ! is only needed by what uses it\n";
        else if (!globals.quiet)
            out += "all is well\n";
        print(out);
    }
    return missing == 0 ? exit_code::ok : exit_code::failed;
}

}  // namespace cli
