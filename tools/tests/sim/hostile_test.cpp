// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whole calls over a hostile network, over many seeds: what must never be is not, all comes to an
// end, and a call comes up once the network is well again. RTUN_SEEDS is how many seeds each test
// takes, RTUN_FIRST_SEED where they begin.
#include <tests/sim/hostile.h>

#include <gtest/gtest.h>

#include <cstdlib>

namespace rtun::ppp {
namespace {

using namespace std::chrono_literals;
using auth::Method;
using fake::End;
using fake::Hostility;
using fake::World;

std::uint64_t from_environment(const char *name, std::uint64_t otherwise) {
    const char *text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Wanted {
    std::string name;
    Method method = Method::MsChap2;
    Encryption encryption = Encryption::No;
    bool mutual = false;
    bool ipv6 = false;
    bool bridge = false;
};

std::vector<Wanted> everything() {
    return {{.name = "pap", .method = Method::Pap},
            {.name = "chap_mutual", .method = Method::Chap, .mutual = true, .ipv6 = true},
            {.name = "mschap1_auto", .method = Method::MsChap1, .encryption = Encryption::Auto},
            {.name = "mschap2_required", .encryption = Encryption::Required, .ipv6 = true},
            {.name = "mschap2_required_mutual", .encryption = Encryption::Required, .mutual = true},
            {.name = "bridge", .bridge = true},
            {.name = "bridge_required", .encryption = Encryption::Required, .bridge = true}};
}

auth::MethodSet only(Method method) {
    auth::MethodSet set;
    set.add(method);
    return set;
}

End server(const Wanted &wanted) {
    End end;
    end.options.require = only(wanted.method);
    end.options.allow = wanted.mutual ? only(wanted.method) : auth::MethodSet{};
    end.options.credentials = {"server", base::Secret("server's own")};
    end.options.passive = 1s;
    end.options.keepalive = 10s;
    end.options.authenticator.rechallenge = 30s;
    end.passwords = {{"jack", "secret"}};
    end.grant.local_address = {0x0a000001};
    end.grant.remote_address = {0x0a000002};
    end.grant.encryption = wanted.encryption;
    end.grant.ipv6 = wanted.ipv6;
    if (wanted.bridge)
        end.grant.bridge = BridgeOptions{};
    return end;
}

End client(const Wanted &wanted, std::string_view password) {
    End end;
    end.options.credentials = {"jack", base::Secret(password)};
    end.options.allow = only(wanted.method);
    end.options.request_dns = true;
    end.options.keepalive = 10s;
    end.options.encryption = wanted.encryption;
    end.options.ipv6 = wanted.ipv6;
    if (wanted.bridge)
        end.options.bridge = BridgeOptions{};
    if (wanted.mutual) {
        end.options.require = only(wanted.method);
        end.passwords = {{"server", "server's own"}};
        end.grant.encryption = wanted.encryption;
        end.grant.ipv6 = wanted.ipv6;
    }
    return end;
}

// From a network that is bad to one that is somebody's who wants no good.
Hostility hostility_of(std::uint64_t seed) {
    fake::FakeRandom dice(seed * 7919);
    const auto some = [&](std::uint32_t most) {
        return dice.below(2) == 0 ? 0U : static_cast<unsigned>(dice.below(most + 1));
    };
    Hostility h;
    h.lost = some(40);
    h.doubled = some(30);
    h.garbled = some(30);
    h.cut = some(20);
    h.stale = some(40);
    h.forged = some(60);
    h.jitter = std::chrono::milliseconds(some(4000));
    h.broken = some(40);
    h.altered = some(40);
    return h;
}

class SimHostile : public testing::TestWithParam<Wanted> {};
INSTANTIATE_TEST_SUITE_P(Each, SimHostile, testing::ValuesIn(everything()),
                         [](const auto &test) { return test.param.name; });

template <typename Do>
void for_each_seed(std::uint64_t usual, Do what) {
    const std::uint64_t first = from_environment("RTUN_FIRST_SEED", 1);
    const std::uint64_t count = from_environment("RTUN_SEEDS", usual);
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        what(seed);
        if (testing::Test::HasFailure())
            return;
    }
}

TEST_P(SimHostile, EverythingEndsOrIsUpAndComesUpOnceTheNetworkIsWell) {
    std::size_t calls = 0;
    std::size_t worlds = 0;
    for_each_seed(60, [&](std::uint64_t seed) {
        World world(seed, hostility_of(seed), server(GetParam()), client(GetParam(), "secret"));
        world.run(3min);
        world.expect_bounded();
        calls += world.calls();
        ++worlds;
        world.heal();
        world.run(5min);
        world.expect_rest();
        world.again();
        world.run(2min);
        world.expect_agreement();
        EXPECT_EQ(world.served(), 1U) << "of others nothing is left";
        world.expect_bounded();
    });
    if (!testing::Test::HasFailure() && worlds >= 10) {
        EXPECT_GT(2 * calls, 3 * worlds) << "the network was hostile to some";
    }
}

TEST_P(SimHostile, WithAWrongPasswordTheServerNeverComesUp) {
    for_each_seed(20, [&](std::uint64_t seed) {
        World world(seed, hostility_of(seed), server(GetParam()), client(GetParam(), "guess"));
        world.run(5min);
        world.heal();
        world.run(5min);
        EXPECT_FALSE(world.server_was_up());
        EXPECT_EQ(world.served(), 0U);
        world.expect_bounded();
    });
}

}  // namespace
}  // namespace rtun::ppp
