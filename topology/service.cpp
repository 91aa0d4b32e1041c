// See service.hpp. A command that is a string goes to the shell, a list is argv as it is.
#include "topology/service.hpp"

#include "topology/keys.hpp"
#include "topology/names.hpp"

#include <algorithm>
#include <array>
#include <csignal>

namespace topology {
namespace {

constexpr std::size_t most_services = 64;

std::vector<Text> read_command(const Value& value, Context& context) {
    std::vector<Text> argv;
    if (value.is(Value::Type::string)) {
        // Empty for an expression that is wrong: told already.
        if (value.text.empty() && !(value.computed && context.diagnostics.failed()))
            context.diagnostics.error("VALUE", value.where, "a command is empty");
        argv = {{"/bin/sh", value.where}, {"-c", value.where}, {value.text, value.where}};
        return argv;
    }
    if (!value.is(Value::Type::array)) {
        context.reader.wrong_type(value, "a string or a list of strings");
        return argv;
    }
    for (const Value& item : value.items)
        if (std::optional<Text> word = context.reader.text(item)) argv.push_back(std::move(*word));
    const bool told =
        !value.items.empty() && value.items[0].computed && context.diagnostics.failed();
    if (value.items.empty() || (!argv.empty() && argv[0].text.empty() && !told))
        context.diagnostics.error("VALUE", value.where, "a command is empty");
    return argv;
}

// The base name of the program: "exec FOO=1 /usr/bin/iperf3 -s" is iperf3.
std::string program_name(const std::vector<Text>& argv, bool shell) {
    if (argv.empty()) return "service";
    std::string_view rest = shell ? argv.back().text : argv[0].text;
    std::string_view word = rest;
    if (shell) {
        while (!rest.empty()) {
            const std::size_t begin = rest.find_first_not_of(" \t\n");
            if (begin == std::string_view::npos) break;
            rest.remove_prefix(begin);
            const std::size_t end = std::min(rest.find_first_of(" \t\n;|&"), rest.size());
            word = rest.substr(0, end);
            const bool assignment = word.find('=') != std::string_view::npos;
            if (!assignment && word != "exec" && word != "nohup" && word != "sudo") break;
            if (end == 0) break;
            rest.remove_prefix(end);
        }
    }
    const std::size_t slash = word.rfind('/');
    if (slash != std::string_view::npos) word = word.substr(slash + 1);
    std::string name;
    for (const char c : word.substr(0, 40))
        if (is_service_name(std::string(1, c)) || c == '.' || c == '-' || c == '@') name += c;
    while (!name.empty() && !is_service_name(name)) name.erase(0, 1);
    return name.empty() ? "service" : name;
}

std::optional<int> signal_number(std::string_view name) {
    if (name.substr(0, 3) == "SIG") name.remove_prefix(3);
    struct Signal {
        std::string_view name;
        int number;
    };
    constexpr std::array<Signal, 8> signals{{{"TERM", SIGTERM},
                                             {"INT", SIGINT},
                                             {"QUIT", SIGQUIT},
                                             {"HUP", SIGHUP},
                                             {"KILL", SIGKILL},
                                             {"USR1", SIGUSR1},
                                             {"USR2", SIGUSR2},
                                             {"WINCH", SIGWINCH}}};
    for (const Signal& signal : signals)
        if (signal.name == name) return signal.number;
    return std::nullopt;
}

void read_service_key(const Member& member, Service& service, Context& context) {
    const Value& value = member.value;
    const Reader& reader = context.reader;
    if (member.key == "ready") {
        const std::optional<std::string> text = reader.string(value);
        if (!text) return;
        if (const std::optional<Ready> ready = parse_ready(*text))
            service.ready = *ready;
        else
            context.diagnostics.error(
                "VALUE", value.where, "\"" + *text + "\" is no sign of readiness",
                "started, tcp PORT, udp PORT, file PATH, log REGEX, exec CMD, notify or exit");
    } else if (member.key == "after") {
        service.after = reader.texts("after", value);
    } else if (member.key == "restart") {
        const auto word = reader.word("restart", value, {"on-failure", "always", "no"});
        if (word == "always") service.restart = Service::Restart::always;
        if (word == "no") service.restart = Service::Restart::no;
    } else if (member.key == "env") {
        read_env(value, service.env, context);
    } else if (member.key == "user") {
        service.user = reader.string(value).value_or("");
    } else if (member.key == "dir") {
        service.dir = reader.string(value).value_or("/");
        if (service.dir.empty() || service.dir[0] != '/')
            context.diagnostics.error("D54", value.where, "\"" + service.dir + "\" is not absolute",
                                      "\"/" + service.dir + "\"");
    } else if (member.key == "stop") {
        const std::optional<std::string> name = reader.string(value);
        const std::optional<int> number = name ? signal_number(*name) : std::nullopt;
        if (number)
            service.stop_signal = *number;
        else if (name)
            context.diagnostics.error("VALUE", value.where, "unknown signal \"" + *name + "\"",
                                      "TERM INT QUIT HUP KILL USR1 USR2 WINCH");
    } else if (member.key == "grace") {
        const std::optional<double> seconds = reader.seconds(value, "s");
        if (seconds && *seconds > 300)
            context.diagnostics.error("LIMIT", value.where, "a service has at most 300 s to stop");
        else if (seconds)
            service.grace_ms = static_cast<std::uint32_t>(*seconds * 1000);
    }
}

struct Written {
    Service service;
    bool named = false;
    std::uint32_t layer = 0;
    Where name_where;
};

std::optional<Written> read_service(const Value& item, Context& context) {
    Written result;
    result.layer = item.layer;
    result.service.where = result.name_where = item.where;
    bool shell = item.is(Value::Type::string);
    if (item.is(Value::Type::table)) {
        refuse_unknown_keys(item, service_keys(), context.diagnostics);
        const Value* cmd = item.find("cmd");
        if (cmd == nullptr) {
            context.diagnostics.error("D55", item.where, "a service needs a command",
                                      "cmd = \"…\"");
            return std::nullopt;
        }
        shell = cmd->is(Value::Type::string);
        result.service.argv = read_command(*cmd, context);
        for (const Member& member : item.members) read_service_key(member, result.service, context);
        if (const Value* name = item.find("name")) {
            result.service.name = context.reader.string(*name).value_or("service");
            result.named = true;
            result.name_where = name->where;
            if (!is_service_name(result.service.name)) {
                context.diagnostics.error("VALUE", name->where,
                                          "a service name has letters, digits and \"._@-\" only");
                return std::nullopt;
            }
        }
    } else if (shell || item.is(Value::Type::array)) {
        result.service.argv = read_command(item, context);
    } else {
        context.reader.wrong_type(item, "a command or a table", "run = [\"iperf3 -s\"]");
        return std::nullopt;
    }
    if (!result.named) result.service.name = program_name(result.service.argv, shell);
    return result;
}

}  // namespace

std::optional<Ready> parse_ready(const std::string& text) {
    const std::size_t space = text.find(' ');
    const std::string word = text.substr(0, space);
    std::string argument = space == std::string::npos ? "" : text.substr(space + 1);
    while (!argument.empty() && argument.front() == ' ') argument.erase(0, 1);
    using When = Ready::Kind;
    if (word == "tcp" || word == "udp") {
        const std::optional<std::int64_t> port = parse_integer(argument);
        if (!port || *port < 1 || *port > 65535) return std::nullopt;
        return Ready{word == "tcp" ? When::tcp : When::udp, argument};
    }
    if (word == "file" || word == "log" || word == "exec") {
        if (argument.empty() || (word == "file" && argument[0] != '/')) return std::nullopt;
        return Ready{word == "file"  ? When::file
                     : word == "log" ? When::log
                                     : When::exec,
                     argument};
    }
    if (!argument.empty()) return std::nullopt;
    if (word == "started") return Ready{When::started, ""};
    if (word == "notify") return Ready{When::notify, ""};
    if (word == "exit") return Ready{When::exit, ""};
    return std::nullopt;
}

void read_exec(const Value& value, Node& node, Context& context) {
    const std::vector<Value>* items = context.reader.list("exec", value, "D55");
    if (items == nullptr) return;
    for (const Value& item : *items) {
        Command command;
        command.where = item.where;
        command.argv = read_command(item, context);
        if (!command.argv.empty()) node.exec.push_back(std::move(command));
    }
}

void read_env(const Value& value, std::map<std::string, Text>& env, Context& context) {
    if (!context.reader.table(value, "env")) return;
    for (const Member& member : value.members) {
        const auto word = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_';
        };
        if (member.key.empty() || !std::all_of(member.key.begin(), member.key.end(), word) ||
            (member.key[0] >= '0' && member.key[0] <= '9')) {
            context.diagnostics.error("VALUE", member.where,
                                      "\"" + member.key + "\" is no name of a variable",
                                      "letters, digits and \"_\"");
            continue;
        }
        if (std::optional<Text> text = context.reader.text(member.value))
            env[member.key] = std::move(*text);
    }
}

