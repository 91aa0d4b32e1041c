// See dns_message.hpp.
#include "labd/check/dns_message.hpp"

#include "topology/ip.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace labd::check {
namespace {

constexpr std::array<std::pair<const char*, std::uint16_t>, 9> types{{{"A", 1},
                                                                      {"NS", 2},
                                                                      {"CNAME", 5},
                                                                      {"SOA", 6},
                                                                      {"PTR", 12},
                                                                      {"MX", 15},
                                                                      {"TXT", 16},
                                                                      {"AAAA", 28},
                                                                      {"SRV", 33}}};

class Cursor {
  public:
    explicit Cursor(const std::string& bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    std::size_t at() const { return at_; }
    void to(std::size_t position) { at_ = position; }

    std::uint8_t u8() {
        if (at_ >= bytes_.size()) return ok_ = false, std::uint8_t{0};
        return static_cast<std::uint8_t>(bytes_[at_++]);
    }
    std::uint16_t u16() {
        const unsigned high = u8();
        return static_cast<std::uint16_t>(high << 8 | u8());
    }
    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    std::string take(std::size_t n) {
        if (n > bytes_.size() - std::min(at_, bytes_.size())) return ok_ = false, std::string();
        at_ += n;
        return bytes_.substr(at_ - n, n);
    }
    // Labels and pointers to earlier ones; "." is the root.
    std::string name() {
        std::string out;
        std::size_t back = 0;
        for (int jumps = 0; ok_ && jumps < 32;) {
            const std::uint8_t length = u8();
            if (length == 0) break;
            if ((length & 0xc0) == 0xc0) {
                const std::size_t target = static_cast<std::size_t>(length & 0x3f) << 8 | u8();
                if (back == 0) back = at_;
                at_ = target;
                ++jumps;
                continue;
            }
            if (length > 63 || out.size() > 255) return ok_ = false, std::string();
            out += (out.empty() ? "" : ".") + take(length);
        }
        if (back != 0) at_ = back;
        return out.empty() ? "." : out;
    }

  private:
    const std::string& bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

std::string address(const std::string& bytes, topology::Family family) {
    topology::Ip ip;
    ip.family = family;
    if (bytes.size() != ip.size()) return "";
    for (std::size_t i = 0; i < bytes.size(); ++i)
        ip.bytes[i] = static_cast<std::uint8_t>(bytes[i]);
    return ip.text();
}

std::string data(Cursor& in, std::uint16_t type, std::size_t length) {
    const std::size_t end = in.at() + length;
    switch (type) {
        case 1:
            return address(in.take(length), topology::Family::ipv4);
        case 28:
            return address(in.take(length), topology::Family::ipv6);
        case 2:
        case 5:
        case 12:
            return in.name();
        case 6: {
            const std::string server = in.name(), mail = in.name();
            return server + " " + mail + " " + std::to_string(in.u32());
        }
        case 15: {
            const std::string priority = std::to_string(in.u16());
            return priority + " " + in.name();
        }
        case 33: {
            std::string out = std::to_string(in.u16());
            out += " " + std::to_string(in.u16());
            out += " " + std::to_string(in.u16());
            return out + " " + in.name();
        }
        case 16: {
            std::string out;
            while (in.ok() && in.at() < end) out += in.take(in.u8());
            return out;
        }
        default:
            return "";
    }
}

}  // namespace

std::optional<std::uint16_t> dns_type(const std::string& word) {
    for (const auto& [name, number] : types)
        if (word == name) return number;
    return std::nullopt;
}

std::string dns_query(const std::string& name, std::uint16_t type, std::uint16_t id) {
    std::string out;
    const auto u16 = [&](unsigned value) {
        out += static_cast<char>(value >> 8);
        out += static_cast<char>(value & 0xff);
    };
    u16(id);
    u16(0x0100);  // recursion is wanted
    u16(1), u16(0), u16(0), u16(0);
    std::size_t at = 0;
    while (at < name.size()) {
        const std::size_t dot = std::min(name.find('.', at), name.size());
        const std::size_t length = dot - at;
        if (length == 0 || length > 63) return "";
        out += static_cast<char>(length);
        out += name.substr(at, length);
        at = dot + 1;
    }
    if (name.empty() || name.size() > 253) return "";
    out += '\0';
    u16(type), u16(1);
    return out;
}

DnsAnswer parse_dns_answer(const std::string& bytes, std::uint16_t type, std::uint16_t id) {
    DnsAnswer answer;
    Cursor in(bytes);
    const std::uint16_t number = in.u16(), flags = in.u16();
    const std::uint16_t questions = in.u16(), answers = in.u16();
    (void)in.u32();
    for (unsigned i = 0; i < questions && in.ok(); ++i) {
        (void)in.name();
        (void)in.u32();
    }
    if (!in.ok() || number != id || (flags & 0x8000) == 0) return answer;
    answer.good = true;
    answer.code = flags & 0xf;
    answer.truncated = (flags & 0x0200) != 0;
    for (unsigned i = 0; i < answers && in.ok(); ++i) {
        (void)in.name();
        const std::uint16_t kind = in.u16();
        (void)in.u16(), (void)in.u32();
        const std::uint16_t length = in.u16();
        const std::size_t end = in.at() + length;
        const std::string text = kind == type ? data(in, kind, length) : "";
        if (in.ok() && !text.empty()) answer.data.push_back(text);
        in.to(end);
    }
    return answer;
}

std::string dns_code(unsigned code) {
    static constexpr const char* words[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                            "NXDOMAIN", "NOTIMP",  "REFUSED"};
    return code < std::size(words) ? words[code] : "code " + std::to_string(code);
}

}  // namespace labd::check
