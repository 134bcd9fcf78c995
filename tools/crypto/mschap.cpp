// SPDX-License-Identifier: GPL-2.0-or-later
//
// MS-CHAPv1 and MS-CHAPv2, step by step as RFC 2433 appendix A and RFC 2759 section 8 print them.
#include <crypto/mschap.h>

#include <crypto/des.h>
#include <crypto/digest.h>

#include <algorithm>
#include <optional>

namespace rtun::crypto {

namespace {

// RFC 2759 section 8.7, without the terminating NUL.
constexpr std::string_view magic1 = "Magic server to client signing constant";
constexpr std::string_view magic2 = "Pad to make it do more than one iteration";
static_assert(magic1.size() == 39 && magic2.size() == 41);

// One character of UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
std::optional<char32_t> next_utf8(base::Reader &in) {
    const std::uint8_t lead = in.u8();
    if (lead < 0x80)
        return lead;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    static constexpr std::array<char32_t, 4> smallest{0, 0x80, 0x800, 0x10000};
    if (lead < 0xc0 || lead > 0xf4)
        return std::nullopt;
    char32_t character = lead & (0x3fU >> more);
    for (int i = 0; i < more; i++) {
        const std::uint8_t octet = in.u8();
        if (!in.ok() || (octet & 0xc0U) != 0x80)
            return std::nullopt;
        character = character << 6 | (octet & 0x3fU);
    }
    if (character < smallest[static_cast<std::size_t>(more)] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return std::nullopt;
    return character;
}

void put_le16(base::Writer &out, char32_t unit) {
    out.u8(static_cast<std::uint8_t>(unit & 0xff)).u8(static_cast<std::uint8_t>(unit >> 8 & 0xff));
}

// False if the text is not UTF-8; what has been written so far is then of no use.
bool put_utf16(base::Writer &out, base::View text) {
    base::Reader in(text);
    while (in.left() > 0) {
        const auto character = next_utf8(in);
        if (!character)
            return false;
        if (*character < 0x10000) {
            put_le16(out, *character);
        } else {
            put_le16(out, 0xd800 + ((*character - 0x10000) >> 10));
            put_le16(out, 0xdc00 + ((*character - 0x10000) & 0x3ff));
        }
    }
    return true;
}

base::Secret utf16_of(const base::Secret &password) {
    base::Secret unicode;
    const auto convert = [&password, &unicode](bool utf8) {
        // Reserved for the worst case, so that no half of a password stays behind in freed memory.
        base::Writer out(password.reveal().size() * 2);
        bool good = true;
        if (utf8)
            good = put_utf16(out, password.reveal());
        else
            for (const std::uint8_t octet : password.reveal())
                put_le16(out, octet);
        base::Bytes octets = out.take();
        if (good)
            unicode = base::Secret(octets);
        base::wipe(octets);
        return good;
    };
    if (!convert(true))
        convert(false);
    return unicode;
}

}  // namespace

PasswordHash nt_password_hash(const base::Secret &password) {
    return md4({utf16_of(password).reveal()});
}

PasswordHash hash_nt_password_hash(const PasswordHash &hash) { return md4({hash.view()}); }

PasswordHash lm_password_hash(const base::Secret &password) {
    static constexpr std::array<std::uint8_t, 8> standard_text{'K', 'G', 'S', '!',
                                                               '@', '#', '$', '%'};
    Octets<14> upper;
    const base::View cut =
        password.reveal().first(std::min(password.reveal().size(), upper.octets.size()));
    std::transform(cut.begin(), cut.end(), upper.octets.begin(), [](std::uint8_t c) {
        return c >= 'a' && c <= 'z' ? static_cast<std::uint8_t>(c - 'a' + 'A') : c;
    });
    PasswordHash out;
    const DesBlock first = des_encrypt_block(upper.view().first<7>(), standard_text);
    const DesBlock second = des_encrypt_block(upper.view().last<7>(), standard_text);
    std::copy(first.begin(), first.end(), out.octets.begin());
    std::copy(second.begin(), second.end(), out.octets.begin() + 8);
    return out;
}

std::array<std::uint8_t, 8> challenge_hash(Challenge16 peer_challenge,
                                           Challenge16 authenticator_challenge,
                                           std::string_view user) {
    const Octets<20> digest = sha1({peer_challenge, authenticator_challenge, base::as_bytes(user)});
    std::array<std::uint8_t, 8> out{};
    std::copy_n(digest.octets.begin(), out.size(), out.begin());
    return out;
}

NtResponse challenge_response(Challenge8 challenge, const PasswordHash &hash) {
    Octets<21> padded;
    std::copy(hash.octets.begin(), hash.octets.end(), padded.octets.begin());
    const std::array<DesBlock, 3> blocks{
        des_encrypt_block(padded.view().subspan<0, 7>(), challenge),
        des_encrypt_block(padded.view().subspan<7, 7>(), challenge),
        des_encrypt_block(padded.view().subspan<14, 7>(), challenge),
    };
    NtResponse out{};
    auto at = out.begin();
    for (const DesBlock &block : blocks)
        at = std::copy(block.begin(), block.end(), at);
    return out;
}

NtResponse generate_nt_response(Challenge16 authenticator_challenge, Challenge16 peer_challenge,
                                std::string_view user, const base::Secret &password) {
    return challenge_response(challenge_hash(peer_challenge, authenticator_challenge, user),
                              nt_password_hash(password));
}

Octets<20> generate_authenticator_response(const base::Secret &password, NtResponseView nt_response,
                                           Challenge16 peer_challenge,
                                           Challenge16 authenticator_challenge,
                                           std::string_view user) {
    const PasswordHash hash_hash = hash_nt_password_hash(nt_password_hash(password));
    const Octets<20> digest = sha1({hash_hash.view(), nt_response, base::as_bytes(magic1)});
    const auto challenge = challenge_hash(peer_challenge, authenticator_challenge, user);
    return sha1({digest.view(), challenge, base::as_bytes(magic2)});
}

std::string_view without_domain(std::string_view user) {
    // npos + 1 is 0: no backslash, the whole name.
    return user.substr(user.rfind('\\') + 1);
}

}  // namespace rtun::crypto
