// See impairment_keys.hpp. The kernel takes any 32-bit number for most of these; what makes no
// sense is told here, in the words of the file.
#include "topology/impairment_keys.hpp"

#include "topology/keys.hpp"
#include "topology/queue.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace topology {
namespace {

constexpr double longest_delay = 60;
constexpr double least_rate = 1e3, most_rate = 100e9;
constexpr double least_burst = 1522, most_burst = 1e9;  // bytes
constexpr const char* to_cut = "to cut a link: up = false";

std::string plain_number(double value) {
    char buffer[32];
    (void)std::snprintf(buffer, sizeof buffer, "%.4g", value);
    return buffer;
}

class ImpairmentReader {
  public:
    ImpairmentReader(const std::vector<const Member*>& members, Diagnostics& diagnostics,
                     const Impairment& start)
        : x_members(members), x_diagnostics(diagnostics), x_reader(diagnostics), x_result(start) {}

    Impairment read() {
        for (const Member* member : x_members)
            // false takes away what the defaults said.
            if (member->value.is_false())
                take_away(member->key);
            else
                read(*member);
        needs_delay("jitter", x_result.jitter_ns != 0);
        needs_delay("reorder", bool(x_result.reorder));
        const bool jitter = x_result.jitter_ns != 0;
        needs_beside("distribution", x_result.distribution != Distribution::uniform && !jitter);
        needs_beside("order", x_result.keep_order && !jitter);
        needs_beside("burst", x_result.burst_bytes != 0 && x_result.rate_bits == 0);
        check_jitter();
        check_limit();
        return std::move(x_result);
    }

  private:
    const Member* find(std::string_view key) const {
        const auto found = std::find_if(x_members.begin(), x_members.end(),
                                        [&](const Member* m) { return m->key == key; });
        return found == x_members.end() ? nullptr : *found;
    }

    void read(const Member& member) {
        const Value& value = member.value;
        const std::string& key = member.key;
        const Reader& reader = x_reader;
        if (key == "delay") {
            x_result.delay_ns = time(key, value);
        } else if (key == "jitter") {
            x_result.jitter_ns = time(key, value);
        } else if (key == "rate") {
            read_rate(value);
        } else if (key == "loss") {
            read_loss(value);
        } else if (key == "corrupt") {
            x_result.corrupt = share(key, value);
        } else if (key == "duplicate") {
            x_result.duplicate = share(key, value);
        } else if (key == "reorder") {
            x_result.reorder = share(key, value);
        } else if (key == "distribution") {
            read_distribution(value);
        } else if (key == "order") {
            x_result.keep_order = reader.word(key, value, {"keep"}).has_value();
        } else if (key == "backend") {
            x_result.netem_only = reader.word(key, value, {"netem"}).has_value();
        } else if (key == "burst") {
            read_burst(value);
        } else if (key == "limit") {
            if (const auto packets = reader.integer(key, value, 1, 10'000'000))
                x_result.limit_packets = static_cast<std::uint32_t>(*packets);
        } else if (key == "seed") {
            if (const auto seed = reader.integer(key, value, 0, INT64_MAX))
                x_result.seed = static_cast<std::uint64_t>(*seed);
        } else if (key == "queue") {
            read_queue(value);
        }
    }

    void outside(const Value& value, const std::string& message, const std::string& hint = to_cut) {
        x_diagnostics.error("D39", value.where, message, hint);
    }

    std::int64_t time(const std::string& key, const Value& value) {
        const std::optional<double> seconds = x_reader.seconds(value);
        if (!seconds) return 0;
        if (*seconds > longest_delay) {
            outside(value, key + " is 0 s to 60 s, not " + value.text, "");
            return 0;
        }
        return std::llround(*seconds * 1e9);
    }

    void read_rate(const Value& value) {
        // No unit would make it a rate.
        const bool none =
            value.text == "0" || (value.is(Value::Type::integer) && value.integer == 0);
        const std::optional<double> bits = none ? 0.0 : x_reader.bits(value);
        if (!bits) return;
        if (*bits < least_rate || *bits > most_rate)
            return outside(value, "rate is 1 kbit to 100 gbit, not " + (none ? "0" : value.text),
                           to_cut);
        // The kernel counts bytes.
        x_result.rate_bits = static_cast<std::uint64_t>(std::llround(*bits / 8)) * 8;
    }

