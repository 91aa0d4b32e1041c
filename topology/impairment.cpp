// Numbers as people write them, and what follows from them.
#include "topology/impairment.hpp"

#include "topology/queue.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace topology {
namespace {

constexpr double all_steps = UINT32_MAX;
constexpr std::uint64_t fastest_bits = 10'000'000'000;  // taken where no rate is given
constexpr std::uint64_t most_packets = 10'000'000;

using KeyWords = std::vector<std::pair<std::string, std::string>>;

std::string decimal(double value) {
    char buffer[40];
    (void)std::snprintf(buffer, sizeof buffer, "%.10g", value);
    return buffer;
}

const char* word(Distribution distribution) {
    switch (distribution) {
        case Distribution::normal:
            return "normal";
        case Distribution::pareto:
            return "pareto";
        case Distribution::paretonormal:
            return "paretonormal";
        case Distribution::uniform:
            break;
    }
    return "uniform";
}

// The members of a loss model in the order of the kernel's own words.
KeyWords members(const Loss& loss) {
    if (loss.model == Loss::Model::gemodel)
        return {{"p", share_text(loss.p)},
                {"r", share_text(loss.r)},
                {"h", share_text(loss.h)},
                {"k", share_text(loss.k)}};
    return {{"p13", share_text(loss.p13)},
            {"p31", share_text(loss.p31)},
            {"p32", share_text(loss.p32)},
            {"p23", share_text(loss.p23)},
            {"p14", share_text(loss.p14)}};
}

const char* model_word(const Loss& loss) {
    return loss.model == Loss::Model::gemodel ? "gemodel" : "4state";
}

KeyWords options(const Queue& queue) {
    KeyWords out;
    const QueueKind* kind = find_queue(queue.kind);
    if (kind == nullptr) return out;
    for (const QueueOption& option : kind->options)
        if (const auto set = queue.options.find(std::string(option.key));
            set != queue.options.end())
            out.emplace_back(option.key, queue_option_text(option.unit, set->second));
    return out;
}

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

// Numbers, truth and tables stand bare.
std::string toml_value(const std::string& text) {
    const bool bare = text == "true" || text == "false" || text[0] == '{' ||
                      text.find_first_not_of("0123456789") == std::string::npos;
    return bare ? text : quoted(text);
}

std::string toml_table(const char* key, const std::string& name, const KeyWords& members) {
    std::string out = std::string("{ ") + key + " = " + quoted(name);
    for (const auto& [member, value] : members) out += ", " + member + " = " + toml_value(value);
    return out + " }";
}

std::string line(const std::string& name, const KeyWords& members) {
    std::string out = name;
    for (const auto& [member, value] : members) out += " " + member + " " + value;
    return out;
}

// Loss and queue, which are tables in TOML and lines elsewhere, come as texts.
KeyWords words(const Impairment& i, const std::string& loss, const std::string& queue) {
    KeyWords out;
    const auto say = [&](bool set, const char* key, const std::string& value) {
        if (set) out.emplace_back(key, value);
    };
    say(i.delay_ns != 0, "delay", time_text(i.delay_ns));
    say(i.jitter_ns != 0, "jitter", time_text(i.jitter_ns));
    say(i.distribution != Distribution::uniform, "distribution", word(i.distribution));
    say(i.keep_order, "order", "keep");
    say(i.loss.has_value(), "loss", loss);
    say(bool(i.corrupt), "corrupt", share_text(i.corrupt));
    say(bool(i.duplicate), "duplicate", share_text(i.duplicate));
    say(bool(i.reorder), "reorder", share_text(i.reorder));
    say(i.rate_bits != 0, "rate", rate_text(i.rate_bits));
    say(i.burst_bytes != 0, "burst", std::to_string(i.burst_bytes) + "B");
    say(i.limit_packets.has_value(), "limit", std::to_string(i.limit_packets.value_or(0)));
    say(i.queue.has_value(), "queue", queue);
    say(i.seed.has_value(), "seed", std::to_string(i.seed.value_or(0)));
    say(i.netem_only, "backend", "netem");
    return out;
}

}  // namespace

Chance Chance::of(double fraction) {
    return {static_cast<std::uint32_t>(std::llround(std::clamp(fraction, 0.0, 1.0) * all_steps))};
}

double Chance::fraction() const {
    return steps / all_steps;
}

bool Impairment::any() const {
    return delay_ns != 0 || loss || corrupt || duplicate || rate_bits != 0 || queue;
}

std::uint32_t limit_of(const Impairment& i) {
    if (i.limit_packets) return *i.limit_packets;
    const double seconds = static_cast<double>(i.delay_ns + i.jitter_ns) / 1e9;
    const double bits = static_cast<double>(i.rate_bits != 0 ? i.rate_bits : fastest_bits);
    const double under_way = std::ceil(bits * seconds / packet_bits);
    return static_cast<std::uint32_t>(std::min(under_way + 1000, double(most_packets)));
}

std::uint32_t burst_of(const Impairment& i) {
    if (i.burst_bytes != 0) return i.burst_bytes;
    constexpr std::uint64_t two_frames = 2 * 1522;
    return static_cast<std::uint32_t>(std::max(two_frames, i.rate_bits / 8 / 200));
}

std::string time_text(std::int64_t ns) {
    constexpr std::array<std::pair<std::int64_t, const char*>, 3> units{
        {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1000, "us"}}};
    for (const auto& [size, unit] : units)
        if (ns >= size) return decimal(static_cast<double>(ns) / static_cast<double>(size)) + unit;
    return std::to_string(ns) + (ns == 0 ? "s" : "ns");
}

std::string share_text(Chance chance) {
    char buffer[40];
    // Six digits hide the step that a round number falls between.
    (void)std::snprintf(buffer, sizeof buffer, "%.6g%%", chance.fraction() * 100);
    return buffer;
}

std::string rate_text(std::uint64_t bits) {
    constexpr std::array<std::pair<std::uint64_t, const char*>, 3> units{
        {{1'000'000'000, "gbit"}, {1'000'000, "mbit"}, {1000, "kbit"}}};
    for (const auto& [size, unit] : units)
        if (bits >= size)
            return decimal(static_cast<double>(bits) / static_cast<double>(size)) + unit;
    return std::to_string(bits) + "bit";
}

std::vector<std::pair<std::string, std::string>> impairment_words(const Impairment& i) {
    std::string loss, queue;
    if (i.loss)
        loss = i.loss->model == Loss::Model::random ? share_text(i.loss->share)
                                                    : line(model_word(*i.loss), members(*i.loss));
    if (i.queue) queue = line(i.queue->kind, options(*i.queue));
    return words(i, loss, queue);
}

std::vector<std::pair<std::string, std::string>> impairment_toml(const Impairment& i) {
    std::string loss, queue;
    if (i.loss)
        loss = i.loss->model == Loss::Model::random
                   ? share_text(i.loss->share)
                   : toml_table("model", model_word(*i.loss), members(*i.loss));
    if (i.queue)
        queue = i.queue->options.empty() ? i.queue->kind
                                         : toml_table("kind", i.queue->kind, options(*i.queue));
    KeyWords out = words(i, loss, queue);
    for (auto& entry : out) entry.second = toml_value(entry.second);
    return out;
}

}  // namespace topology
