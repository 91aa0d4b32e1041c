// Values as bytes and back, between labd and its parser, which are the same program. The bytes that
// come back are hostile all the same: the reader takes nothing that the writer could not have
// written, so that no index, length or word outside of its type gets past it.
#pragma once

#include "labd/parser/shapes.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace labd::parser {

// The last of an enumeration's values.
template <class T>
inline constexpr T last_of = T::no_such;
template <>
inline constexpr auto last_of<topology::Kind> = topology::Kind::bare;
template <>
inline constexpr auto last_of<topology::Level> = topology::Level::strict;
template <>
inline constexpr auto last_of<topology::DeviceKind> = topology::DeviceKind::external;
template <>
inline constexpr auto last_of<topology::Routing> = topology::Routing::bird;
template <>
inline constexpr auto last_of<topology::AddressMode> = topology::AddressMode::slaac;
template <>
inline constexpr auto last_of<topology::Distribution> = topology::Distribution::paretonormal;
template <>
inline constexpr auto last_of<topology::Loss::Model> = topology::Loss::Model::four_state;
template <>
inline constexpr auto last_of<topology::Family> = topology::Family::ipv6;
template <>
inline constexpr auto last_of<topology::Right> = topology::Right::change;
template <>
inline constexpr auto last_of<topology::Severity> = topology::Severity::notice;
template <>
inline constexpr auto last_of<topology::Route::Origin> = topology::Route::Origin::written;
template <>
inline constexpr auto last_of<topology::Ready::Kind> = topology::Ready::Kind::exit;
template <>
inline constexpr auto last_of<topology::Service::Restart> = topology::Service::Restart::no;
template <>
inline constexpr auto last_of<topology::File::Origin> = topology::File::Origin::generated;
template <>
inline constexpr auto last_of<topology::Bound::Side> = topology::Bound::Side::more;
template <>
inline constexpr auto last_of<topology::FamilyWish> = topology::FamilyWish::both;
template <>
inline constexpr auto last_of<topology::subject::Path::Ecmp> = topology::subject::Path::Ecmp::all;
template <>
inline constexpr auto last_of<topology::Protocol> = topology::Protocol::rip;
template <>
inline constexpr auto last_of<topology::Fault::Kind> = topology::Fault::Kind::impair;
template <>
inline constexpr auto last_of<topology::Measure::Kind> = topology::Measure::Kind::routes;
template <>
inline constexpr auto last_of<topology::TimedStep::Kind> = topology::TimedStep::Kind::sample;

class Writer {
  public:
    template <class... T>
    void operator()(const T&... values) {
        (put(values), ...);
    }
    std::string take() { return std::move(bytes_); }

