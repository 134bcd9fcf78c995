// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's MPPE core, two ends of it: what is decrypted is what was encrypted, a refused
// packet changes nothing, forged ones cost no more than there are tokens for, and after whatever
// happened the next good packet is decrypted. The input is a head (strength, mode, whether packets
// are numbered), then steps: an octet that says what and how much.
#include <base/bytes.h>
#include <fuzz/target.h>

extern "C" {
#include <kmod/crypt.h>
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

constexpr std::array<std::uint32_t, 3> strengths{40, 56, 128};
constexpr std::array<std::uint8_t, 16> key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint32_t tokens_first = 1000;
constexpr std::uint32_t tokens_rich = 1 << 16;
// One run costs no more than that many keys at each end; few runs are for turns of the count.
constexpr std::uint32_t few_packets = 400;
constexpr std::uint32_t most_packets = 10000;
// As much as a count without a number can tell, and how many flushed packets may go unseen.
constexpr std::uint32_t most_lost = RTUN_CRYPT_COUNTS - RTUN_CRYPT_KEPT - 1;
constexpr std::uint32_t most_flushed = RTUN_CRYPT_UNSEEN - 1;

struct Packet {
    rtun_crypt_packet p;
    std::vector<std::uint8_t> wire;
    std::vector<std::uint8_t> plain;
    std::uint32_t number;
};

class Run {
public:
    explicit Run(std::uint8_t head)
        : most_(head >= 0xf0 ? most_packets : few_packets), numbered_(head & 0x10) {
        tx_.stateful = (head & 0x0c) != 0;
        tx_.rekey = (head & 0x0c) == 0x08;
        rx_.c = tx_;
        rtun_crypt_start(&tx_, strengths[head % 3], key.data());
        rtun_crypt_start(&rx_.c, strengths[head % 3], key.data());
    }

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::uint32_t amount = what >> 3;
        switch (what & 7) {
        case 0:  // in order
            for (std::uint32_t i = 0; i <= amount && sent_ < most_; i++)
                deliver(send());
            break;
        case 1:  // lost
            for (std::uint32_t i = 0; i < amount * amount * 8 && sent_ < most_; i++)
                send();
            break;
        case 2:  // on its way for a while
            held_.push_back(send());
            break;
        case 3:  // arrives, and may do so again
            if (!held_.empty())
                deliver(held_[amount % held_.size()]);
            break;
        case 4:
            forge(in, amount);
            break;
        case 5:
            tx_.flush = true;
            flushed_++;
            break;
        case 6:
            tokens_ = amount * amount;
            break;
        case 7:  // frames that are not encrypted
            seq_ += amount;
            break;
        default:
            break;
        }
    }

    // All's well that ends well: unless so much was lost that nobody could know.
    void end() {
        tokens_ = tokens_rich;
        tx_.flush = true;
        const Packet p = send();
        const bool told = numbered_ && !tx_.stateful && rx_.seq_known;
        if (deceived_ || (!told && sent_ - good_ > most_lost) || sent_ - good_ > tokens_rich / 2 ||
            flushed_ > most_flushed)
            return;
        deliver(p);
        check(good_ == sent_, "the next good packet is decrypted");
    }

private:
    Packet send() {
        Packet p{};
        const std::uint32_t len = 26 + sent_ % 40;
        p.plain.assign(len, static_cast<std::uint8_t>(sent_));
        p.plain[0] = 0;
        p.plain[1] = 0x21;
        p.plain[2] = 0x45;
        p.plain[4] = 0;
        p.plain[5] = static_cast<std::uint8_t>(len - 2);
        p.wire = p.plain;
        p.p.head = rtun_crypt_send(&tx_);
        rtun_rc4(&tx_.cipher, p.wire.data(), p.wire.data(), len);
        p.p.seq = seq_++;
        p.p.seq_bits = numbered_ ? 32 : 0;
        p.p.len = len;
        std::memcpy(p.p.peek, p.wire.data(), sizeof(p.p.peek));
        p.number = ++sent_;
        return p;
    }

    rtun_crypt_verdict receive(const rtun_crypt_packet &p) {
        const std::uint64_t changes = rx_.c.changes, missed = missed_;
        const std::uint32_t tokens = tokens_;
        const std::uint16_t count = rx_.c.count;
        const rtun_crypt_keys keys = rx_.c.keys;
        const rtun_crypt_verdict v = rtun_crypt_receive(&rx_, &p, &tokens_, &missed_);
        check(tokens_ <= tokens, "tokens are spent only");
        if (v != RTUN_CRYPT_KEY)
            check(changes == rx_.c.changes && count == rx_.c.count && missed == missed_ &&
                      std::memcmp(&keys, &rx_.c.keys, sizeof(keys)) == 0,
                  "what is refused, or late, changes nothing");
        else
            check(rx_.c.count == ((p.head + 1) & 0xfff), "what is taken is the last one");
        if (p.head & RTUN_CRYPT_D)
            check(v != RTUN_CRYPT_HEADER || p.len < RTUN_CRYPT_LEN_MIN || !(p.head & RTUN_CRYPT_A),
                  "a good header is not refused");
        else
            check(v == RTUN_CRYPT_HEADER, "one that is not encrypted is");
        return v;
    }

    void deliver(const Packet &p) {
        const bool was_lost = rx_.lost;
        const rtun_crypt_verdict v = receive(p.p);
        if (v != RTUN_CRYPT_KEY && v != RTUN_CRYPT_LATE_KEY)
            return;
        std::vector<std::uint8_t> plain(p.wire.size());
        rtun_rc4(&rx_.c.cipher, plain.data(), p.wire.data(), p.p.len);
        rtun_crypt_opened(&rx_, plain.data(), false);
        // A whole turn of the count old, or behind one: it cannot be told from the awaited one.
        const bool sure = v == RTUN_CRYPT_LATE_KEY || was_lost || p.number > good_;
        if (!sure || p.number - good_ > most_lost || out_of_step_) {
            out_of_step_ |= tx_.stateful || p.number <= good_ || p.number - good_ > most_lost;
            if (plain != p.plain)
                deceived_ |= !tx_.stateful;
        } else {
            check(deceived_ || plain == p.plain, "what is decrypted is what was encrypted");
        }
        if (plain == p.plain && v == RTUN_CRYPT_KEY) {
            good_ = std::max(good_, p.number);
            flushed_ = 0;
            out_of_step_ = false;
        }
    }

    // It may look like a loss, or take the place of the awaited one; or be luck.
    void forge(base::Reader &in, std::uint32_t len) {
        rtun_crypt_packet p{};
        if (in.left() < 2 + sizeof(p.peek))
            return;
        p.head = in.be16();
        p.len = len;
        p.seq = seq_ + (len & 3);
        p.seq_bits = numbered_ ? 32 : 0;
        for (std::uint8_t &octet : p.peek)
            octet = in.u8();
        const bool awaited = ((p.head ^ rx_.c.count) & 0xfff) == 0;
        const rtun_crypt_verdict v = receive(p);
        if (v == RTUN_CRYPT_KEY && !tx_.stateful && awaited && !numbered_)
            good_ = std::min(good_ + 1, sent_);  // it has the key of one that was sent, or will be
        else if (v == RTUN_CRYPT_KEY || v == RTUN_CRYPT_LATE_KEY)
            deceived_ = true;
    }

    rtun_crypt tx_{};
    rtun_crypt_rx rx_{};
    std::vector<Packet> held_;
    std::uint64_t missed_ = 0;
    std::uint32_t tokens_ = tokens_first;
    std::uint32_t seq_ = 0U - 40;
    std::uint32_t sent_ = 0;
    std::uint32_t good_ = 0;  // the last one that was decrypted
    std::uint32_t flushed_ = 0;
    std::uint32_t most_;
    bool numbered_;
    bool deceived_ = false;
    bool out_of_step_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader in(base::View(data, size));
    if (size == 0)
        return 0;
    Run run(in.u8());
    while (in.left() > 0)
        run.step(in);
    run.end();
    return 0;
}