void read_run(const Value& value, Node& node, Context& context) {
    const std::vector<Value>* items = context.reader.list("run", value, "D55");
    if (items == nullptr) return;
    std::vector<Written> all;
    for (const Value& item : *items) {
        std::optional<Written> one = read_service(item, context);
        if (!one) continue;
        const auto same = std::find_if(all.begin(), all.end(), [&](const Written& w) {
            return one->named && w.named && w.service.name == one->service.name;
        });
        if (same == all.end()) {
            all.push_back(std::move(*one));
        } else if (same->layer != one->layer) {
            *same = std::move(*one);  // a kind's service, said again: the later replaces it
        } else {
            context.diagnostics.error("D56", one->name_where,
                                      node.name + " has two services \"" + one->service.name + "\"",
                                      "name = \"…\"");
        }
    }
    if (all.size() > most_services) {
        context.diagnostics.error("LIMIT", value.where, "a node has at most 64 services");
        return;
    }
    for (Written& one : all) {
        const std::string base = one.service.name;
        const auto taken = [&](const std::string& name) {
            return std::any_of(all.begin(), all.end(), [&](const Written& w) {
                return &w != &one && w.named && w.service.name == name;
            });
        };
        for (std::size_t n = 2; !one.named && taken(one.service.name); ++n)
            one.service.name = base + "-" + std::to_string(n);
        one.named = true;
    }
    for (Written& one : all) node.services.push_back(std::move(one.service));
}

}  // namespace topology