    void read_burst(const Value& value) {
        const std::optional<double> bytes = x_reader.bytes(value);
        if (!bytes) return;
        if (*bytes < least_burst || *bytes > most_burst)
            return outside(value, "burst is 1522 B to 1 GB, not " + value.text);
        x_result.burst_bytes = static_cast<std::uint32_t>(std::llround(*bytes));
    }

    void read_distribution(const Value& value) {
        const auto word =
            x_reader.word("distribution", value, {"uniform", "normal", "pareto", "paretonormal"});
        if (word) x_result.distribution = Distribution::uniform;
        if (word == "normal") x_result.distribution = Distribution::normal;
        if (word == "pareto") x_result.distribution = Distribution::pareto;
        if (word == "paretonormal") x_result.distribution = Distribution::paretonormal;
    }

    Chance share(const std::string& key, const Value& value) {
        const std::optional<double> percent = x_reader.percent(value);
        if (percent && *percent > 100)
            outside(value, key + " is 0 % to 100 %, not " + plain_number(*percent) + " %");
        return Chance::of(percent.value_or(0) / 100);
    }

    void read_loss(const Value& value) {
        if (value.is(Value::Type::table)) return read_loss_model(value);
        Loss loss;
        loss.share = share("loss", value);
        x_result.loss.reset();
        if (loss.share) x_result.loss = loss;
    }

    // The other members of a model follow from its first one where they are left out, as tc does.
    void read_loss_model(const Value& table) {
        const Value* named = table.find("model");
        std::optional<std::string> model;
        if (named == nullptr)
            x_diagnostics.error("D39", table.where, "a loss model needs its name",
                                "{ model = \"gemodel\", p = \"1%\", r = \"10%\" }");
        else
            model = x_reader.word("model", *named, {"gemodel", "4state"});
        if (!model) return;
        const bool gemodel = model == "gemodel";
        const std::vector<std::string_view> keys =
            gemodel ? std::vector<std::string_view>{"model", "p", "r", "h", "k"}
                    : std::vector<std::string_view>{"model", "p13", "p31", "p32", "p23", "p14"};
        const std::string name = "a loss model " + *model;
        refuse_unknown_keys(table, KeyTable{name, keys}, x_diagnostics);
        const std::string first(keys[1]);
        if (table.find(first) == nullptr)
            return x_diagnostics.error("D39", table.where, name + " needs " + first,
                                       first + " = \"1%\"");
        const auto member = [&](const char* key, Chance otherwise) {
            const Value* value = table.find(key);
            return value == nullptr ? otherwise : share(key, *value);
        };
        Loss loss;
        const Chance always = Chance::of(1), never;
        if (gemodel) {
            loss.model = Loss::Model::gemodel;
            loss.p = member("p", never);
            loss.r = member("r", {UINT32_MAX - loss.p.steps});
            loss.h = member("h", never);
            loss.k = member("k", always);
        } else {
            loss.model = Loss::Model::four_state;
            loss.p13 = member("p13", never);
            loss.p31 = member("p31", {UINT32_MAX - loss.p13.steps});
            loss.p32 = member("p32", never);
            loss.p23 = member("p23", always);
            loss.p14 = member("p14", never);
        }
        x_result.loss = loss;
    }

    std::string queue_kind(const Value& value) {
        std::vector<std::string_view> kinds = queue_names();
        kinds.push_back("fifo");
        const std::string kind = x_reader.word("queue", value, kinds).value_or("");
        return kind == "fifo" ? "pfifo" : kind;
    }

    void read_queue(const Value& value) {
        Queue queue;
        if (value.is(Value::Type::string)) {
            queue.kind = queue_kind(value);
        } else if (x_reader.table(value, "queue")) {
            const Value* kind = value.find("kind");
            if (kind == nullptr)
                x_diagnostics.error("D39", value.where, "a queue needs its kind",
                                    "{ kind = \"codel\", limit = 100 }");
            else
                queue.kind = queue_kind(*kind);
            if (const QueueKind* known = find_queue(queue.kind))
                read_queue_options(value, *known, queue);
        }
        if (queue.kind == "red") complete_red(value, queue.options);
        if (queue.kind == "tbf") complete_tbf(value, queue.options);
        if (!queue.kind.empty()) x_result.queue = std::move(queue);
    }

