// Seccomp filters are written as classic BPF, section by section (seccomp(2)).
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace labd::spawner {

class Program {
  public:
    Program& load(std::size_t offset) { return add(BPF_LD | BPF_W | BPF_ABS, offset); }
    // An int argument fills only the low half of the register; both architectures are little
    // endian.
    Program& load_argument(std::size_t index) {
        return load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
    }
    Program& allow() { return add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }
    // Always an errno, never a kill: a daemon that probes for a feature must find it missing, not
    // die.
    Program& refuse(int error) {
        return add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error));
    }
    // `body` runs when what was loaded is `value`, or has all of the bits, or lies in a range.
    Program& when(std::uint32_t value, const Program& body) {
        return jump(BPF_JEQ, value, 0, body.size()).append(body);
    }
    Program& unless(std::uint32_t value, const Program& body) {
        return jump(BPF_JEQ, value, body.size(), 0).append(body);
    }
    Program& when_bits(std::uint32_t bits, const Program& body) {
        return jump(BPF_JSET, bits, 0, body.size()).append(body);
    }
    Program& from(std::uint32_t first, const Program& body) {
        return jump(BPF_JGE, first, 0, body.size()).append(body);
    }
    Program& up_to(std::uint32_t last, const Program& body) {
        return jump(BPF_JGT, last, body.size(), 0).append(body);
    }
    Program& append(const Program& other) {
        code_.insert(code_.end(), other.code_.begin(), other.code_.end());
        return *this;
    }
    std::size_t size() const { return code_.size(); }
    std::vector<sock_filter>& code() { return code_; }

  private:
    Program& jump(int test, std::uint32_t value, std::size_t yes, std::size_t no) {
        code_.push_back({static_cast<std::uint16_t>(BPF_JMP | test | BPF_K),
                         static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no), value});
        return *this;
    }
    Program& add(int operation, std::size_t value) {
        code_.push_back(
            {static_cast<std::uint16_t>(operation), 0, 0, static_cast<std::uint32_t>(value)});
        return *this;
    }
    std::vector<sock_filter> code_;
};

// What both levels begin with: no foreign ABI, whose numbers would pass any list, and none of the
// calls that no node may make. Leaves the number of the call loaded.
Program common_part();
// What level `strict` adds: everything that is not known to be needed is refused.
Program strict_part();
// What a relay may call; everything else is refused.
Program relay_part();

}  // namespace labd::spawner
