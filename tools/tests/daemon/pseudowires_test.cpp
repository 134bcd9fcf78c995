// SPDX-License-Identifier: GPL-2.0-or-later
//
// The daemon's pseudowires: commands, the configuration file, what an earlier life left in the
// kernel, and what happens to them there.
#include <daemon/clients.h>
#include <daemon/commands.h>
#include <daemon/pseudowires.h>
#include <tests/daemon/host.h>

#include <base/fd.h>

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rtun::daemon::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char *pw0 = "pseudowire add pw0 local 192.0.2.1 remote 192.0.2.2 tunnel-id 10 "
                            "peer-tunnel-id 20 session-id 100 peer-session-id 200";
constexpr const char *pw1 = "pseudowire add pw1 local any remote 192.0.2.3 encap ip session-id 101 "
                            "peer-session-id 201 comment Brno";

struct Wires : Host {
    std::unique_ptr<Clients> clients;
    std::unique_ptr<Pseudowires> pseudowires;
    Directory directory{[](const config::Config &) { return base::Status{}; }, [] {}};
    Sessions nobody;
    History history;
    std::unique_ptr<Commands> commands;
    std::string file;

    Wires() {
        std::string name = "/tmp/rtun-conf.XXXXXX";
        const base::Fd fd(::mkstemp(name.data()));
        file = name;
        start();
        world.pump = [this] {
            const auto all = kernel.events();
            for (const netlink::Event &event : all.value()) {
                clients->kernel_event(event);
                pseudowires->kernel_event(event);
            }
            return !all->empty();
        };
    }
    ~Wires() { (void)::unlink(file.c_str()); }

    // A daemon that begins, or begins anew: what was in the kernel stays.
    void start() {
        commands.reset();
        pseudowires.reset();
        clients = std::make_unique<Clients>(ground, sink(), [] {});
        pseudowires = std::make_unique<Pseudowires>(world, kernel, random, "rtun", sink());
        commands =
            std::make_unique<Commands>(*clients, *pseudowires, directory, nobody, history, file);
    }
    // Its answer: lines, or why not.
    std::string ask(const std::string &line) {
        ctl::Request request;
        const auto words = config::split_line(line, 1, "");
        for (const config::Word &word : words.value())
            request.words.push_back(word.text);
        const ctl::Reply reply = commands->execute(request).reply;
        world.run();
        if (reply.error)
            return "Error: " + reply.error->text;
        std::string text;
        for (const std::string &one : reply.lines)
            text += one + "\n";
        return text;
    }
    ctl::PseudowireStatus status(const std::string &name = "pw0") {
        const auto all = pseudowires->show(name);
        return all ? all->front() : ctl::PseudowireStatus{};
    }
    std::string load(const std::string &text) {
        std::ofstream(file) << text;
        return ask("config load");
    }
    pseudowire::State state(const char *name = "pw0") {
        const auto found = pseudowire::find(kernel, name);
        EXPECT_TRUE(found) << name;
        return found ? *found : pseudowire::State{};
    }
    std::string loaded(unsigned added, unsigned changed, unsigned removed, unsigned kept) {
        return fmt::format("{}: {} added, {} changed, {} removed, {} as before\n", file, added,
                           changed, removed, kept);
    }
};

TEST(DaemonsPseudowires, AreMadeChangedAndRemovedByCommands) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    EXPECT_EQ(host.state().tunnel.owner, "rtun");
    EXPECT_TRUE(host.status().present);
    EXPECT_EQ(host.ask("pseudowire set pw0 peer-cookie 01020304"), "");
    EXPECT_EQ(host.state().session.cookie_rx, (base::Bytes{1, 2, 3, 4}));
    EXPECT_EQ(host.ask("pseudowire disable pw0"), "");
    EXPECT_FALSE(host.state().session.circuit_up);
    EXPECT_FALSE(host.status().enabled);
    EXPECT_EQ(host.ask("pseudowire enable pw0"), "");
    EXPECT_TRUE(host.state().link->up);
    EXPECT_EQ(host.ask("export"), std::string(pw0) + " peer-cookie 01020304\n");
    EXPECT_EQ(host.ask("pseudowire del pw0"), "");
    EXPECT_TRUE(host.kernel.empty());
    EXPECT_EQ(host.ask("export"), "");
}