    using Options = std::map<std::string, std::uint64_t>;

    // What nobody says follows from what somebody has said, the one from the other.
    void complete_red(const Value& value, Options& options) {
        const QueueKind& kind = *find_queue("red");
        const bool table = value.is(Value::Type::table);
        const auto said = [&](const char* key) { return table && value.find(key) != nullptr; };
        for (const QueueOption& option : kind.options)
            options.emplace(std::string(option.key), option.standard);
        if (said("limit") && !said("max")) options["max"] = options["limit"] / 4;
        if (!said("min") && (said("limit") || said("max"))) options["min"] = options["max"] / 3;
        if (options["min"] >= options["max"] || options["max"] > options["limit"])
            outside(value,
                    "a queue red fills from min through max to limit, not " +
                        std::to_string(options["min"]) + ", " + std::to_string(options["max"]) +
                        ", " + std::to_string(options["limit"]) + " bytes",
                    "");
    }

    // A burst as of `rate`, and 50 ms of packets that wait.
    void complete_tbf(const Value& value, Options& options) {
        if (!value.is(Value::Type::table) || value.find("rate") == nullptr)
            outside(value, "a queue tbf needs a rate", "{ kind = \"tbf\", rate = \"10mbit\" }");
        // Also those that are what they would be anyway.
        const QueueKind& kind = *find_queue("tbf");
        const auto said = [&](const char* key) {
            return value.is(Value::Type::table) && value.find(key) != nullptr;
        };
        for (const QueueOption& option : kind.options)
            if (option.key == "rate" || said(std::string(option.key).c_str()))
                options.emplace(std::string(option.key), option.standard);
        const std::uint64_t rate = options["rate"];
        Impairment same;
        same.rate_bits = rate * 8;
        options.emplace("burst", burst_of(same));
        options.emplace("limit", options["burst"] + rate / 20);
    }

    void read_queue_options(const Value& table, const QueueKind& kind, Queue& queue) {
        const std::string name = "a queue " + std::string(kind.name);
        KeyTable keys{name, {"kind"}};
        for (const QueueOption& option : kind.options) keys.keys.push_back(option.key);
        refuse_unknown_keys(table, keys, x_diagnostics);
        for (const QueueOption& option : kind.options) {
            const Value* value = table.find(option.key);
            if (value == nullptr) continue;
            const auto read = queue_option(std::string(option.key), option.unit, *value);
            if (read && *read != option.standard) queue.options[std::string(option.key)] = *read;
        }
    }

    std::optional<std::uint64_t> queue_option(const std::string& key, QueueUnit unit,
                                              const Value& value) {
        const Reader& reader = x_reader;
        if (unit == QueueUnit::flag) {
            const auto on = reader.boolean(value);
            return on ? std::optional<std::uint64_t>(*on ? 1 : 0) : std::nullopt;
        }
        if (unit == QueueUnit::packets) {
            const auto packets = reader.integer(key, value, 1, 10'000'000);
            return packets ? std::optional(static_cast<std::uint64_t>(*packets)) : std::nullopt;
        }
        if (unit == QueueUnit::share) return share(key, value).steps;
        if (unit == QueueUnit::rate) {
            const auto bits = reader.bits(value);
            // 32 bits of bytes are what there is for it.
            if (bits && (*bits < least_rate || *bits > 8.0 * UINT32_MAX)) {
                outside(value, "rate of a queue is 1 kbit to 34 gbit, not " + value.text, "");
                return std::nullopt;
            }
            return bits ? std::optional(static_cast<std::uint64_t>(std::llround(*bits / 8)))
                        : std::nullopt;
        }
        const bool time = unit == QueueUnit::microseconds;
        const auto size = time ? reader.seconds(value) : reader.bytes(value);
        if (!size) return std::nullopt;
        const double least = time ? 1e-6 : 1, most = time ? longest_delay : most_burst;
        if (*size < least || *size > most) {
            outside(value,
                    key + (time ? " is 1 us to 60 s, not " : " is 1 B to 1 GB, not ") + value.text);
            return std::nullopt;
        }
        return static_cast<std::uint64_t>(std::llround(time ? *size * 1e6 : *size));
    }

