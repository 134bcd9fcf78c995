// SPDX-License-Identifier: GPL-2.0-or-later
//
// One DES block, done by nettle.
#include <crypto/des.h>

#include <nettle/des.h>

#include <bit>

namespace rtun::crypto {

Octets<8> expand_des_key(std::span<const std::uint8_t, 7> key) {
    Octets<8> out;
    unsigned window = 0;  // bits not yet given out, at the lower end
    unsigned bits = 0;
    for (std::size_t i = 0; i < out.octets.size(); i++) {
        if (bits < 7) {
            window = (window << 8 | key[i]) & 0xffffU;
            bits += 8;
        }
        bits -= 7;
        const unsigned seven = window >> bits & 0x7fU;
        const unsigned parity = std::popcount(seven) % 2 == 0 ? 1U : 0U;
        out.octets[i] = static_cast<std::uint8_t>(seven << 1 | parity);
    }
    return out;
}

DesBlock des_encrypt_block(std::span<const std::uint8_t, 7> key,
                           std::span<const std::uint8_t, 8> clear) {
    const Octets<8> expanded = expand_des_key(key);
    des_ctx context{};
    // The result only tells that the key is one of DES's weak ones; passwords choose it, not we.
    static_cast<void>(des_set_key(&context, expanded.octets.data()));
    DesBlock out{};
    des_encrypt(&context, out.size(), out.data(), clear.data());
    base::wipe({reinterpret_cast<std::uint8_t *>(&context), sizeof(context)});
    return out;
}

}  // namespace rtun::crypto
