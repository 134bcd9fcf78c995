// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's core that shares packets out between the links of a bundle, with links that
// come, go and are said to be anything. The input is a list of steps: an octet that says what and
// about which link, then its numbers. The parts of a packet are the packet, each fits its link and
// is on one that may be used; there is a way if one link alone is one; clocks go forward, and a
// link that was told nothing has not moved.
#include <base/bytes.h>
#include <fuzz/target.h>

extern "C" {
#include <kmod/share.h>
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

using namespace rtun;
using fuzz::check;

namespace {

// One octet is enough for numbers of any size.
std::uint64_t number(base::Reader &in) {
    const std::uint8_t what = in.u8();
    const std::uint64_t least = std::uint64_t{1} << (what & 63);
    switch (what >> 6) {
    case 0:
        return least - 1;
    case 1:
        return least;
    case 2:
        return least + in.u8();
    default:
        return in.be16();
    }
}

class Run {
public:
    explicit Run(std::uint8_t mode) {
        rtun_mp_tx_init(&tx_, static_cast<rtun_share_mode>(mode % 3));
        now_ = 1000000000;
    }

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const unsigned link = (what >> 3) % RTUN_MP_LINKS_MAX;
        switch (what & 7) {
        case 0:
        case 1: {
            rtun_mp_path path{};
            path.rate = number(in);
            path.latency = number(in);
            path.mtu = static_cast<u32>(number(in));
            path.overhead = static_cast<u32>(number(in));
            rtun_mp_tx_set(&tx_, link, &path);
            break;
        }
        case 2:
            rtun_mp_tx_del(&tx_, link);
            check((tx_.members >> link & 1) == 0, "who leaves is no member");
            break;
        case 3:
            tx_.mode = static_cast<rtun_share_mode>(link % 3);
            tx_.min_fragment = static_cast<u32>(number(in));
            break;
        case 4:
            now_ += number(in) >> 24;
            break;
        default:
            send(static_cast<u32>(number(in)), in.be16());
        }
    }

private:
    void send(u32 len, u32 usable) {
        const rtun_mp_tx before = tx_;
        std::array<rtun_mp_part, RTUN_MP_FRAGMENTS_MAX> part{};
        // Beyond what it is told to write nothing may be written.
        const unsigned n = rtun_mp_share(&tx_, now_, len, usable, part.data());
        check(n <= part.size(), "parts are bounded");
        std::uint64_t sum = 0;
        u32 used = 0;
        for (unsigned i = 0; i < n; ++i) {
            check(part[i].link < RTUN_MP_LINKS_MAX && (usable & tx_.members) >> part[i].link & 1,
                  "a part is on a link that may be used");
            check(part[i].len <= tx_.link[part[i].link].path.mtu, "and fits it");
            check(part[i].len > 0 || (len == 0 && n == 1), "a part is something");
            sum += part[i].len;
            used |= 1U << part[i].link;
        }
        check(n == 0 || sum == len, "the parts are the packet");
        bool way = false;
        for (unsigned i = 0; i < RTUN_MP_LINKS_MAX; ++i) {
            const u32 mtu = tx_.link[i].path.mtu;
            way = way || ((usable & tx_.members) >> i & 1 && mtu > 0 && mtu >= len);
            if ((used >> i & 1) == 0)
                check(tx_.link[i].octets == before.link[i].octets,
                      "who got nothing is charged nothing");
            else
                check(tx_.link[i].octets > before.link[i].octets || len == 0,
                      "who got something is");
        }
        check(n > 0 || !way || len > 1U << 20, "there is a way where one link is one");
        check(tx_.members == before.members, "sending changes nobody");
    }

    rtun_mp_tx tx_{};
    u64 now_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader in(base::View(data, size));
    if (size == 0)
        return 0;
    Run run(in.u8());
    while (in.ok() && in.left() > 0)
        run.step(in);
    return 0;
}
