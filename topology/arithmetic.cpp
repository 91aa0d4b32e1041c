// Recursive descent over sum → product → sign → atom. Depth and overflow are checked: the text is
// anybody's.
#include "topology/arithmetic.hpp"

#include "topology/read.hpp"

namespace topology {
namespace {

constexpr int deepest = 32;

class Parser {
  public:
    Parser(std::string_view text,
           const std::function<const std::string*(const std::string&)>& lookup)
        : x_text(text), x_lookup(lookup) {}

    Arithmetic run() {
        const std::int64_t value = sum();
        skip_space();
        if (ok() && x_at < x_text.size())
            fail("\"" + std::string(x_text.substr(x_at, 16)) + "\" does not fit there");
        if (ok()) x_result.value = value;
        return x_result;
    }

  private:
    bool ok() const { return x_result.unknown.empty() && x_result.trouble.empty(); }

    std::int64_t fail(std::string trouble) {
        if (ok()) x_result.trouble = std::move(trouble);
        return 0;
    }

    void skip_space() {
        while (x_at < x_text.size() && (x_text[x_at] == ' ' || x_text[x_at] == '\t')) ++x_at;
    }

    char peek() {
        skip_space();
        return x_at < x_text.size() ? x_text[x_at] : '\0';
    }

    std::int64_t sum() {
        std::int64_t left = product();
        while (ok() && (peek() == '+' || peek() == '-')) {
            const bool plus = x_text[x_at++] == '+';
            const std::int64_t right = product();
            std::int64_t result = 0;
            const bool over = plus ? __builtin_add_overflow(left, right, &result)
                                   : __builtin_sub_overflow(left, right, &result);
            if (over) return fail("the number is too large");
            left = result;
        }
        return left;
    }

    std::int64_t product() {
        std::int64_t left = sign();
        while (ok() && (peek() == '*' || peek() == '/' || peek() == '%')) {
            const char op = x_text[x_at++];
            const std::int64_t right = sign();
            if (!ok()) return 0;
            if (op == '*') {
                std::int64_t result = 0;
                if (__builtin_mul_overflow(left, right, &result))
                    return fail("the number is too large");
                left = result;
                continue;
            }
            if (right == 0) return fail("division by zero");
            if (right == -1) {  // INT64_MIN / -1 traps
                if (op == '%')
                    left = 0;
                else if (__builtin_sub_overflow(std::int64_t{0}, left, &left))
                    return fail("the number is too large");
                continue;
            }
            left = op == '/' ? left / right : left % right;
        }
        return left;
    }

    std::int64_t sign() {
        if (++x_depth > deepest) return fail("more than 32 levels of parentheses");
        std::int64_t value = 0;
        if (peek() == '-') {
            ++x_at;
            const std::int64_t operand = sign();
            if (__builtin_sub_overflow(std::int64_t{0}, operand, &value))
                value = fail("the number is too large");
        } else {
            value = atom();
        }
        --x_depth;
        return value;
    }

    std::int64_t atom() {
        const char c = peek();
        if (c == '(') {
            ++x_at;
            const std::int64_t value = sum();
            if (ok() && peek() != ')') return fail("a \")\" is missing");
            ++x_at;
            return value;
        }
        const std::size_t begin = x_at;
        while (x_at < x_text.size() && word(x_text[x_at])) ++x_at;
        const std::string token(x_text.substr(begin, x_at - begin));
        if (token.empty())
            return fail(begin >= x_text.size()
                            ? "a number or a name is missing"
                            : "\"" + std::string(1, c) + "\" does not fit there");
        if (c >= '0' && c <= '9') {
            const std::optional<std::int64_t> number = parse_integer(token);
            if (!number) return fail("\"" + token + "\" is not a whole number");
            return *number;
        }
        const std::string* text = x_lookup(token);
        if (text == nullptr) {
            if (ok()) x_result.unknown = token;
            return 0;
        }
        // Items of padded ranges are numbers here: "01" is 1.
        const std::optional<std::int64_t> number = parse_integer(*text);
        if (!number) return fail("\"" + token + "\" is \"" + *text + "\", not a number");
        return *number;
    }

    static bool word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    }

    std::string_view x_text;
    const std::function<const std::string*(const std::string&)>& x_lookup;
    std::size_t x_at = 0;
    int x_depth = 0;
    Arithmetic x_result;
};

}  // namespace

Arithmetic evaluate(std::string_view text,
                    const std::function<const std::string*(const std::string&)>& lookup) {
    return Parser(text, lookup).run();
}

}  // namespace topology
