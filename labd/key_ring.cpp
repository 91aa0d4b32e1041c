// See key_ring.hpp.
#include "labd/key_ring.hpp"

#include "labd/base64.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace labd {
namespace {

KeyRing::Key random_key() {
    KeyRing::Key out{};
    // Up to 256 bytes come whole (getrandom(2)).
    while (getrandom(out.data(), out.size(), 0) < 0)
        if (errno != EINTR) netlink::throw_errno("make", "a key");
    netlink::clamp(out);
    return out;
}

std::string text_of(const KeyRing::Key& key) {
    return base64_encode({reinterpret_cast<const char*>(key.data()), key.size()});
}

std::optional<KeyRing::Key> key_of(const std::string& text) {
    const auto bytes = base64_decode(text);
    KeyRing::Key out{};
    if (!bytes || bytes->size() != out.size()) return std::nullopt;
    std::memcpy(out.data(), bytes->data(), out.size());
    return out;
}

}  // namespace

const KeyRing::Pair& KeyRing::of(const std::string& end) {
    if (const Pair* held = find(end)) return *held;
    Pair pair;
    pair.secret = random_key();
    pair.open = hub_->public_key(pair.secret);
    return learn(end, pair);
}

const KeyRing::Pair* KeyRing::find(const std::string& end) const {
    const auto found = pairs_.find(end);
    return found == pairs_.end() ? nullptr : &found->second;
}

const KeyRing::Pair& KeyRing::learn(const std::string& end, const Pair& pair) {
    const auto [place, is_new] = pairs_.emplace(end, pair);
    if (is_new) owners_[pair.open] = end;
    return place->second;
}

std::optional<std::string> KeyRing::whose(const Key& open) const {
    const auto found = owners_.find(open);
    if (found == owners_.end()) return std::nullopt;
    return found->second;
}

std::map<std::string, std::string> KeyRing::texts() const {
    std::map<std::string, std::string> out;
    for (const auto& [end, pair] : pairs_) out[end] = text_of(pair.secret);
    return out;
}

void KeyRing::keep(const std::map<std::string, std::string>& texts) {
    for (const auto& [end, text] : texts) {
        const auto secret = key_of(text);
        if (secret && find(end) == nullptr) learn(end, {*secret, hub_->public_key(*secret)});
    }
}

}  // namespace labd
