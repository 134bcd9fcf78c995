// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's send window against a model that counts in 64 bits and knows when each packet
// was sent: how many may be under way, what an acknowledgement is worth, when there is an alarm,
// and that no measured round trip is further from the truth than promised. The input is a head
// (where the numbers begin and what the peer promised), then steps: an octet that says what and how
// much.
#include <base/bytes.h>
#include <fuzz/target.h>

extern "C" {
#include <kmod/window.h>
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

constexpr std::size_t most_packets = 20000;
constexpr std::array<std::uint32_t, 8> sizes{0, 1, 2, 3, 7, 16, 64, 65535};
constexpr std::array<std::uint32_t, 4> firsts{0, 0U - 8, 0x7ffffff0, 0U - 1000};

class Run {
public:
    explicit Run(std::uint8_t head) : first_(firsts[head & 3]) {
        rtun_window_init(&w_, first_, static_cast<u16>((head >> 2) * (head >> 2)));
    }

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::uint32_t amount = what >> 3;
        switch (what & 7) {
        case 0:  // as the window allows
            for (std::uint32_t i = 0; i <= amount && rtun_window_may_send(&w_); i++)
                send();
            break;
        case 1:  // without asking
            for (std::uint32_t i = 0; i <= amount; i++)
                send();
            break;
        case 2:  // all but a few
            acknowledge(w_.next - 1 - amount);
            break;
        case 3:  // a few more
            acknowledge(w_.heard + amount);
            break;
        case 4:
            acknowledge(in.left() < 4 ? amount : in.be32());
            break;
        case 5:
            now_ += amount * amount * amount * 100;
            break;
        case 6:
            if (rtun_window_deadline(&w_) != RTUN_WINDOW_NEVER)
                now_ = std::max(now_, rtun_window_deadline(&w_) - (amount & 1));
            expire();
            break;
        case 7:
            set(sizes[amount & 7], (amount >> 3) * 500000);
            break;
        default:
            break;
        }
        compare();
    }

private:
    [[nodiscard]] std::uint64_t sent() const { return times_.size(); }
    [[nodiscard]] std::uint64_t under_way() const { return size_ ? sent() - given_up_ : 0; }

    void send() {
        if (sent() == most_packets)
            return;
        if (under_way() == 0)
            since_ = now_;
        times_.push_back(now_);
        rtun_window_sent(&w_, now_);
        if (!size_)
            given_up_ = sent();
    }
    void acknowledge(std::uint32_t ack) {
        const std::uint32_t end = ack + 1 - first_;  // so many packets, if that makes sense
        rtun_window before;
        std::memcpy(&before, &w_, sizeof(w_));
        const rtun_window_verdict verdict = rtun_window_ack(&w_, ack, now_);
        if (end > acked_ && end <= sent()) {
            check(verdict == RTUN_WINDOW_NEW, "news are taken");
            measured(before, end);
            acked_ = end;
            congested_ = false;
            if (end > given_up_)
                progress(end);
            return;
        }
        const bool ahead = end > sent() && end - sent() < 0x80000000U;
        check(verdict == (ahead ? RTUN_WINDOW_BEYOND : RTUN_WINDOW_OLD), "nonsense is told apart");
        check(std::memcmp(&before, &w_, sizeof(w_)) == 0, "and changes nothing");
    }
    void progress(std::uint64_t end) {
        credit_ += end - given_up_;
        given_up_ = end;
        since_ = now_;
        if (credit_ < open_)
            return;
        credit_ = 0;
        open_ = std::min(open_ + 1, size_);
    }
    // What was measured is found in how the estimate has changed.
    void measured(const rtun_window &before, std::uint64_t end) {
        if (w_.rtt8 == before.rtt8 && w_.dev4 == before.dev4)
            return;
        const std::uint64_t truth = now_ - times_[end - 1];
        const std::uint64_t took =
            before.seeded ? w_.rtt8 - before.rtt8 + (before.rtt8 >> 3) : w_.rtt8 / 8;
        check(w_.measured && took <= RTUN_WINDOW_ATO_MAX, "a measurement is within bounds");
        check(took >= truth && took - truth <= took / 4, "and near the truth");
    }
    void expire() {
        const bool due = under_way() > 0 && now_ >= since_ + (static_ ? static_ : w_.ato);
        const std::uint32_t before = w_.rtt8;
        const std::uint32_t lost = rtun_window_expire(&w_, now_);
        check(lost == (due ? under_way() : 0), "an alarm tells what is not acknowledged");
        if (!due)
            return;
        check(w_.rtt8 == std::min(2 * before, 8U * RTUN_WINDOW_ATO_MAX), "the round trip doubles");
        congested_ = true;
        given_up_ = sent();
        open_ = open_ / 2 + open_ % 2;
        credit_ = 0;
    }
    void set(std::uint32_t size, std::uint32_t static_rtt) {
        rtun_window_set(&w_, size, static_rtt);
        if (size && !size_)
            open_ = std::max(size / 2, 1U);
        else if (!size)
            congested_ = false;
        if (!size || !size_)
            given_up_ = sent();
        open_ = std::min(open_, size);
        credit_ = 0;
        size_ = size;
        static_ = static_rtt;
    }
    void compare() {
        check(w_.next == static_cast<std::uint32_t>(first_ + sent()), "no number is lost");
        check(w_.next - w_.base == under_way(), "what is under way is the model's");
        check(rtun_window_may_send(&w_) == (!size_ || under_way() < open_), "what may be sent is");
        check(!size_ || w_.open == open_, "how wide it is, too");
        check(w_.congested == congested_, "and whether there was an alarm");
        check(w_.count <= RTUN_WINDOW_SAMPLES, "samples fit");
        check(w_.ato >= RTUN_WINDOW_ATO_MIN && w_.ato <= RTUN_WINDOW_ATO_MAX, "waiting has bounds");
        const std::uint64_t due = since_ + (static_ ? static_ : w_.ato);
        check(rtun_window_deadline(&w_) == (under_way() ? due : RTUN_WINDOW_NEVER),
              "waiting ends when something is waited for");
        u32 rtt = 0;
        check(!rtun_window_rtt(&w_, &rtt) || rtt <= RTUN_WINDOW_ATO_MAX, "so has the estimate");
    }

    rtun_window w_{};
    std::uint32_t first_;
    u64 now_ = 1000000;
    std::vector<std::uint64_t> times_;
    std::uint64_t acked_ = 0;
    std::uint64_t given_up_ = 0;
    std::uint64_t since_ = 0;
    std::uint64_t credit_ = 0;
    std::uint32_t open_ = 0;
    std::uint32_t size_ = 0;
    std::uint32_t static_ = 0;
    bool congested_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader in(base::View(data, size));
    if (size == 0)
        return 0;
    Run run(in.u8());
    while (in.left() > 0)
        run.step(in);
    return 0;
}
