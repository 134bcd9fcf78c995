// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake: a bad network between two engines. Frames are lost, doubled, delayed and overtake each
// other, all decided by a seed, so that a run that fails can be run again.
#pragma once

#include <base/bytes.h>
#include <base/time.h>
#include <tests/fake/fake_random.h>

#include <cstdint>
#include <map>
#include <utility>

namespace rtun::fake {

class Network {
public:
    struct Quality {
        unsigned lost = 0;     // of 100 frames
        unsigned doubled = 0;  // of 100
        base::Duration delay = std::chrono::milliseconds(10);
        base::Duration jitter{};  // up to so much more: reorders
    };
    struct Arrival {
        int to = 0;  // 0 or 1
        base::Bytes frame;
    };

    Network(std::uint64_t seed, Quality quality) : random_(seed), quality_(quality) {}

    void set(Quality quality) { quality_ = quality; }

    void send(int to, const base::Bytes &frame, base::Time now) {
        ++sent_;
        const int copies = chance(quality_.doubled) ? 2 : 1;
        for (int i = 0; i < copies; ++i)
            if (!chance(quality_.lost))
                on_the_way_.emplace(now + delay(), Arrival{to, frame});
    }

    [[nodiscard]] base::Deadline next() const {
        if (on_the_way_.empty())
            return {};
        return on_the_way_.begin()->first;
    }
    // The frame that arrives first; next() says when.
    [[nodiscard]] Arrival take() {
        Arrival first = std::move(on_the_way_.begin()->second);
        on_the_way_.erase(on_the_way_.begin());
        return first;
    }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

private:
    bool chance(unsigned percent) { return random_.below(100) < percent; }
    base::Duration delay() {
        const auto spread = quality_.jitter.count();
        if (spread == 0)
            return quality_.delay;
        const auto part = static_cast<base::Duration::rep>(random_.below(1000));
        return quality_.delay + base::Duration(spread / 1000 * part);
    }

    FakeRandom random_;
    Quality quality_;
    std::multimap<base::Time, Arrival> on_the_way_;
    std::uint64_t sent_ = 0;
};

}  // namespace rtun::fake
