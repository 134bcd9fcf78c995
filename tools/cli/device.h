// SPDX-License-Identifier: GPL-2.0-or-later
//
// The interface of a session, as every listing shows it.
#pragma once

#include <cli/output.h>
#include <netlink/kernel.h>

#include <string>

namespace rtun::cli {

// The interface's name, if it has one in this namespace.
[[nodiscard]] std::string device_of(netlink::Kernel &kernel, const netlink::Session &session);

// device: its name, if it is known.
void print_device(Output &out, const netlink::Session &session, const std::string &device);

}  // namespace rtun::cli
