// SPDX-License-Identifier: GPL-2.0-or-later
//
// Random numbers that a test chooses: first the octets that were queued, then a sequence that
// depends on the seed alone (splitmix64), so that a simulation can be run again.
#pragma once

#include <base/bytes.h>
#include <base/random.h>

#include <cstdint>
#include <deque>
#include <span>

namespace rtun::fake {

class FakeRandom final : public base::Random {
public:
    explicit FakeRandom(std::uint64_t seed = 1) : state_(seed) {}

    // The next octets that fill() gives out.
    void queue(base::View octets) { queued_.insert(queued_.end(), octets.begin(), octets.end()); }

    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t &octet : out)
            octet = next();
    }

private:
    std::uint8_t next() {
        if (!queued_.empty()) {
            const std::uint8_t octet = queued_.front();
            queued_.pop_front();
            return octet;
        }
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return static_cast<std::uint8_t>((z ^ (z >> 31)) & 0xff);
    }

    std::deque<std::uint8_t> queued_;
    std::uint64_t state_;
};

}  // namespace rtun::fake