  private:
    template <class T>
    requires std::is_arithmetic_v<T>
    void put(T value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
    template <class T>
    requires std::is_enum_v<T>
    void put(T value) { put(static_cast<std::uint8_t>(value)); }
    void put(const std::string& value) {
        put(static_cast<std::uint64_t>(value.size()));
        bytes_ += value;
    }
    template <class T, std::size_t N>
    void put(const std::array<T, N>& values) {
        for (const T& value : values) put(value);
    }
    template <class T>
    void put(const std::vector<T>& values) {
        put(static_cast<std::uint64_t>(values.size()));
        for (const T& value : values) put(value);
    }
    template <class K, class T>
    void put(const std::map<K, T>& values) {
        put(static_cast<std::uint64_t>(values.size()));
        for (const auto& [key, value] : values) put(key), put(value);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class A, class B>
    void put(const std::pair<A, B>& value) {
        put(value.first), put(value.second);
    }
    template <class... T>
    void put(const std::variant<T...>& value) {
        put(static_cast<std::uint8_t>(value.index()));
        std::visit([this](const auto& one) { this->put(one); }, value);
    }
    template <class T>
    requires std::is_class_v<T>
    void put(const T& value) {
        fields(*this, const_cast<T&>(value));  // `fields` serves both ways and writes nothing here
    }

    std::string bytes_;
};

// After a wrong byte ok() is false, and what was read is worth nothing.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    template <class... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    bool ok() const { return ok_; }
    bool at_end() const { return ok_ && rest_.empty(); }

  private:
    bool take(void* to, std::size_t size) {
        if (!ok_ || rest_.size() < size) return ok_ = false;
        std::memcpy(to, rest_.data(), size);
        rest_.remove_prefix(size);
        return true;
    }
    // Of elements, each of at least one byte: no count is larger than what is left.
    std::size_t count() {
        std::uint64_t n = 0;
        if (take(&n, sizeof n) && n > rest_.size()) ok_ = false;
        return ok_ ? static_cast<std::size_t>(n) : 0;
    }
    template <class T>
    requires std::is_arithmetic_v<T>
    void get(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = 0;
            if (take(&byte, 1) && byte > 1) ok_ = false;
            value = byte == 1;
        } else if (!take(&value, sizeof value)) {
            value = T{};
        }
    }
    template <class T>
    requires std::is_enum_v<T>
    void get(T& value) {
        std::uint8_t byte = 0;
        if (take(&byte, 1) && byte > static_cast<std::uint8_t>(last_of<T>)) ok_ = false;
        value = ok_ ? static_cast<T>(byte) : last_of<T>;
    }
    void get(std::string& value) {
        const std::size_t size = count();
        value.assign(rest_.substr(0, size));
        rest_.remove_prefix(size);
    }
    template <class T, std::size_t N>
    void get(std::array<T, N>& values) {
        for (T& value : values) get(value);
    }
    template <class T>
    void get(std::vector<T>& values) {
        values.clear();
        for (std::size_t n = count(); n > 0 && ok_; --n) get(values.emplace_back());
    }
    template <class K, class T>
    void get(std::map<K, T>& values) {
        values.clear();
        for (std::size_t n = count(); n > 0 && ok_; --n) {
            K key{};
            get(key);
            // In order and none twice, as a map is written.
            if (!values.empty() && !(values.rbegin()->first < key)) ok_ = false;
            get(values.emplace_hint(values.end(), std::move(key), T{})->second);
        }
    }
    template <class T>
    void get(std::optional<T>& value) {
        bool there = false;
        get(there);
        if (!there) return value.reset();
        T held{};
        get(held);
        value = std::move(held);
    }
    template <class A, class B>
    void get(std::pair<A, B>& value) {
        get(value.first), get(value.second);
    }
    template <class... T>
    void get(std::variant<T...>& value) {
        std::uint8_t index = 0;
        if (take(&index, 1) && index >= sizeof...(T)) ok_ = false;
        if (ok_) get_at<0>(value, index);
    }
    template <std::size_t I, class... T>
    void get_at(std::variant<T...>& value, std::size_t index) {
        if constexpr (I < sizeof...(T)) {
            if (index == I)
                get(value.template emplace<I>());
            else
                get_at<I + 1>(value, index);
        }
    }
    template <class T>
    requires std::is_class_v<T>
    void get(T& value) {
        fields(*this, value);
        if constexpr (std::is_same_v<T, topology::Ip>) check(is_family(value.family));
        if constexpr (std::is_same_v<T, topology::Prefix>) check(value.length <= value.ip.bits());
    }
    void check(bool holds) { ok_ = ok_ && holds; }
    static bool is_family(topology::Family family) {
        return family == topology::Family::ipv4 || family == topology::Family::ipv6;
    }

    std::string_view rest_;
    bool ok_ = true;
};

std::string encode(const topology::Resolved& resolved);
// Nothing unless it is exactly what `encode` gives of a lab whose parts fit together
// (well_formed.hpp).
std::optional<topology::Resolved> decode(std::string_view bytes);

}  // namespace labd::parser
