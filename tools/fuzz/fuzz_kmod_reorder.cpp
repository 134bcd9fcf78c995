// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's reordering against a model that keeps what it holds in a std::map: the same
// decision for every packet, the same packets out, in order, each once, the same count of lost
// numbers. The input is a head (slots and width of the numbers), then steps: an octet that says
// what and how much, some with octets behind it.
#include <base/bytes.h>
#include <fuzz/target.h>

extern "C" {
#include <kmod/reorder.h>
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

constexpr std::uint32_t idle = 1000;

struct Packet {
    std::uint32_t id;
    std::uint32_t size;
};

// What the module should do. Numbers are those of the wire.
class Model {
public:
    Model(unsigned int bits, std::uint32_t slots)
        : mask_(0xffffffffU >> (32 - bits)), slots_(slots) {}

    rtun_reorder_verdict offer(std::uint32_t seq, Packet packet, std::uint32_t now) {
        if (!synced_) {
            synced_ = true;
            next_ = seq;
        }
        if (suspicious(seq, now) && !believed(seq, now))
            return RTUN_REORDER_TOO_FAR;
        if (suspicious(seq, now)) {
            give_up_all();
            next_ = seq;
        }
        if (distance(seq) < 0)
            return RTUN_REORDER_LATE;
        last_ = now;
        run_ = 0;
        if (distance(seq) > 0 && slots_ > 0) {
            while (distance(seq) >= slots_)
                step();
            if (distance(seq) > 0)
                return hold(seq, packet);
        }
        const bool early = distance(seq) > 0;
        lost += static_cast<std::uint64_t>(distance(seq));
        out.push_back(packet.id);
        next_ = (seq + 1) & mask_;
        in_order();
        return early ? RTUN_REORDER_EARLY : RTUN_REORDER_NOW;
    }
    void skip() {
        if (held_.empty())
            return;
        while (!held_.contains(next_))
            step();
        in_order();
    }
    void give_up_all() {
        while (!held_.empty())
            skip();
    }
    void set_slots(std::uint32_t slots) {
        give_up_all();
        slots_ = slots;
    }

    [[nodiscard]] std::uint32_t next() const { return next_; }
    [[nodiscard]] std::uint32_t expected() const { return candidate_; }
    [[nodiscard]] std::size_t held() const { return held_.size(); }
    [[nodiscard]] std::uint32_t octets() const {
        std::uint32_t sum = 0;
        for (const auto &[seq, packet] : held_)
            sum += packet.size;
        return sum;
    }

    std::vector<std::uint32_t> out;
    std::uint64_t lost = 0;

private:
    [[nodiscard]] std::int64_t distance(std::uint32_t seq) const {
        const std::int64_t ahead = (seq - next_) & mask_;
        return ahead > mask_ / 2 ? ahead - mask_ - 1 : ahead;
    }
    // Far off, or behind after a silence: a peer that began anew, or a forger.
    [[nodiscard]] bool suspicious(std::uint32_t seq, std::uint32_t now) const {
        return distance(seq) >= RTUN_REORDER_FAR || distance(seq) <= -RTUN_REORDER_FAR ||
               (distance(seq) < 0 && now - last_ > idle);
    }
    bool believed(std::uint32_t seq, std::uint32_t now) {
        if (distance(seq) > 0 && now - last_ > idle)
            return true;
        run_ = run_ > 0 && seq == candidate_ ? run_ + 1 : 1;
        candidate_ = (seq + 1) & mask_;
        return run_ >= RTUN_REORDER_BELIEVE;
    }
    rtun_reorder_verdict hold(std::uint32_t seq, Packet packet) {
        rtun_reorder_verdict verdict = RTUN_REORDER_HELD;
        if (held_.contains(seq))
            verdict = RTUN_REORDER_DUP;
        else if (packet.size > RTUN_REORDER_BYTES - octets())
            verdict = RTUN_REORDER_LIMIT;
        else
            held_[seq] = packet;
        in_order();
        return verdict;
    }
    void step() {
        if (const auto it = held_.find(next_); it != held_.end()) {
            out.push_back(it->second.id);
            held_.erase(it);
        } else {
            lost++;
        }
        next_ = (next_ + 1) & mask_;
    }
    void in_order() {
        while (held_.contains(next_))
            step();
    }

    std::uint32_t mask_;
    std::int64_t slots_;
    std::map<std::uint32_t, Packet> held_;
    std::uint32_t next_ = 0;
    std::uint32_t last_ = 0;
    std::uint32_t candidate_ = 0;
    int run_ = 0;
    bool synced_ = false;
};

// Feeds the module's code as its header tells to.
class Feeder {
public:
    Feeder(unsigned int bits, std::uint32_t slots) { rtun_reorder_init(&r_, slots, idle, bits); }
    ~Feeder() { give_up_all(); }
    Feeder(const Feeder &) = delete;
    Feeder &operator=(const Feeder &) = delete;

    rtun_reorder_verdict offer(std::uint32_t seq, Packet packet, std::uint32_t now) {
        auto *const item = new Packet(packet);
        for (;;) {
            const rtun_reorder_verdict verdict =
                rtun_reorder_put(&r_, seq, item, packet.size, now, true, &lost);
            switch (verdict) {
            case RTUN_REORDER_RING:
                ring_.assign(r_.slots, rtun_reorder_slot{});
                r_.ring = ring_.data();
                continue;
            case RTUN_REORDER_MAKE_ROOM:
                while (void *other = rtun_reorder_slide(&r_, seq, &lost))
                    deliver(other);
                continue;
            case RTUN_REORDER_RESYNC:
                flush();
                rtun_reorder_jump(&r_, seq);
                continue;
            case RTUN_REORDER_NOW:
            case RTUN_REORDER_EARLY:
                deliver(item);
                break;
            case RTUN_REORDER_HELD:
                break;
            case RTUN_REORDER_LATE:
            case RTUN_REORDER_DUP:
            case RTUN_REORDER_TOO_FAR:
            case RTUN_REORDER_LIMIT:
                delete item;
                break;
            }
            settle();
            return verdict;
        }
    }
    void skip() {
        rtun_reorder_skip(&r_, &lost);
        settle();
    }
    void give_up_all() {
        flush();
        settle();
    }
    void set_slots(std::uint32_t slots) {
        give_up_all();
        r_.slots = slots;
    }
    [[nodiscard]] const rtun_reorder &state() const { return r_; }

    std::vector<std::uint32_t> out;
    u64 lost = 0;

private:
    void deliver(void *item) {
        auto *const packet = static_cast<Packet *>(item);
        out.push_back(packet->id);
        delete packet;
    }
    void flush() {
        while (void *item = rtun_reorder_flush(&r_, &lost))
            deliver(item);
    }
    void settle() {
        while (void *item = rtun_reorder_pop(&r_))
            deliver(item);
        if (r_.held > 0)
            return;
        r_.ring = nullptr;
        // For the sanitizer to see who still uses it.
        std::vector<rtun_reorder_slot>().swap(ring_);
    }

    rtun_reorder r_{};
    std::vector<rtun_reorder_slot> ring_;
};

constexpr std::array<std::uint32_t, 8> all_slots{0, 1, 2, 8, 16, 64, 256, 1024};
constexpr std::array<unsigned int, 4> all_bits{32, 24, 16, 32};

class Run {
public:
    explicit Run(std::uint8_t head)
        : bits_(all_bits[head >> 3 & 3]), model_(bits_, all_slots[head & 7]),
          feeder_(bits_, all_slots[head & 7]) {}

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::uint32_t amount = what >> 3;
        switch (what & 7) {
        case 0:
        case 1:  // about where one is awaited
            packet(model_.next() + amount - 4);
            break;
        case 2:  // anywhere
            packet(in.left() < 4 ? amount : in.be32());
            break;
        case 3:
            now_ += amount * amount * 2;
            break;
        case 4:
            model_.skip();
            feeder_.skip();
            break;
        case 5:
            size_ = amount * amount * amount * 64;
            break;
        case 6:
            model_.set_slots(all_slots[amount & 7]);
            feeder_.set_slots(all_slots[amount & 7]);
            break;
        case 7:  // on after a jump, or further ahead
            packet(amount == 0 ? model_.expected() : model_.next() + amount * 150);
            break;
        default:
            break;
        }
        compare();
    }

private:
    void packet(std::uint32_t seq) {
        seq &= 0xffffffffU >> (32 - bits_);
        const Packet packet{id_++, size_};
        const auto expected = model_.offer(seq, packet, now_);
        check(feeder_.offer(seq, packet, now_) == expected, "the decision is the model's");
    }
    void compare() {
        const rtun_reorder &r = feeder_.state();
        check(feeder_.out == model_.out, "what comes out, and in which order, is the model's");
        check(feeder_.lost == model_.lost, "and what is lost");
        check(r.held == model_.held() && r.held <= r.slots, "what is held is, within bounds");
        check(r.bytes == model_.octets() && r.bytes <= RTUN_REORDER_BYTES, "in octets too");
        check(r.next == model_.next(), "and what is awaited");
        feeder_.out.clear();
        model_.out.clear();
    }

    unsigned int bits_;
    Model model_;
    Feeder feeder_;
    std::uint32_t now_ = 0xfffffff0;
    std::uint32_t size_ = 2048;
    std::uint32_t id_ = 0;
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
