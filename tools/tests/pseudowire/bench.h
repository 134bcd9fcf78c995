// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel in memory and a pseudowire to make in it.
#pragma once

#include <pseudowire/pseudowire.h>
#include <tests/fake/fake_kernel.h>

#include <gmock/gmock.h>

#include <string>

namespace rtun::pseudowire::test {

using base::Address;

inline Address address(const char *text) { return *Address::parse(text); }

inline config::Pseudowire sample(const char *name = "pw0", std::uint32_t session_id = 100) {
    config::Pseudowire p;
    p.name = name;
    p.local = "192.0.2.1";
    p.remote = "192.0.2.2";
    p.tunnel_id = 10;
    p.peer_tunnel_id = 20;
    p.session_id = session_id;
    p.peer_session_id = session_id + 100;
    return p;
}

struct Bench : testing::Test {
    fake::FakeKernel kernel;

    base::Status make(const config::Pseudowire &settings) {
        Snapshot snapshot = TRY(read(kernel));
        return add(kernel, snapshot, settings,
                   {.local = settings.local == "any" ? Address() : address(settings.local.c_str()),
                    .remote = address(settings.remote.c_str())});
    }
    std::string why_not(const config::Pseudowire &settings) {
        const auto made = make(settings);
        return made ? "(made)" : made.error().text;
    }
    State state(const char *name = "pw0") {
        const auto found = find(kernel, name);
        EXPECT_TRUE(found) << name;
        return found ? *found : State{};
    }
    // Changes it in the way the function does.
    template <typename Change>
    base::Status change(Change change, const char *name = "pw0") {
        const State is = state(name);
        config::Pseudowire wanted = is.settings;
        change(wanted);
        return set(kernel, is, wanted);
    }
    const fake::FakeLink &link() { return kernel.links().at(*state().session.device); }
    std::size_t calls_before() const { return kernel.calls().size(); }
    // What was asked to be changed since then.
    std::vector<std::string> changes_since(std::size_t before) const {
        std::vector<std::string> all;
        for (std::size_t i = before; i < kernel.calls().size(); i++)
            for (const char *verb : {"tunnel_add", "tunnel_set", "tunnel_del", "session_add",
                                     "session_set", "session_del", "link_add_ethernet", "link_set"})
                if (kernel.calls()[i].starts_with(std::string(verb) + " "))
                    all.push_back(kernel.calls()[i]);
        return all;
    }
};

}  // namespace rtun::pseudowire::test
