// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inputs made of a corpus, as a fuzzer would make them, but the same ones everywhere: a seed says
// which. What breaks parsers most often is what is done most often: octets changed, the end cut
// off, the front of one input before the end of another, a field that says how much follows and
// lies, octets put in, left out or repeated.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtun::fuzz {

using Input = std::vector<std::uint8_t>;

class Mutator {
public:
    static constexpr std::size_t Longest = 1 << 16;  // octets of what is made

    explicit Mutator(std::uint64_t seed) : state_(seed) {}

    // One to four changes of it.
    [[nodiscard]] Input mutate(Input input, std::span<const Input> corpus) {
        for (std::size_t i = 1 + below(4); i > 0; --i)
            change(input, corpus);
        if (input.size() > Longest)
            input.resize(Longest);
        return input;
    }

private:
    using Offset = Input::difference_type;

    // splitmix64: any seed is a good one.
    std::uint64_t next() {
        std::uint64_t x = state_ += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : next() % bound; }
    std::uint8_t octet() { return static_cast<std::uint8_t>(next()); }
    // Mostly few.
    std::size_t some(std::size_t most) { return std::min(most, std::size_t{1} << below(8)); }

    void change(Input &input, std::span<const Input> corpus) {
        switch (below(10)) {
        case 0:
            return flip(input);
        case 1:
            return replace(input);
        case 2:
            input.resize(below(input.size() + 1));
            return;
        case 3:
            return splice(input, corpus[below(corpus.size())]);
        case 4:
        case 5:
            return lie(input);
        case 6:
            return insert(input);
        case 7:
            return leave_out(input);
        case 8:
            return repeat(input);
        default:
            return borrow(input, corpus[below(corpus.size())]);
        }
    }

    void flip(Input &input) {
        if (!input.empty())
            input[below(input.size())] ^= static_cast<std::uint8_t>(1U << below(8));
    }
    void replace(Input &input) {
        static constexpr std::array<std::uint8_t, 12> telling{0,   1,   2,   4,    '\n', ' ',
                                                              '"', '9', 127, 0x80, 0xfe, 0xff};
        if (!input.empty())
            input[below(input.size())] = below(2) == 0 ? octet() : telling[below(telling.size())];
    }
    void splice(Input &input, const Input &other) {
        input.resize(below(input.size() + 1));
        const std::size_t from = below(other.size() + 1);
        input.insert(input.end(), other.begin() + static_cast<Offset>(from), other.end());
    }
    // One, two or four octets, in either order, that are about as many as are left.
    void lie(Input &input) {
        if (input.empty())
            return;
        const std::size_t at = below(input.size());
        const std::size_t left = input.size() - at;
        const std::size_t width = std::min<std::size_t>(left, std::size_t{1} << below(3));
        const std::array<std::uint64_t, 10> values{
            0, 1, width, left - 1, left, left + 1, left - width, input.size(), 0x7fffffff, ~0ULL};
        const std::uint64_t value = values[below(values.size())];
        const bool network = below(2) == 0;
        for (std::size_t i = 0; i < width; ++i) {
            const std::size_t shift = 8 * (network ? width - 1 - i : i);
            input[at + i] = static_cast<std::uint8_t>(value >> shift);
        }
    }
    void insert(Input &input) {
        Input more(some(64));
        const bool alike = below(2) == 0;
        const std::uint8_t filler = octet();
        std::generate(more.begin(), more.end(), [&] { return alike ? filler : octet(); });
        put(input, more);
    }
    void leave_out(Input &input) {
        if (input.empty())
            return;
        const std::size_t at = below(input.size());
        const auto begin = input.begin() + static_cast<Offset>(at);
        input.erase(begin, begin + static_cast<Offset>(some(input.size() - at)));
    }
    // Right behind itself, as a second element of a list.
    void repeat(Input &input) {
        if (input.empty())
            return;
        const std::size_t at = below(input.size());
        const std::size_t size = some(input.size() - at);
        const auto begin = input.begin() + static_cast<Offset>(at);
        const Input again(begin, begin + static_cast<Offset>(size));
        input.insert(begin + static_cast<Offset>(size), again.begin(), again.end());
    }
    void borrow(Input &input, const Input &other) {
        if (other.empty())
            return;
        const std::size_t at = below(other.size());
        const auto begin = other.begin() + static_cast<Offset>(at);
        put(input, Input(begin, begin + static_cast<Offset>(some(other.size() - at))));
    }
    void put(Input &input, const Input &more) {
        const std::size_t at = below(input.size() + 1);
        input.insert(input.begin() + static_cast<Offset>(at), more.begin(), more.end());
    }

    std::uint64_t state_;
};

}  // namespace rtun::fuzz
