// SPDX-License-Identifier: GPL-2.0-or-later
//
// The small parts: blob, difference, reasons, host routes, the stored configuration.
#include <config/grammar.h>
#include <daemon/blob.h>
#include <daemon/difference.h>
#include <daemon/no_core.h>
#include <daemon/store.h>
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

namespace rtun::daemon::test {

using base::ErrorCode;

TEST(Blob, ComesBackAsItWasWritten) {
    const auto blob = decode_blob(encode(Blob{.client = "office", .dial = 17}));
    ASSERT_TRUE(blob);
    EXPECT_EQ(blob->client, "office");
    EXPECT_EQ(blob->dial, 17U);
}

TEST(Blob, SkipsLinesItDoesNotKnow) {
    EXPECT_TRUE(decode_blob(base::as_bytes("rtun-client 1\nclient a\ncolour blue\n")));
}

TEST(Blob, RefusesWhatIsNotOurs) {
    for (const char *text :
         {"", "\n", "rtun-client 2\nclient a\n", "rtun-client 1\n", "client a\nrtun-client 1\n",
          "rtun-client 1\nclient a", "rtun-client 1\nclient a\ndial x\n",
          "rtun-client 1\nclient a\ndial 1x\n"})
        EXPECT_FALSE(decode_blob(base::as_bytes(text))) << text;
}

TEST(Difference, KnowsWhatEveryMemberNeeds) {
    using Change = std::function<void(config::Client &)>;
    const std::vector<Change> redial{
        [](auto &c) { c.name = "x"; },
        [](auto &c) { c.connect_to = "x"; },
        [](auto &c) { c.user = "x"; },
        [](auto &c) { c.password = base::Secret("x"); },
        [](auto &c) { c.password_file = "x"; },
        [](auto &c) { c.allow.remove(auth::Method::Pap); },
        [](auto &c) { c.max_mtu = 1000; },
        [](auto &c) { c.max_mru = 1000; },
        [](auto &c) { c.use_peer_dns = config::PeerDns::Yes; },
        [](auto &c) { c.profile = "x"; },
        [](auto &c) { c.ipv6 = true; },
        [](auto &c) { c.quirks = config::Quirks::BezeqIsrael; },
        [](auto &c) { c.dial_on_demand = true; },
        [](auto &c) { c.idle_timeout = 9s; },
        [](auto &c) { c.host_route = false; },
        [](auto &c) { c.keepalive = 1s; },
        [](auto &c) { c.src_address = {Server}; },
        [](auto &c) { c.src_interface = {"eth1"}; },
        [](auto &c) { c.mrru = 1500; },
        [](auto &c) { c.phone = "x"; },
        [](auto &c) { c.fwmark = 1; },
        [](auto &c) { c.echo_interval = 1s; },
        [](auto &c) { c.echo_timeout = 1s; },
    };
    for (std::size_t i = 0; i < redial.size(); i++) {
        config::Client changed = office();
        redial[i](changed);
        EXPECT_TRUE(difference(office(), changed).redial) << i;
    }
    const std::vector<std::pair<Change, bool Difference::*>> live{
        {[](auto &c) { c.enabled = false; }, &Difference::enabled},
        {[](auto &c) { c.add_default_route = true; }, &Difference::route},
        {[](auto &c) { c.default_route_distance = 9; }, &Difference::route},
        {[](auto &c) { c.reorder_slots = 0; }, &Difference::reorder},
        {[](auto &c) { c.reorder_time = 9ms; }, &Difference::reorder},
        {[](auto &c) { c.test_type = 1; }, &Difference::reorder},
        {[](auto &c) { c.test_rate = 9; }, &Difference::reorder},
        {[](auto &c) { c.link_rate = {1000}; }, &Difference::any},
        {[](auto &c) { c.mp_mode = config::MpMode::Balance; }, &Difference::any},
        {[](auto &c) { c.mp_loss_time = 9ms; }, &Difference::any},
        {[](auto &c) { c.comment = "x"; }, &Difference::any},
        {[](auto &c) { c.log_tag = "x"; }, &Difference::any},
    };
    for (std::size_t i = 0; i < live.size(); i++) {
        config::Client changed = office();
        live[i].first(changed);
        const Difference d = difference(office(), changed);
        EXPECT_TRUE(d.*live[i].second) << i;
        EXPECT_TRUE(d.any) << i;
        EXPECT_FALSE(d.redial) << i;
    }
    EXPECT_FALSE(difference(office(), office()).any);
}

TEST(Difference, OfLinksNeedsNoNewBundleUnlessTheServersArePinnedWithoutOne) {
    using Change = std::function<void(config::Client &)>;
    const std::vector<Change> changes{
        [](auto &c) { c.connect_to = "192.0.2.10,192.0.2.11"; },
        [](auto &c) { c.src_address = {Server}; },
        [](auto &c) { c.src_interface = {"eth1"}; },
        [](auto &c) { c.link_rate = {1000}; },
        [](auto &c) { c.mp_mode = config::MpMode::Balance; },
        [](auto &c) { c.mp_loss_time = 9ms; },
    };
    for (std::size_t i = 0; i < changes.size(); i++) {
        config::Client before = office();
        before.mrru = 1500;
        config::Client after = before;
        changes[i](after);
        EXPECT_TRUE(difference(before, after).links) << i;
        EXPECT_FALSE(difference(before, after).redial) << i;
        before.dial_on_demand = after.dial_on_demand = true;
        EXPECT_EQ(difference(before, after).redial, i < 3) << i;
    }
}

TEST(Reason, BecomesTheExitStatusOfTheManual) {
    EXPECT_EQ(exit_status(user_reason("by user")), 0);
    EXPECT_EQ(exit_status(ErrorCode::Invalid), 1);
    EXPECT_EQ(exit_status(ErrorCode::Refused), 2);
    EXPECT_EQ(exit_status(ErrorCode::System), 2);
    EXPECT_EQ(exit_status(ErrorCode::NoDaemon), 3);
    EXPECT_EQ(exit_status(ErrorCode::Unreachable), 4);
    EXPECT_EQ(exit_status(ErrorCode::AuthFailed), 5);
    EXPECT_EQ(exit_status(ErrorCode::Closed), 6);
}

TEST(Core, IsNotLeftByAProgramThatHoldsPasswords) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const int before = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
        refuse_core();
        ::_exit(before == 1 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

const netlink::LinkIndex Tunnel{99};  // not the way to the server

TEST(HostRoutes, CountTheirUsers) {
    Host host;
    ASSERT_TRUE(host.routes.pin(Server, 0, Tunnel));
    ASSERT_TRUE(host.routes.pin(Server, 0, Tunnel));
    EXPECT_EQ(host.kernel.routes().size(), 1U);
    host.routes.unpin(Server);
    EXPECT_EQ(host.kernel.routes().size(), 1U);
    host.routes.unpin(Server);
    EXPECT_TRUE(host.kernel.routes().empty());
}

TEST(HostRoutes, DoNotPinTheTunnelToItself) {
    Host host;
    const auto pinned = host.routes.pin(Server, 0, host.kernel.underlay->oif);
    ASSERT_FALSE(pinned);
    EXPECT_THAT(pinned.error().text, testing::HasSubstr("through the tunnel"));
    EXPECT_TRUE(host.kernel.routes().empty());
}

TEST(HostRoutes, OfSomebodyElseGoWithTheLastTunnelThatNeedsThem) {
    Host host;
    netlink::TunnelSpec spec;
    spec.local = host.world.local_address;
    spec.remote = Server;
    // A tunnel of another owner, which pins nothing.
    host.kernel.close_owner();
    ASSERT_TRUE(host.kernel.bind_owner("connect-1"));
    HostRoutes theirs(host.kernel, "connect-1");
    Plumbing one(host.kernel, theirs);
    Plumbing two(host.kernel, theirs);
    ASSERT_TRUE(one.open(spec, {}));
    ASSERT_TRUE(two.open(spec, {}));
    // Ours comes, pins the way, and goes.
    ASSERT_TRUE(host.routes.pin(Server, 0, Tunnel));
    host.routes.unpin(Server);
    host.routes.tunnel_gone(Server);
    EXPECT_EQ(host.kernel.routes().size(), 1U);
    netlink::Route elsewhere;
    elsewhere.destination = base::Ipv4{0xc0000263};
    ASSERT_TRUE(host.kernel.route_add(elsewhere));
    one.close();
    EXPECT_EQ(host.kernel.routes().size(), 2U);
    two.close();
    EXPECT_THAT(host.kernel.routes(), testing::ElementsAre(elsewhere));
}

TEST(HostRoutes, ShareTheRouteOfAnotherProgramAndLeaveItToIt) {
    Host host;
    netlink::TunnelSpec spec;
    spec.local = host.world.local_address;
    spec.remote = Server;
    // Another owner's tunnel, with its host route.
    host.kernel.close_owner();
    ASSERT_TRUE(host.kernel.bind_owner("connect-1"));
    ASSERT_TRUE(host.kernel.tunnel_add(spec));
    HostRoutes theirs(host.kernel, "connect-1");
    ASSERT_TRUE(theirs.pin(Server, 0, Tunnel));
    ASSERT_TRUE(host.routes.pin(Server, 0, Tunnel));
    EXPECT_EQ(host.kernel.routes().size(), 1U);
    host.routes.unpin(Server);
    EXPECT_EQ(host.kernel.routes().size(), 1U);
}

TEST(HostRoutes, SweepOnlyHostRoutesThatNoTunnelNeeds) {
    Host host;
    netlink::TunnelSpec spec;
    spec.local = host.world.local_address;
    spec.remote = Server;
    ASSERT_TRUE(host.kernel.tunnel_add(spec));
    netlink::Route stale;
    stale.destination = base::Ipv4{0xc0000263};
    netlink::Route needed;
    needed.destination = Server;
    netlink::Route through;
    through.prefix_length = 0;
    for (const netlink::Route &route : {stale, needed, through})
        ASSERT_TRUE(host.kernel.route_add(route));
    EXPECT_EQ(host.routes.sweep().value(), 1U);
    EXPECT_THAT(host.kernel.routes(), testing::UnorderedElementsAre(needed, through));
}

class Directory {
public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "rtun-test.XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string &name) const { return path_ + "/" + name; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path_), {}));
    }

private:
    std::string path_;
};

TEST(Store, WritesAFileThatReadsBackAndOnlyItsOwnerMayRead) {
    const Directory directory;
    const std::string path = directory.file("rtun.conf");
    std::ofstream(path) << "old\n";
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    config::Config config;
    config.clients = {office(), office()};
    config.clients[1].name = "other";
    config.clients[1].comment = "with \"quotes\" and # signs";
    ASSERT_TRUE(save_config(config, path));
    struct stat st {};
    ASSERT_EQ(::stat(path.c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600U);
    EXPECT_EQ(directory.files(), 1U);

    const auto read = config::read_file(path);
    ASSERT_TRUE(read) << read.error().text;
    ASSERT_EQ(read->clients.size(), 2U);
    for (std::size_t i = 0; i < 2; i++)
        EXPECT_FALSE(difference(read->clients[i], config.clients[i]).any);
}

TEST(Store, LeavesTheOldFileWhenItCannotWrite) {
    const Directory directory;
    config::Config config;
    const auto saved = save_config(config, directory.file("missing/rtun.conf"));
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().text, testing::HasSubstr("missing/rtun.conf"));
    // A directory of that name cannot be replaced, and no draft stays beside it.
    std::filesystem::create_directory(directory.file("rtun.conf"));
    EXPECT_FALSE(save_config(config, directory.file("rtun.conf")));
    EXPECT_EQ(directory.files(), 1U);
}

}  // namespace rtun::daemon::test
