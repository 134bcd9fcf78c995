// SPDX-License-Identifier: GPL-2.0-or-later
//
// The octets of a TCP connection cut into messages, which come in pieces or several at once. Keeps
// the beginning of one message at most.
#pragma once

#include <base/bytes.h>
#include <wire/pptp.h>

#include <functional>

namespace rtun::pptp {

class MessageStream {
public:
    enum class Flow : std::uint8_t { On, Stop };
    // A Message, an Unknown, or a Malformed, which is the last there is. Stop: the rest of the
    // octets is of no use any more.
    using Handler = std::function<Flow(const wire::pptp::Next &)>;

    void receive(base::View octets, const Handler &handle);
    [[nodiscard]] base::View unread() const { return buffer_; }
    void clear() { buffer_.clear(); }

private:
    // Takes all messages off the front of octets; left is what remains then.
    [[nodiscard]] static Flow take(base::View octets, const Handler &handle, base::View &left);

    base::Bytes buffer_;  // less than wire::pptp::message_max octets
};

}  // namespace rtun::pptp
