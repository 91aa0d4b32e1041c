// A walk over the value. Strings and whole numbers are Boost.JSON's own.
#include "cli/json_print.hpp"

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace cli {
namespace {

namespace json = boost::json;

std::string number(double value) {
    if (!std::isfinite(value)) return "null";  // JSON has no other word for it
    std::array<char, 64> text{};
    // The shortest that reads back the same, without an exponent where a person would write none.
    const double size = std::fabs(value);
    const bool plain = size == 0 || (size >= 1e-7 && size < 1e15);
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, format);
    if (error != std::errc()) return json::serialize(json::value(value));
    return {text.data(), end};
}

class Printer {
  public:
    explicit Printer(bool nice) : nice_(nice) {}

    std::string take(const json::value& value) {
        print(value, 0);
        return out_ + "\n";
    }

  private:
    void print(const json::value& value, std::size_t depth) {
        if (const json::object* o = value.if_object()) {
            open('{');
            for (auto pair = o->begin(); pair != o->end(); ++pair) {
                item(pair == o->begin(), depth + 1);
                out_ += json::serialize(json::value(pair->key())) + (nice_ ? ": " : ":");
                print(pair->value(), depth + 1);
            }
            close('}', o->empty(), depth);
        } else if (const json::array* a = value.if_array()) {
            open('[');
            for (auto element = a->begin(); element != a->end(); ++element) {
                item(element == a->begin(), depth + 1);
                print(*element, depth + 1);
            }
            close(']', a->empty(), depth);
        } else if (const double* d = value.if_double()) {
            out_ += number(*d);
        } else {
            out_ += json::serialize(value);
        }
    }

    void open(char bracket) { out_ += bracket; }
    void item(bool first, std::size_t depth) {
        if (!first) out_ += ',';
        line(depth);
    }
    void close(char bracket, bool empty, std::size_t depth) {
        if (!empty) line(depth);
        out_ += bracket;
    }
    void line(std::size_t depth) {
        if (!nice_) return;
        out_ += '\n';
        out_.append(2 * depth, ' ');
    }

    bool nice_;
    std::string out_;
};

}  // namespace

std::string compact(const json::value& value) {
    return Printer(false).take(value);
}
std::string pretty(const json::value& value) {
    return Printer(true).take(value);
}

}  // namespace cli