TEST(DaemonsPseudowires, WhatIsRefusedIsNotKept) {
    Wires host;
    host.kernel.fail_next("tunnel_add", {base::ErrorCode::Refused, "the kernel's words", EINVAL});
    EXPECT_EQ(host.ask(pw0), "Error: the kernel's words");
    EXPECT_EQ(host.pseudowires->size(), 0U);
    EXPECT_EQ(host.ask(pw0), "");
    EXPECT_EQ(host.ask(pw0), "Error: there is a pseudowire \"pw0\" already");
    EXPECT_EQ(host.ask(std::string(pw0) + " may-exist"), "");
    EXPECT_EQ(host.ask("pseudowire set pw0 sequencing both"),
              "Error: pseudowire \"pw0\": sequencing needs \"sublayer default\"");
    EXPECT_EQ(host.ask("pseudowire del pw9"), "Error: there is no pseudowire \"pw9\"");
    EXPECT_EQ(host.ask("pseudowire del pw9 if-exists"), "");
    EXPECT_EQ(host.ask("pseudowire enable pw9"), "Error: there is no pseudowire \"pw9\"");
    EXPECT_EQ(host.ask("client add pw0 type pptp connect-to 192.0.2.10 user u password p"),
              "Error: there is a pseudowire \"pw0\" already");
}

TEST(DaemonsPseudowires, TheConfigurationIsSavedAndLoaded) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    EXPECT_EQ(host.ask(pw1), "");
    EXPECT_EQ(host.ask("config save"), host.file + ": 0 clients, 2 pseudowires\n");
    std::ostringstream saved;
    saved << std::ifstream(host.file).rdbuf();
    EXPECT_EQ(saved.str(), "# rtun configuration: a list of rtun commands\n" + std::string(pw0) +
                               "\n" + pw1 + "\n");
    const auto calls = host.kernel.calls().size();
    EXPECT_EQ(host.ask("config load"), host.loaded(0, 0, 0, 2));
    for (std::size_t i = calls; i < host.kernel.calls().size(); i++)
        EXPECT_THAT(host.kernel.calls()[i], Not(HasSubstr("_set")));
    EXPECT_EQ(host.load(std::string(pw1) + " ttl 7\n"), host.loaded(0, 1, 1, 0));
    EXPECT_EQ(host.state("pw1").tunnel.spec.ttl, 7);
    EXPECT_EQ(pseudowire::read(host.kernel)->states.size(), 1U);
    EXPECT_EQ(host.load(std::string(pw0) + "\n"), host.loaded(1, 0, 1, 0));
}

TEST(DaemonsPseudowires, GoOnUndisturbedWhenTheDaemonBeginsAnew) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    const auto before = host.state();
    host.start();
    EXPECT_EQ(host.load(std::string(pw0) + "\n"), host.loaded(0, 0, 0, 1));
    EXPECT_EQ(host.state().session.id, before.session.id);
    EXPECT_EQ(host.kernel.count("session_add"), 1);
    EXPECT_EQ(host.kernel.count("session_set"), 0);
}

TEST(DaemonsPseudowires, AreMadeAnewOnlyIfTheyDifferOnTheWire) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    const auto before = host.state();
    host.start();
    EXPECT_EQ(host.load(std::string(pw0) + " keepalive 10 send-cookie 01020304\n"),
              host.loaded(0, 1, 0, 0));
    EXPECT_EQ(host.state().session.id, before.session.id);
    EXPECT_EQ(host.state().session.keepalive, 10000U);
    host.start();
    EXPECT_EQ(host.load(std::string(pw0) + " sublayer default\n"), host.loaded(1, 0, 0, 0));
    EXPECT_NE(host.state().session.id, before.session.id);
    EXPECT_EQ(host.state().session.l2spec, netlink::L2Spec::Default);
    EXPECT_EQ(pseudowire::read(host.kernel)->states.size(), 1U);
}

TEST(DaemonsPseudowires, OfAnEarlierLifeThatNobodyWantsAreRemovedAndOthersAreNot) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    // The tool made this one without a daemon.
    netlink::TunnelSpec spec;
    spec.xport = netlink::Xport::L2tpv3Ip;
    spec.remote = *base::Address::parse("192.0.2.7");
    host.kernel.close_owner();
    const auto tunnel = host.kernel.tunnel_add(spec);
    ASSERT_TRUE(host.kernel.bind_owner("rtun"));
    netlink::SessionChange change;
    change.peer_id = 1;
    const auto session = host.kernel.session_add(*tunnel, 7, change);
    ASSERT_TRUE(host.kernel.link_add_ethernet("theirs", session->id, {}));
    host.start();
    EXPECT_EQ(host.load("# nothing\n"), host.loaded(0, 0, 1, 0));
    EXPECT_TRUE(pseudowire::find(host.kernel, "theirs"));
    EXPECT_FALSE(pseudowire::find(host.kernel, "pw0"));
}

