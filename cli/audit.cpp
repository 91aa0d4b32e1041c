// `lab audit`: who did what, and whether the log is as it was written.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/flags.hpp"
#include "cli/json_field.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"
#include "cli/visible.hpp"

#include <boost/json.hpp>
#include <pwd.h>

#include <ctime>
#include <deque>

namespace cli {
namespace {

namespace json = boost::json;

json::object parse(const Answer& answer) {
    json::error_code error;
    json::value value = json::parse(answer.body, error);
    if (error || !value.is_object())
        throw Failure("internal", "labd's answer is not a JSON object");
    return std::move(value.get_object());
}

std::int64_t integer(const json::object& from, const char* key, std::int64_t absent = 0) {
    const json::value* v = from.if_contains(key);
    return v != nullptr && v->is_number() ? v->to_number<std::int64_t>() : absent;
}

// "5m" and the like count back from now; everything else is a time as the log writes it.
std::string since(const std::string& words) {
    if (words.empty()) return "";
    if (words.size() >= 10 && words[4] == '-' && words[7] == '-') {
        std::string time = words;
        if (time.size() > 10 && time[10] == ' ') time[10] = 'T';
        return time;
    }
    const auto then =
        static_cast<std::time_t>(static_cast<double>(std::time(nullptr)) - parse_seconds(words));
    std::tm utc{};
    (void)::gmtime_r(&then, &utc);
    char out[32];
    return {out, std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &utc)};
}

std::string query(const Globals& globals, const AuditOptions& options) {
    std::string out;
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty())
            out += (out.empty() ? "?" : "&") + std::string(key) + "=" + encode(value);
    };
    add("lab", globals.lab);
    add("node", options.node);
    add("who", options.who);
    add("verb", options.verb);
    add("since", since(options.since));
    return out;
}

// " with --node h9 --who bob", as it was typed.
std::string asked_for(const Globals& globals, const AuditOptions& options) {
    std::string words;
    const auto add = [&](const char* flag, const std::string& value) {
        if (!value.empty()) words += std::string(words.empty() ? " with" : "") + flag + value;
    };
    add(" -L ", globals.lab);
    add(" --node ", options.node);
    add(" --who ", options.who);
    add(" --verb ", options.verb);
    add(" --since ", options.since);
    return words;
}

// Page by page; with `most` only the last so many stay.
std::deque<json::object> records(const Client& client, const std::string& filter,
                                 std::size_t most) {
    std::deque<json::object> all;
    for (std::string after;;) {
        const std::string more =
            after.empty() ? "" : (filter.empty() ? "?" : "&") + ("after=" + encode(after));
        const Answer answer = client.request("GET", "/v1/audit" + filter + more);
        if (answer.status != 200) throw_failure(answer, "read the audit log");
        json::object page = parse(answer);
        if (json::value* list = page.if_contains("records"); list != nullptr && list->is_array())
            for (json::value& record : list->get_array()) {
                if (record.is_object()) all.push_back(std::move(record.get_object()));
                if (most != 0 && all.size() > most) all.pop_front();
            }
        after = text(page, "next");
        if (after.empty()) return all;
    }
}

std::string login_name(std::int64_t uid) {
    const passwd* found = ::getpwuid(static_cast<uid_t>(uid));
    return found != nullptr ? found->pw_name : std::to_string(uid);
}

// "root", or "alice as root" when it was alice who had logged in.
std::string who(const json::object& record) {
    const json::value* v = record.if_contains("who");
    if (v == nullptr || !v->is_object()) return "";
    const json::object& actor = v->get_object();
    const std::int64_t login = integer(actor, "login_uid", -1);
    const std::string user = text(actor, "user");
    return login < 0 || login == integer(actor, "uid") ? user : login_name(login) + " as " + user;
}

std::string what(const json::object& record) {
    std::string words;
    if (const json::value* argv = record.if_contains("argv"); argv != nullptr && argv->is_array())
        for (const json::value& word : argv->get_array())
            if (word.is_string())
                words += (words.empty() ? "" : " ") + std::string(word.get_string());
    const std::string detail = text(record, "detail");
    return words.empty() ? detail : words + (detail.empty() ? "" : " (" + detail + ")");
}

std::string time_of(const json::object& record) {
    std::string time = text(record, "time").substr(0, 19);
    if (time.size() > 10) time[10] = ' ';
    return time;
}

std::string table(const std::deque<json::object>& list, bool wide, const Style& style) {
    constexpr std::size_t columns = 60;
    std::vector<std::string> header{"TIME (UTC)", "WHO", "VERB", "OUTCOME", "LAB", "NODE", "WHAT"};
    if (wide) header.insert(header.begin(), "SEQ");
    Table rows(header);
    for (const json::object& record : list) {
        std::vector<std::string> row{time_of(record),
                                     visible(who(record)),
                                     visible(text(record, "verb")),
                                     style.state(text(record, "outcome")),
                                     visible(text(record, "lab")),
                                     visible(text(record, "node")),
                                     wide ? visible(what(record)) : visible(what(record), columns)};
        if (wide) row.insert(row.begin(), std::to_string(integer(record, "seq")));
        rows.row(std::move(row));
    }
    return rows.text(style);
}

int verify(const Globals& globals, const Client& client) {
    const Answer answer = client.request("GET", "/v1/audit/verify");
    if (answer.status != 200) throw_failure(answer, "verify the audit log");
    const json::object verdict = parse(answer);
    const json::value* found = verdict.if_contains("whole");
    const bool whole = found != nullptr && found->is_bool() && found->get_bool();
    if (globals.json()) {
        print(compact(verdict));
    } else if (whole) {
        const std::int64_t count = integer(verdict, "records"), first = integer(verdict, "first"),
                           torn = integer(verdict, "torn"), lost = integer(verdict, "lost");
        print(std::string(glyphs().yes) + " " + std::to_string(count) + " records, " +
              std::to_string(first) + " to " + std::to_string(integer(verdict, "last")) +
              ": the chain is whole" +
              (torn == 0 ? "" : "; " + std::to_string(torn) + " cut short by a crash") + "\n");
        if (first > 1)
            print("  what came before record " + std::to_string(first) +
                  " is not here: the oldest file goes when a new one is begun\n");
        if (lost != 0)
            print(std::string(glyphs().no) + " " + std::to_string(lost) +
                  " more could not be written, and are lost: see labd's own log\n");
    } else {
        print(std::string(glyphs().no) + " " + text(verdict, "file") + ":" +
              std::to_string(integer(verdict, "line")) + ": " + visible(text(verdict, "why")) +
              "\n");
    }
    return whole ? exit_code::ok : exit_code::failed;
}

}  // namespace

int audit(const Globals& globals, const AuditOptions& options) {
    const std::string filter = query(globals, options);
    const Client client = connect(globals);
    if (options.verify) return verify(globals, client);
    const std::deque<json::object> list = records(client, filter, options.lines);
    if (globals.format == Format::jsonl) {
        for (const json::object& record : list) print(compact(record));
    } else if (globals.json()) {
        print(
            compact(json::object{{"api", 1}, {"records", json::array(list.begin(), list.end())}}));
    } else if (list.empty()) {
        print_error("nothing is logged" + asked_for(globals, options) +
                    ", or you may not know of it\n");
    } else {
        print(table(list, globals.format == Format::wide, Style{globals.color_out}));
    }
    return exit_code::ok;
}

}  // namespace cli
