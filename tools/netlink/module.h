// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel module: loading it, and telling why it is not there. What is known about the system
// is collected into a value first, so that the words can be tested without a system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rtun::netlink {

enum class SecureBoot : std::uint8_t { Off, On };

// What decides about the module.
struct ModuleFacts {
    std::string release;     // of the running kernel
    bool may_load = false;   // CAP_SYS_MODULE
    bool installed = false;  // rtun.ko is listed in modules.dep of this kernel
    bool headers = false;    // the files to build it are there
    SecureBoot secure_boot = SecureBoot::Off;
    bool locked_down = false;  // kernel_lockdown(7)
    std::string modprobe;      // what modprobe said, if it was run and failed
};

[[nodiscard]] ModuleFacts collect_module_facts();

// Runs modprobe if we may. Nothing: it says that it is loaded now; else its words, or why it was
// not run.
[[nodiscard]] std::optional<std::string> load_module();

// One line for the user: what stands in the way and what to do about it.
[[nodiscard]] std::string module_hint(const ModuleFacts &facts);

}  // namespace rtun::netlink