TEST(DaemonsPseudowires, OfAFileThatCannotBeMadeAreTriedAgain) {
    Wires host;
    host.kernel.fail_next("tunnel_add", {base::ErrorCode::Refused, "no such address", EINVAL}, 2);
    host.load(std::string(pw0) + "\n");
    EXPECT_FALSE(host.status().present);
    EXPECT_EQ(host.status().last_error, "no such address");
    EXPECT_TRUE(host.status().retry_in);
    EXPECT_EQ(host.said("pseudowire.failed"), "no such address");
    host.world.advance(2s);
    EXPECT_FALSE(host.status().present);
    EXPECT_EQ(host.levels.back(), base::log::Level::Debug) << "the same again is not news";
    host.world.advance(60s);
    EXPECT_TRUE(host.status().present);
    EXPECT_EQ(host.status().last_error, "");
    EXPECT_EQ(host.count("pseudowire.up"), 1);
}

TEST(DaemonsPseudowires, NamesAreAskedForWithoutWaiting) {
    Wires host;
    host.world.names["gw.example.org"] = std::vector<base::Ipv4>{{0xc0000209}};
    EXPECT_EQ(host.ask("pseudowire add pw0 local any remote gw.example.org session-id 1 "
                       "peer-session-id 2"),
              "");
    EXPECT_TRUE(host.status().present);
    EXPECT_EQ(host.state().settings.remote, "192.0.2.9");
    EXPECT_THAT(host.ask("export"), HasSubstr("remote gw.example.org"));
    EXPECT_EQ(host.ask("pseudowire set pw0 ttl 9"), "");
    EXPECT_EQ(host.state().tunnel.spec.ttl, 9);
    EXPECT_EQ(host.ask("config save"), host.file + ": 0 clients, 1 pseudowire\n");
    EXPECT_EQ(host.ask("config load"), host.loaded(0, 0, 0, 1));
}

TEST(DaemonsPseudowires, ANameWithoutAnAddressIsTriedAgain) {
    Wires host;
    host.world.names["gw.example.org"] =
        base::fail(base::ErrorCode::Unreachable, "\"gw.example.org\" has no address");
    EXPECT_EQ(host.ask("pseudowire add pw0 local any remote gw.example.org session-id 1 "
                       "peer-session-id 2"),
              "");
    EXPECT_EQ(host.status().last_error, "\"gw.example.org\" has no address");
    host.world.names["gw.example.org"] = std::vector<base::Ipv4>{{0xc0000209}};
    host.world.advance(60s);
    EXPECT_TRUE(host.status().present);
}

TEST(DaemonsPseudowires, WhatSomebodyElseDeletesIsMadeAgain) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    host.kernel.remove_tunnel(host.state().tunnel.id, "request");
    host.world.run();
    EXPECT_FALSE(host.status().present);
    EXPECT_EQ(host.count("pseudowire.gone"), 1);
    host.world.advance(60s);
    EXPECT_TRUE(host.status().present);
    EXPECT_EQ(host.count("pseudowire.gone"), 1);
    // Also if nobody could say so.
    host.kernel.remove_session(host.state().session.id, "request");
    (void)host.kernel.events();
    host.kernel.inject(netlink::Overrun{});
    host.world.run();
    EXPECT_EQ(host.count("pseudowire.gone"), 2);
    host.world.advance(60s);
    EXPECT_TRUE(host.status().present);
}

TEST(DaemonsPseudowires, TheAutomaticMtuFollowsThePath) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    EXPECT_EQ(host.ask(std::string(pw1) + " mtu 1400"), "");
    const std::uint32_t mtu = host.state().link->mtu;
    for (const char *name : {"pw0", "pw1"}) {
        const netlink::TunnelId tunnel = host.state(name).tunnel.id;
        host.kernel.set_path_mtu(tunnel, 1400);
        host.kernel.inject(netlink::Notice{.type = "pmtu", .tunnel = tunnel, .value = 1400});
    }
    host.world.run();
    EXPECT_EQ(host.state().link->mtu, mtu - 100);
    EXPECT_EQ(host.state("pw1").link->mtu, 1400U);
}

TEST(DaemonsPseudowires, StayWhenTheDaemonEnds) {
    Wires host;
    EXPECT_EQ(host.ask(pw0), "");
    host.commands.reset();
    host.pseudowires.reset();
    host.kernel.close_owner();
    EXPECT_TRUE(pseudowire::find(host.kernel, "pw0"));
    host.start();
}

}  // namespace
}  // namespace rtun::daemon::test
