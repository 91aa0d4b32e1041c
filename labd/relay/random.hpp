// Numbers that are the same for the same seed on every machine: SplitMix64 (Steele, Lea, Flood:
// "Fast splittable pseudorandom number generators", 2014).
#pragma once

#include <cstdint>

namespace labd::relay {

class Random {
  public:
    explicit Random(std::uint64_t seed = 0) : state_(seed) {}
    // Another row of numbers of the same seed: what draws from one must not move the others.
    Random stream(std::uint64_t number) const {
        Random out(state_ + number * 0xd1342543de82ef95ull);
        return Random(out.u64());
    }
    std::uint64_t u64() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }
    std::uint32_t u32() { return static_cast<std::uint32_t>(u64() >> 32); }
    // Evenly in (0, 1].
    double unit() { return (static_cast<double>(u64() >> 11) + 1) * 0x1p-53; }
    std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : u64() % end; }

  private:
    std::uint64_t state_;
};

}  // namespace labd::relay