    void take_away(const std::string& key) {
        const Impairment nothing;
        if (key == "delay") x_result.delay_ns = 0;
        if (key == "jitter") x_result.jitter_ns = 0;
        if (key == "distribution") x_result.distribution = nothing.distribution;
        if (key == "order") x_result.keep_order = false;
        if (key == "loss") x_result.loss.reset();
        if (key == "corrupt") x_result.corrupt = {};
        if (key == "duplicate") x_result.duplicate = {};
        if (key == "reorder") x_result.reorder = {};
        if (key == "rate") x_result.rate_bits = 0;
        if (key == "burst") x_result.burst_bytes = 0;
        if (key == "limit") x_result.limit_packets.reset();
        if (key == "queue") x_result.queue.reset();
        if (key == "seed") x_result.seed.reset();
        if (key == "backend") x_result.netem_only = false;
    }

    void needs_delay(std::string_view key, bool set) {
        if (!set || x_result.delay_ns != 0) return;
        const Member *member = find(key), *delay = find("delay");
        if (member == nullptr) member = delay;
        if (member != nullptr)
            x_diagnostics.error("D39", member->where, std::string(key) + " without delay",
                                "delay = \"20ms\" beside it");
    }

    // It would change nothing. Whoever takes the other one away takes this with it.
    void needs_beside(std::string_view key, bool alone) {
        const Member* member = find(key);
        const std::string other(meant_beside(key));
        if (!alone || member == nullptr || find(other) != nullptr) return;
        x_diagnostics.error(
            "D39", member->where, std::string(key) + " without " + other,
            other + (other == "rate" ? " = \"10mbit\"" : " = \"5ms\"") + " beside it");
    }

    // D72: nothing arrives before it is sent.
    void check_jitter() {
        const Member* said = find("jitter");
        if (said == nullptr) said = find("delay");
        if (said == nullptr || x_result.delay_ns == 0 || x_result.jitter_ns <= x_result.delay_ns)
            return;
        x_diagnostics.warning("D72", said->value.where,
                              "jitter " + time_text(x_result.jitter_ns) +
                                  " is more than the delay " + time_text(x_result.delay_ns) +
                                  ": nothing arrives before it is sent, so the mean grows",
                              "jitter ≤ " + time_text(x_result.delay_ns));
    }

    // D72: a queue that holds less than the delay at that rate loses packets by itself.
    void check_limit() {
        const Member* said = find("limit");
        for (const char* key : {"rate", "delay"})
            if (said == nullptr) said = find(key);
        const double bits = static_cast<double>(x_result.rate_bits);
        const double seconds = static_cast<double>(x_result.delay_ns) / 1e9;
        if (said == nullptr || bits == 0 || seconds == 0 || !x_result.limit_packets) return;
        const double packets = *x_result.limit_packets;
        const double needed = std::ceil(bits * seconds / packet_bits);
        if (packets >= needed) return;
        x_diagnostics.warning(
            "D72", said->value.where,
            plain_number(packets) + " packets hold " +
                plain_number(packets * packet_bits / bits * 1000) + " ms at " +
                rate_text(x_result.rate_bits) + ", the delay is " + time_text(x_result.delay_ns),
            "limit ≥ " + std::to_string(static_cast<long long>(needed)) + ", or leave it out");
    }

    const std::vector<const Member*>& x_members;
    Diagnostics& x_diagnostics;
    Reader x_reader;
    Impairment x_result;
};

}  // namespace

std::string_view meant_beside(std::string_view key) {
    if (key == "distribution" || key == "order") return "jitter";
    return key == "burst" ? "rate" : "";
}

Impairment read_impairment(const std::vector<const Member*>& members, Diagnostics& diagnostics,
                           const Impairment& start) {
    return ImpairmentReader(members, diagnostics, start).read();
}

}  // namespace topology
