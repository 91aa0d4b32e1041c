#include "labd/audit_chain.hpp"

#include "labd/sha256.hpp"

#include <charconv>

namespace labd {
namespace {

constexpr std::string_view seq_key = "{\"seq\":", torn_key = "\"torn\":\"",
                           prev_key = ",\"prev\":\"", hash_key = "\",\"hash\":\"", closing = "\"}";
constexpr std::size_t hash_digits = 64;
constexpr std::size_t tail_size =
    hash_key.size() - 1 + hash_digits + closing.size();  // from ,"hash"

struct Parts {
    std::uint64_t seq = 0;
    std::string_view body;  // what the hash is of
    std::string_view torn, prev, hash;
};

bool is_hash(std::string_view text) {
    return text.size() == hash_digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<Parts> take_apart(std::string_view line) {
    Parts parts;
    if (line.size() < seq_key.size() + prev_key.size() + hash_digits + 1 + tail_size ||
        !line.starts_with(seq_key) || !line.ends_with(closing))
        return std::nullopt;
    parts.body = line.substr(0, line.size() - tail_size);
    parts.hash = line.substr(line.size() - closing.size() - hash_digits, hash_digits);
    // The body ends with the quote that closes "prev".
    const std::size_t prev = parts.body.size() - 1 - hash_digits;
    parts.prev = parts.body.substr(prev, hash_digits);
    if (line.substr(parts.body.size() - 1, hash_key.size()) != hash_key ||
        parts.body.substr(prev - prev_key.size(), prev_key.size()) != prev_key ||
        !is_hash(parts.hash) || !is_hash(parts.prev))
        return std::nullopt;
    std::string_view rest = parts.body.substr(seq_key.size());
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), parts.seq);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (error != std::errc() || !rest.starts_with(',')) return std::nullopt;
    rest.remove_prefix(1);
    if (rest.starts_with(torn_key)) {
        parts.torn = rest.substr(torn_key.size(), hash_digits);
        if (!is_hash(parts.torn)) return std::nullopt;
    }
    return parts;
}

}  // namespace

std::string chain_line(ChainEnd& chain, std::string_view fields, std::string_view torn) {
    std::string line = std::string(seq_key) + std::to_string(++chain.seq) + ",";
    if (!torn.empty()) line += std::string(torn_key) + sha256(torn) + "\",";
    line += fields;
    line += std::string(prev_key) + chain.hash + "\"";
    chain.hash = sha256(line);
    return line + std::string(hash_key.substr(1)) + chain.hash + std::string(closing) + "\n";
}

std::optional<ChainEnd> end_of(std::string_view line) {
    const std::optional<Parts> parts = take_apart(line);
    if (!parts || sha256(parts->body) != parts->hash) return std::nullopt;
    return ChainEnd{parts->seq, std::string(parts->hash)};
}

std::string ChainReader::take(std::string_view line) {
    const std::optional<Parts> parts = take_apart(line);
    if (!parts) {
        if (!torn_.empty()) return "this is no record, nor was the line before";
        torn_ = sha256(line);
        return "";
    }
    const std::string seq = std::to_string(parts->seq);
    if (sha256(parts->body) != parts->hash) return "record " + seq + " was changed";
    if (parts->torn != torn_)
        return torn_.empty() ? "the line before record " + seq + " is missing"
                             : "the line before record " + seq +
                                   " is no record, and not one that a crash cut short";
    if (last_ && parts->seq != last_->seq + 1)
        return "after record " + std::to_string(last_->seq) + " comes record " + seq;
    if (last_ && parts->prev != last_->hash)
        return "record " + std::to_string(last_->seq) + " is not the one that record " + seq +
               " was written after";
    if (!last_ && parts->seq == 1 && parts->prev != ChainEnd{}.hash)
        return "the first record was changed";
    if (!torn_.empty()) ++torn_lines_;
    torn_.clear();
    last_ = ChainEnd{parts->seq, std::string(parts->hash)};
    ++records_;
    return "";
}

}  // namespace labd
