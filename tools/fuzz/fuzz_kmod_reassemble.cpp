// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module's multilink reassembly against a model that keeps what it holds in a std::map
// and looks at all of it each time: the same decision for every fragment, the same packets and
// remains out, in order, each fragment once, the same count of lost numbers and the same deadline.
// The input is a head (width of the numbers, slots, links, MRRU), then steps: an octet that says
// what and how much, some with octets behind it.
#include <base/bytes.h>
#include <fuzz/target.h>

extern "C" {
#include <kmod/reassemble.h>
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

struct Fragment {
    std::uint32_t id;
    std::uint8_t flags;
    std::uint32_t length;
    std::uint32_t size;
    std::uint32_t when;

    [[nodiscard]] bool first() const { return (flags & RTUN_MP_B) != 0; }
    [[nodiscard]] bool final() const { return (flags & RTUN_MP_E) != 0; }
    [[nodiscard]] bool null() const { return first() && final() && length == 0; }
};

// What came out at once: a packet, or what is of no use and why.
struct Outcome {
    std::optional<rtun_mp_why> why;
    std::vector<std::uint32_t> ids;

    bool operator==(const Outcome &) const = default;
};

struct Settings {
    unsigned int bits;
    std::uint32_t first;
    rtun_mp_limits limits;
};

bool before(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

// What the module should do. A place is a number without its wrap.
class Model {
public:
    explicit Model(const Settings &settings)
        : limits(settings.limits), mask_((1U << settings.bits) - 1),
          next_(origin + settings.first) {}

    rtun_mp_verdict offer(unsigned int link, std::uint32_t seq, const Fragment &fragment) {
        for (;;) {
            const rtun_mp_verdict verdict = put(link, seq, fragment);
            if (verdict == RTUN_MP_RESYNC) {
                flush();
                step(fragment.when);
                jump(seq);
            } else if (verdict == RTUN_MP_LIMIT && abandon()) {
                step(fragment.when);
            } else {
                step(fragment.when);
                return verdict;
            }
        }
    }
    void step(std::uint32_t now) {
        while (!held_.empty())
            if (!one_step(now))
                return;
        drop_ = false;
    }
    bool abandon() {
        if (held_.empty())
            return false;
        if (const auto other = held_.upper_bound(gap()); other != held_.end())
            floor_ = other->first;
        else
            drop_ = true;
        return true;
    }
    void flush() {
        if (held_.empty())
            return;
        floor_ = held_.rbegin()->first + 1;
        drop_ = true;
    }
    void add(unsigned int link, std::uint32_t now) { links_[link] = Link{.heard = now}; }
    void remove(unsigned int link) { links_.erase(link); }

    [[nodiscard]] std::uint32_t next() const { return static_cast<std::uint32_t>(next_) & mask_; }
    [[nodiscard]] std::uint32_t candidate() const {
        return candidates_.empty() ? 0 : candidates_.front() + 1;
    }
    [[nodiscard]] std::size_t held() const { return held_.size(); }
    // The first place that is not there.
    [[nodiscard]] std::int64_t missing() const {
        std::int64_t place = next_;
        while (held_.contains(place))
            place++;
        return place;
    }
    [[nodiscard]] std::uint32_t octets() const {
        std::uint32_t sum = 0;
        for (const auto &[place, fragment] : held_)
            sum += fragment.null() ? 0 : fragment.size;
        return sum;
    }
    [[nodiscard]] std::uint32_t deadline() const {
        const auto *const other = oldest(gap());
        return (other != nullptr ? other->second.when : last_) + limits.loss;
    }

    rtun_mp_limits limits;
    std::vector<Outcome> out;
    std::uint64_t lost = 0;

private:
    using Held = std::map<std::int64_t, Fragment>;
    struct Link {
        std::int64_t last = 0;
        std::uint32_t heard = 0;
        std::uint32_t until = 0;
        std::int64_t depth = 0;
        int calm = 0;
        bool mute = false;
    };

    static constexpr std::int64_t origin = std::int64_t{1} << 32;

    [[nodiscard]] std::int64_t distance(std::uint32_t a, std::uint32_t b) const {
        const std::int64_t ahead = (a - b) & mask_;
        return ahead > mask_ / 2 ? ahead - mask_ - 1 : ahead;
    }
    // The first place that is missing.
    [[nodiscard]] std::int64_t gap() const {
        std::int64_t place = next_;
        while (held_.contains(place))
            place++;
        return place;
    }
    // Of all behind that place, what came first.
    [[nodiscard]] const Held::value_type *oldest(std::int64_t place) const {
        const Held::value_type *found = nullptr;
        for (auto it = held_.upper_bound(place); it != held_.end(); ++it)
            if (found == nullptr || it->second.id < found->second.id)
                found = &*it;
        return found;
    }
    void hear(unsigned int link, std::int64_t place, std::uint32_t now) {
        const auto it = links_.find(link);
        if (it == links_.end())
            return;
        Link &l = it->second;
        l.heard = now;
        l.mute = false;
        if (place > l.last) {
            l.last = place;
            if (l.depth > 0 && ++l.calm == RTUN_MP_CALM) {
                l.depth--;
                l.calm = 0;
            }
        } else if (l.last - place > l.depth) {
            l.depth = std::min<std::int64_t>(2 * (l.last - place), limits.slots / 2);
            l.calm = 0;
        }
    }
    bool believed(std::uint32_t seq) {
        const std::int64_t slots = limits.slots;
        if (!candidates_.empty() && (distance(seq, candidates_.front()) >= slots ||
                                     distance(seq, candidates_.front()) <= -slots))
            candidates_.clear();
        if (std::ranges::find(candidates_, seq) == candidates_.end() &&
            candidates_.size() < RTUN_MP_BELIEVE)
            candidates_.push_back(seq);
        return candidates_.size() == RTUN_MP_BELIEVE;
    }
    rtun_mp_verdict stray(unsigned int link, std::uint32_t seq, std::int64_t place,
                          std::uint32_t now) {
        const std::uint32_t quiet = now - last_;
        if (place > next_) {
            if (!held_.empty() && place <= held_.rbegin()->first + limits.slots / 4)
                return RTUN_MP_LIMIT;
            return quiet > limits.idle || believed(seq) ? RTUN_MP_RESYNC : RTUN_MP_FAR;
        }
        if (next_ - place < limits.slots && quiet <= limits.idle) {
            hear(link, place, now);
            return RTUN_MP_LATE;
        }
        return believed(seq) && quiet > limits.loss ? RTUN_MP_RESYNC : RTUN_MP_FAR;
    }
    void jump(std::uint32_t seq) {
        next_ += (seq - next()) & mask_;
        broken_ = RTUN_MP_WHY_INCOMPLETE;
        synced_ = true;
        candidates_.clear();
    }
    rtun_mp_verdict put(unsigned int link, std::uint32_t seq, const Fragment &fragment) {
        std::int64_t place = next_ + distance(seq, next());
        if (place < next_ || place >= next_ + limits.slots) {
            if (synced_)
                return stray(link, seq, place, fragment.when);
            if (!fragment.first())
                return RTUN_MP_FAR;
            jump(seq);
            place = next_;
        }
        const bool now = place == next_ && !held_.contains(place) && fragment.first() &&
                         fragment.final() && fragment.length <= limits.mrru + 2;
        if (!now && held_.contains(place))
            return RTUN_MP_DUP;
        const std::uint64_t most = std::uint64_t{limits.max_bytes} * (place == missing() ? 2 : 1);
        if (!now && !fragment.null() && octets() + std::uint64_t{fragment.size} > most)
            return RTUN_MP_LIMIT;
        synced_ = true;
        last_ = fragment.when;
        candidates_.clear();
        hear(link, place, fragment.when);
        if (!now) {
            held_[place] = fragment;
            return fragment.null() ? RTUN_MP_NULL : RTUN_MP_STORED;
        }
        next_++;
        broken_.reset();
        if (fragment.null())
            return RTUN_MP_NULL;
        out.push_back({{}, {fragment.id}});
        return RTUN_MP_NOW;
    }
    // The first @count are gone.
    void gone(std::optional<rtun_mp_why> why, std::size_t count) {
        Outcome outcome{why, {}};
        while (count-- > 0) {
            outcome.ids.push_back(held_.at(next_).id);
            held_.erase(next_++);
        }
        out.push_back(outcome);
    }
    // A packet begins in front.
    bool packet(std::uint32_t now) {
        std::uint64_t length = 0;
        std::size_t count = 0;
        broken_.reset();
        for (auto it = held_.begin(); it != held_.end() && it->first == next_ + std::int64_t(count);
             ++it) {
            const Fragment &fragment = it->second;
            if (count > 0 && fragment.first()) {
                gone(RTUN_MP_WHY_ORPHAN, count);
                return true;
            }
            const bool final = fragment.final();
            length += fragment.length;
            count++;
            if (length > limits.mrru + 2 || count > RTUN_MP_FRAGMENTS_MAX) {
                gone(RTUN_MP_WHY_OVERSIZE, count);
                if (!final)
                    broken_ = RTUN_MP_WHY_OVERSIZE;
                return true;
            }
            if (final) {
                gone({}, count);
                return true;
            }
        }
        if (!hopeless(now))
            return false;
        if (held_.size() == count)
            drop_ = false;
        gone(RTUN_MP_WHY_INCOMPLETE, count);
        broken_ = RTUN_MP_WHY_INCOMPLETE;
        return true;
    }
    bool one_step(std::uint32_t now) {
        const auto front = held_.begin();
        if (front->first != next_) {
            if (!hopeless(now))
                return false;
            const std::int64_t to = std::min(floor_, front->first);
            lost += static_cast<std::uint64_t>(to - next_);
            next_ = to;
            broken_ = RTUN_MP_WHY_INCOMPLETE;
        } else if (front->second.null()) {
            held_.erase(next_++);
            broken_.reset();
        } else if (!front->second.first()) {
            const bool final = front->second.final();
            gone(broken_.value_or(RTUN_MP_WHY_ORPHAN), 1);
            if (final)
                broken_.reset();
        } else {
            return packet(now);
        }
        return true;
    }
    std::int64_t passed(std::uint32_t now) {
        std::optional<std::int64_t> least;
        for (auto &[number, link] : links_) {
            link.mute = link.mute && before(now, link.until);
            if (!link.mute)
                least = std::min(least.value_or(link.last), link.last - link.depth);
        }
        return least.value_or(0);
    }
    bool hopeless(std::uint32_t now) {
        const std::int64_t missing = gap();
        const auto *const other = oldest(missing);
        if (other == nullptr)
            return drop_ || !before(now, last_ + limits.loss);
        floor_ = std::max(floor_, passed(now));
        if (floor_ > missing)
            return true;
        const std::uint32_t since = other->second.when;
        if (before(now, since + limits.loss))
            return false;
        floor_ = other->first;
        for (auto &[number, link] : links_)
            if (before(link.heard, since)) {
                link.mute = true;
                link.until = now + limits.idle;
            }
        return true;
    }

    std::uint32_t mask_;
    std::int64_t next_;
    std::int64_t floor_ = 0;
    Held held_;
    std::map<unsigned int, Link> links_;
    std::vector<std::uint32_t> candidates_;
    std::uint32_t last_ = 0;
    std::optional<rtun_mp_why> broken_;
    bool synced_ = false;
    bool drop_ = false;
};

// Feeds the module's code as its header tells to.
class Feeder {
public:
    explicit Feeder(const Settings &settings) {
        rtun_mp_init(&r, settings.bits, settings.first, &settings.limits);
    }
    ~Feeder() {
        rtun_mp_flush(&r);
        step(0);
        check(r.held == 0 && r.bytes == 0, "nothing stays after a flush");
    }
    Feeder(const Feeder &) = delete;
    Feeder &operator=(const Feeder &) = delete;

    rtun_mp_verdict offer(unsigned int link, std::uint32_t seq, const Fragment &fragment) {
        auto *const item = new Fragment(fragment);
        for (;;) {
            const rtun_mp_verdict verdict = rtun_mp_put(
                &r, link, seq, fragment.flags, item, fragment.length, fragment.size, fragment.when);
            switch (verdict) {
            case RTUN_MP_RING:
                ring_.assign(rtun_mp_ring_size(&r) / sizeof(std::uint64_t), 0);
                r.ring = reinterpret_cast<rtun_mp_ring *>(ring_.data());
                continue;
            case RTUN_MP_LIMIT:
                if (!rtun_mp_abandon(&r)) {
                    delete item;
                    return verdict;
                }
                step(fragment.when);
                continue;
            case RTUN_MP_RESYNC:
                rtun_mp_flush(&r);
                step(fragment.when);
                check(r.held == 0, "a flush leaves nothing");
                rtun_mp_jump(&r, seq);
                continue;
            case RTUN_MP_NOW:
                out.push_back({{}, {item->id}});
                delete item;
                break;
            case RTUN_MP_STORED:
                break;
            case RTUN_MP_NULL:
            case RTUN_MP_LATE:
            case RTUN_MP_DUP:
            case RTUN_MP_FAR:
                delete item;
                break;
            }
            step(fragment.when);
            return verdict;
        }
    }
    void step(std::uint32_t now) {
        for (;;) {
            const enum rtun_mp_step what = rtun_mp_step(&r, now, &lost);
            if (what == RTUN_MP_WAIT)
                break;
            check(r.count > 0, "each step brings something");
            take(what);
        }
        if (r.held > 0)
            return;
        r.ring = nullptr;
        // For the sanitizer to see who still uses it.
        std::vector<std::uint64_t>().swap(ring_);
    }

    rtun_mp_rx r{};
    std::vector<Outcome> out;
    u64 lost = 0;

private:
    void take(enum rtun_mp_step what) {
        Outcome outcome;
        std::uint32_t length = 0;
        if (what == RTUN_MP_DISCARD)
            outcome.why = r.why;
        while (auto *const item = static_cast<Fragment *>(rtun_mp_take(&r))) {
            outcome.ids.push_back(item->id);
            length += item->length;
            delete item;
        }
        check(what == RTUN_MP_DISCARD || length == r.length, "the length is that of its parts");
        out.push_back(outcome);
    }

    std::vector<std::uint64_t> ring_;
};

class Run {
public:
    Run(std::uint8_t head, std::uint8_t mrru)
        : settings_(settings(head, mrru)), model_(settings_), feeder_(settings_) {
        for (unsigned int link = 0; link <= (head >> 3 & 3U); link++)
            set_link(link, true);
    }

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::uint32_t amount = what >> 3;
        switch (what & 7) {
        case 0:
        case 1:  // about where one is awaited
            fragment(model_.next() + amount - 4, in);
            break;
        case 2:  // anywhere
            fragment(in.left() < 4 ? amount : in.be32(), in);
            break;
        case 3:
            now_ += amount * amount * 2;
            drain();
            break;
        case 4:
            set_link(amount & 7, (amount & 8) != 0);
            drain();
            break;
        case 5:
            if (amount < 16)
                size_ = amount * amount * 64;
            else
                model_.limits.max_bytes = feeder_.r.max_bytes = (amount - 16) * 1024;
            break;
        case 6:
            limits(amount);
            break;
        case 7:  // on after a jump, or further ahead
            fragment(amount == 0 ? model_.candidate() : model_.next() + amount * 150, in);
            break;
        default:
            break;
        }
        compare();
    }

private:
    static Settings settings(std::uint8_t head, std::uint8_t mrru) {
        static constexpr std::array<std::uint32_t, 4> all_slots{8, 16, 64, 1024};
        const unsigned int bits = (head & 1) != 0 ? 12 : 24;
        return {bits,
                (head & 0x20) != 0 ? (1U << bits) - 4 : 0,
                {.slots = all_slots[head >> 1 & 3],
                 .mrru = mrru * 8U,
                 .max_bytes = 1 << 16,
                 .loss = 100,
                 .idle = 1000}};
    }
    void set_link(unsigned int link, bool in) {
        if (in) {
            model_.add(link, now_);
            rtun_mp_link_add(&feeder_.r, link, now_);
        } else {
            model_.remove(link);
            rtun_mp_link_del(&feeder_.r, link);
        }
    }
    void limits(std::uint32_t amount) {
        if (amount == 0) {
            model_.flush();
            rtun_mp_flush(&feeder_.r);
        } else if (amount == 1) {
            check(model_.abandon() == rtun_mp_abandon(&feeder_.r), "there is something, or not");
        } else if (amount < 16) {
            model_.limits.loss = feeder_.r.loss = amount * amount;
        } else {
            model_.limits.idle = feeder_.r.idle = (amount - 16) * 100;
        }
        drain();
    }
    void fragment(std::uint32_t seq, base::Reader &in) {
        const std::uint32_t octet = in.left() > 0 ? in.u8() : 0xc8;
        const std::uint32_t length = octet >> 3 & 7;
        const Fragment fragment{id_++, static_cast<std::uint8_t>(octet & 0xc0),
                                length * length * length, size_, now_};
        seq &= (1U << settings_.bits) - 1;
        const rtun_mp_verdict expected = model_.offer(octet & 7, seq, fragment);
        check(feeder_.offer(octet & 7, seq, fragment) == expected, "the decision is the model's");
    }
    void drain() {
        model_.step(now_);
        feeder_.step(now_);
    }
    void compare() {
        const rtun_mp_rx &r = feeder_.r;
        check(feeder_.out == model_.out, "what comes out, and in which order, is the model's");
        check(feeder_.lost == model_.lost, "and what is lost");
        check(r.held == model_.held() && r.held <= r.slots, "what is held is, within bounds");
        check(r.bytes == model_.octets(), "in octets too");
        check(rtun_mp_awaited(&r) == model_.next(), "and what is awaited");
        check(r.held == 0 || r.deadline == model_.deadline(), "and until when");
        feeder_.out.clear();
        model_.out.clear();
    }

    Settings settings_;
    Model model_;
    Feeder feeder_;
    std::uint32_t now_ = 0xfffffff0;
    std::uint32_t size_ = 256;
    std::uint32_t id_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    base::Reader in(base::View(data, size));
    if (size < 2)
        return 0;
    const std::uint8_t head = in.u8();
    Run run(head, in.u8());
    while (in.left() > 0)
        run.step(in);
    return 0;
}
