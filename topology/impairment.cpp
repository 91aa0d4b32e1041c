// See impairment.hpp. The kernel takes any 32-bit number for most of these; what makes no sense is
// told here, in the words of the file.
#include "topology/impairment.hpp"

#include "topology/keys.hpp"
#include "topology/units.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace topology {
namespace {

constexpr double longest_delay = 60;
constexpr double least_rate = 1e3, most_rate = 100e9;
constexpr double packet_bits = 1500 * 8;

std::string number(double value) {
    char buffer[32];
    (void)std::snprintf(buffer, sizeof buffer, "%.4g", value);
    return buffer;
}

class ImpairmentReader {
  public:
    ImpairmentReader(const std::vector<const Member*>& members, Context& context)
        : x_members(members), x_context(context) {}

    Impairment read() {
        for (const Member* member : x_members) {
            read(*member);
            keep(member->key, member->value);
            x_context.notices.impairment(member->key, member->where);
        }
        needs_delay("jitter");
        needs_delay("reorder");
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
        const Reader& reader = x_context.reader;
        if (value.is_false()) return;  // takes away what the defaults said
        if (key == "delay" || key == "jitter") {
            const std::optional<double> seconds = reader.seconds(value);
            if (seconds && *seconds > longest_delay)
                outside(value, key + " is 0 s to 60 s, not " + value.text);
        } else if (key == "rate") {
            const std::optional<double> bits = reader.bits(value);
            if (bits && (*bits < least_rate || *bits > most_rate))
                outside(value, "rate is 1 kbit to 100 gbit, not " + value.text);
        } else if (key == "loss" && value.is(Value::Type::table)) {
            read_loss_model(value);
        } else if (key == "loss" || key == "corrupt" || key == "duplicate" || key == "reorder") {
            share(key, value);
        } else if (key == "distribution") {
            (void)reader.word(key, value, {"uniform", "normal", "pareto", "paretonormal"});
        } else if (key == "order") {
            (void)reader.word(key, value, {"keep"});
        } else if (key == "backend") {
            (void)reader.word(key, value, {"netem"});
        } else if (key == "burst") {
            (void)reader.bytes(value);
        } else if (key == "limit") {
            (void)reader.integer(key, value, 1, 10'000'000);
        } else if (key == "seed") {
            (void)reader.integer(key, value, 0, INT64_MAX);
        } else if (key == "queue") {
            read_queue(value);
        }
    }

    void outside(const Value& value, const std::string& message) {
        x_context.diagnostics.error("D39", value.where, message, "to cut a link: up = false");
    }

    void share(const std::string& key, const Value& value) {
        const std::optional<double> percent = x_context.reader.percent(value);
        if (percent && *percent > 100)
            outside(value, key + " is 0 % to 100 %, not " + number(*percent) + " %");
    }

    void read_loss_model(const Value& table) {
        refuse_unknown_keys(
            table,
            KeyTable{"a loss model",
                     {"model", "p", "r", "h", "k", "p13", "p31", "p32", "p23", "p14"}},
            x_context.diagnostics);
        const Value* model = table.find("model");
        if (model == nullptr)
            x_context.diagnostics.error("D39", table.where, "a loss model needs its name",
                                        "{ model = \"gemodel\", p = \"1%\", r = \"10%\" }");
        for (const Member& member : table.members) {
            if (member.key == "model")
                (void)x_context.reader.word("model", member.value, {"gemodel", "4state"});
            else if (!is_free_key(member.key))
                share(member.key, member.value);
        }
    }

    void read_queue(const Value& value) {
        const std::vector<std::string_view> kinds{"fq_codel", "codel", "fq",  "pfifo",
                                                  "bfifo",    "red",   "sfq", "pie",
                                                  "fq_pie",   "cake",  "tbf"};
        if (value.is(Value::Type::string)) {
            (void)x_context.reader.word("queue", value, kinds);
        } else if (x_context.reader.table(value, "queue")) {
            if (const Value* kind = value.find("kind"))
                (void)x_context.reader.word("kind", *kind, kinds);
            else
                x_context.diagnostics.error("D39", value.where, "a queue needs its kind",
                                            "{ kind = \"codel\", limit = 100 }");
        }
    }

    void keep(const std::string& key, const Value& value) {
        for (const Member& member : value.members) keep(key + "." + member.key, member.value);
        if (!value.is(Value::Type::table) && !value.is_false())
            x_result.settings[key] = written(value);
    }

    void needs_delay(std::string_view key) {
        const Member *member = find(key), *delay = find("delay");
        if (member == nullptr || member->value.is_false()) return;
        if (delay == nullptr || delay->value.is_false())
            x_context.diagnostics.error("D39", member->where, std::string(key) + " without delay",
                                        "delay = \"20ms\" beside it");
    }

    // D72: a queue that holds less than the delay at that rate loses packets by itself.
    void check_limit() {
        const Member *limit = find("limit"), *rate = find("rate"), *delay = find("delay");
        if (limit == nullptr || rate == nullptr || delay == nullptr) return;
        const std::optional<double> bits = parse_bits(rate->value.text);
        const std::optional<double> seconds = parse_seconds(delay->value.text);
        if (!bits || !seconds || !limit->value.is(Value::Type::integer)) return;
        const double packets = static_cast<double>(limit->value.integer);
        const double needed = std::ceil(*bits * *seconds / packet_bits);
        if (packets >= needed) return;
        x_context.diagnostics.warning(
            "D72", limit->value.where,
            number(packets) + " packets hold " + number(packets * packet_bits / *bits * 1000) +
                " ms at " + rate->value.text + ", the delay is " + delay->value.text,
            "limit ≥ " + std::to_string(static_cast<long long>(needed)) + ", or leave it out");
    }

    const std::vector<const Member*>& x_members;
    Context& x_context;
    Impairment x_result;
};

}  // namespace

Impairment read_impairment(const std::vector<const Member*>& members, Context& context) {
    return ImpairmentReader(members, context).read();
}

}  // namespace topology
