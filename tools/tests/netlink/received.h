// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages as if they had come from the kernel: built like requests, cut like answers.
#pragma once

#include <base/bytes.h>
#include <netlink/message.h>
#include <netlink/socket.h>

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace rtun::netlink {

inline Datagram received(const Message &message) {
    Datagram datagram;
    datagram.bytes.assign(message.view().begin(), message.view().end());
    auto messages = split(datagram.bytes);
    EXPECT_TRUE(messages.has_value());
    datagram.messages = std::move(messages).value_or(std::vector<Received>{});
    return datagram;
}

inline base::View bytes_of(const auto &object) {
    return {reinterpret_cast<const std::uint8_t *>(&object), sizeof(object)};
}

}  // namespace rtun::netlink
