// SPDX-License-Identifier: GPL-2.0-or-later
//
// The digests, done by nettle. A context holds the end of its input in clear, hence the wipe.
#include <crypto/digest.h>

#include <nettle/md4.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>

namespace rtun::crypto {

namespace {

template <std::size_t N, typename Context, typename Init, typename Update, typename Final>
Octets<N> digest(Parts parts, Context context, Init init, Update update, Final final) {
    init(&context);
    for (const base::View part : parts)
        update(&context, part.size(), part.data());
    Octets<N> out;
    final(&context, N, out.octets.data());
    base::wipe({reinterpret_cast<std::uint8_t *>(&context), sizeof(context)});
    return out;
}

}  // namespace

Octets<16> md4(Parts parts) {
    return digest<MD4_DIGEST_SIZE>(parts, md4_ctx{}, md4_init, md4_update, md4_digest);
}

Octets<16> md5(Parts parts) {
    return digest<MD5_DIGEST_SIZE>(parts, md5_ctx{}, md5_init, md5_update, md5_digest);
}

Octets<20> sha1(Parts parts) {
    return digest<SHA1_DIGEST_SIZE>(parts, sha1_ctx{}, sha1_init, sha1_update, sha1_digest);
}

}  // namespace rtun::crypto
