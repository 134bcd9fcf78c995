// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where random numbers come from. Engines are given one, so that a test can choose the numbers.
#pragma once

#include <cstdint>
#include <span>

namespace rtun::base {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    [[nodiscard]] std::uint32_t u32();
    // A number in 0..bound-1, without bias; bound > 0.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound);
};

// getrandom(2).
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace rtun::base
