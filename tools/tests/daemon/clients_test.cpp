// SPDX-License-Identifier: GPL-2.0-or-later
//
// The set of clients under the commands of the control socket and under configuration files.
#include <daemon/clients.h>
#include <daemon/commands.h>
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace rtun::daemon::test {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

struct Set : Host {
    int quiet = 0;
    std::unique_ptr<Clients> clients;
    std::unique_ptr<Pseudowires> pseudowires;
    Directory directory{[](const config::Config &) { return base::Status{}; }, [] {}};
    Sessions nobody;
    History history;
    std::unique_ptr<Commands> commands;
    std::string file;

    Set() {
        std::string name = "/tmp/rtun-conf.XXXXXX";
        const base::Fd fd(::mkstemp(name.data()));
        file = name;
        clients = std::make_unique<Clients>(ground, sink(), [this] { quiet++; });
        pseudowires = std::make_unique<Pseudowires>(world, kernel, random, "rtun", sink());
        commands =
            std::make_unique<Commands>(*clients, *pseudowires, directory, nobody, history, file);
        world.pump = [this] {
            const auto all = kernel.events();
            for (const netlink::Event &event : all.value())
                clients->kernel_event(event);
            return !all->empty();
        };
    }
    ~Set() { (void)::unlink(file.c_str()); }

    ctl::Reply ask(std::vector<std::string> words) {
        ctl::Request request;
        request.words = std::move(words);
        ctl::Reply reply = commands->execute(request).reply;
        world.run();
        return reply;
    }
    void add(const std::string &name) {
        const ctl::Reply reply = ask({"client", "add", name, "type", "pptp", "connect-to",
                                      "192.0.2.10", "user", "jack", "password", "secret"});
        EXPECT_FALSE(reply.error) << reply.error->text;
    }
    ctl::ClientStatus status(const std::string &name) {
        return ask({"client", "show", name}).clients.at(0);
    }
    netlink::SessionId session(const std::string &name) {
        return netlink::SessionId{status(name).session_id.value()};
    }
    std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const config::Client &one : clients->config().clients)
            all.push_back(one.name);
        return all;
    }
    void write(const std::string &text) { std::ofstream(file) << text; }
};

TEST(Clients, AreAddedDialAndAreShown) {
    Set set;
    set.add("office");
    const ctl::Reply reply = set.ask({"client", "show"});
    ASSERT_EQ(reply.clients.size(), 1U);
    EXPECT_EQ(reply.clients[0].status, "connected");
    EXPECT_EQ(set.clients->up(), 1U);
}

TEST(Clients, RefuseANameTwiceUnlessItMayExist) {
    Set set;
    set.add("office");
    const auto again = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"client", "add",        "office",     "type",
                                       "pptp",   "connect-to", "192.0.2.10", "user",
                                       "jack",   "password",   "secret"};
        words.insert(words.end(), more.begin(), more.end());
        return set.ask(words);
    };
    const ctl::Reply refused = again({});
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->code, ErrorCode::Exists);
    EXPECT_THAT(refused.error->text, HasSubstr("office"));
    EXPECT_FALSE(again({"may-exist"}).error);
    EXPECT_EQ(set.clients->size(), 1U);
}

TEST(Clients, CopyOneWithWhatIsSaid) {
    Set set;
    set.add("office");
    const auto copy = [&](std::string_view name, std::string_view of) {
        return set.ask(
            {"client", "add", std::string(name), "copy-from", std::string(of), "max-mtu", "1400"});
    };
    EXPECT_FALSE(copy("branch", "office").error);
    const auto clients = set.clients->config().clients;
    ASSERT_EQ(clients.size(), 2U);
    EXPECT_EQ(clients[1].name, "branch");
    EXPECT_EQ(clients[1].connect_to, clients[0].connect_to);
    EXPECT_TRUE(clients[1].password.same_as(clients[0].password.reveal()));
    EXPECT_EQ(clients[1].max_mtu, 1400);
    EXPECT_NE(clients[0].max_mtu, 1400);

    const ctl::Reply none = copy("other", "nobody");
    ASSERT_TRUE(none.error);
    EXPECT_EQ(none.error->code, ErrorCode::NotFound);
    EXPECT_EQ(none.error->text, "copy-from: there is no client \"nobody\"");
    EXPECT_EQ(set.clients->size(), 2U);
}

TEST(Clients, RefuseWhatIsWrongAndNameTheWord) {
    Set set;
    const ctl::Reply reply = set.ask(
        {"client", "add", "office", "type", "pptp", "connect-to", "192.0.2.10", "usr", "jack"});
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.error->code, ErrorCode::Invalid);
    EXPECT_THAT(reply.error->text, HasSubstr("usr"));
    for (const char *verb : {"del", "enable", "disable", "show"}) {
        const ctl::Reply missing = set.ask({"client", verb, "nobody"});
        ASSERT_TRUE(missing.error) << verb;
        EXPECT_EQ(missing.error->code, ErrorCode::NotFound) << verb;
        EXPECT_THAT(missing.error->text, HasSubstr("nobody")) << verb;
    }
    EXPECT_TRUE(set.ask({"session", "show"}).error);
    EXPECT_TRUE(set.ask({"tunnel", "show"}).error);
    EXPECT_EQ(set.clients->size(), 0U);
}

TEST(Clients, EndTheirCallInOrderWhenDeleted) {
    Set set;
    set.add("office");
    set.ask({"client", "del", "office"});
    set.world.advance(10s);
    EXPECT_TRUE(set.names().empty());
    EXPECT_EQ(set.server.terminated_with, "deleted");
    EXPECT_EQ(set.said("client.down"), "terminated (deleted)");
    set.expect_nothing_left();
}

TEST(Clients, AreDisabledAndEnabled) {
    Set set;
    set.add("office");
    EXPECT_FALSE(set.ask({"client", "disable", "office"}).error);
    set.world.advance(10s);
    EXPECT_EQ(set.ask({"client", "show", "office"}).clients.at(0).status, "terminated");
    EXPECT_TRUE(set.kernel.empty());
    EXPECT_FALSE(set.ask({"client", "enable", "office"}).error);
    EXPECT_EQ(set.ask({"client", "show", "office"}).clients.at(0).status, "connected");
}

TEST(Clients, AreSetWithoutANewCallWhereThatIsPossible) {
    Set set;
    set.add("office");
    EXPECT_FALSE(set.ask({"client", "set", "office", "add-default-route", "yes"}).error);
    EXPECT_EQ(set.server.connections, 1);
    EXPECT_EQ(set.kernel.routes().size(), 2U);
    EXPECT_FALSE(set.ask({"client", "set", "office", "max-mtu", "1300"}).error);
    set.world.advance(1s);
    EXPECT_EQ(set.server.connections, 2);
}

TEST(Clients, TouchOnlyWhatAFileChanges) {
    Set set;
    set.write("client add a type pptp connect-to 192.0.2.10 user u password secret\n"
              "client add b type pptp connect-to 192.0.2.10 user u password secret\n"
              "client add c type pptp connect-to 192.0.2.10 user u password secret\n");
    ASSERT_FALSE(set.ask({"config", "load", set.file}).error);
    EXPECT_THAT(set.names(), ElementsAre("a", "b", "c"));
    EXPECT_EQ(set.server.connections, 3);
    set.events.clear();

    set.write("client add d type pptp connect-to 192.0.2.10 user u password secret disabled yes\n"
              "client add c type pptp connect-to 192.0.2.10 user u password secret max-mtu 1200\n"
              "client add a type pptp connect-to 192.0.2.10 user u password secret\n");
    const ctl::Reply reply = set.ask({"config", "load", set.file});
    ASSERT_FALSE(reply.error) << reply.error->text;
    EXPECT_THAT(reply.lines.at(0), HasSubstr("1 added, 1 changed, 1 removed, 1 as before"));
    EXPECT_THAT(set.names(), ElementsAre("d", "c", "a"));
    set.world.advance(1s);
    for (const ctl::Event &event : set.events)
        EXPECT_NE(event.name, "a");
}

TEST(Clients, ChangeNothingWhenTheFileIsWrong) {
    Set set;
    set.add("office");
    set.write("client add a type pptp connect-to 192.0.2.10 user u password secret\n"
              "client add b type pptp connect-too 192.0.2.10\n");
    const ctl::Reply reply = set.ask({"config", "load", set.file});
    ASSERT_TRUE(reply.error);
    EXPECT_THAT(reply.error->text, HasSubstr(set.file + ":2:"));
    EXPECT_THAT(reply.error->text, HasSubstr("connect-too"));
    EXPECT_THAT(set.names(), ElementsAre("office"));
    EXPECT_EQ(set.server.connections, 1);
}

TEST(Clients, AreSavedAndLoadedAsTheyWere) {
    Set set;
    set.add("b");
    set.add("a");
    ASSERT_FALSE(set.ask({"config", "save", set.file}).error);
    ASSERT_FALSE(set.ask({"client", "del", "b"}).error);
    const ctl::Reply reply = set.ask({"config", "load", set.file});
    ASSERT_FALSE(reply.error) << reply.error->text;
    EXPECT_THAT(set.names(), ElementsAre("b", "a"));
}

TEST(Clients, AreExportedWithoutTheirPasswords) {
    Set set;
    set.add("office");
    const ctl::Reply reply = set.ask({"export"});
    ASSERT_EQ(reply.lines.size(), 1U);
    EXPECT_THAT(reply.lines[0], testing::Not(HasSubstr("secret")));
}

TEST(Clients, SaveAndLoadOnlyWholePaths) {
    Set set;
    const ctl::Reply reply = set.ask({"config", "save", "rtun.conf"});
    ASSERT_TRUE(reply.error);
    EXPECT_THAT(reply.error->text, HasSubstr("\"rtun.conf\""));
}

TEST(Clients, SubscribeOnlyForMonitor) {
    Set set;
    ctl::Request request;
    request.words = {"monitor"};
    EXPECT_TRUE(set.commands->execute(request).subscribe);
    request.words = {"client", "show"};
    EXPECT_FALSE(set.commands->execute(request).subscribe);
}

TEST(Clients, AllEndInOrderBeforeTheDaemonStops) {
    Set set;
    set.add("a");
    set.add("b");
    set.clients->stop_all("the daemon was stopped");
    EXPECT_EQ(set.quiet, 0);
    set.world.run();
    set.world.advance(10s);
    EXPECT_GE(set.quiet, 1);
    EXPECT_TRUE(set.ask({"client", "enable", "a"}).error);
    set.expect_nothing_left();
}

TEST(Clients, AllEndAtOnceWhenTheDaemonIsToldTwice) {
    Set set;
    set.add("a");
    set.server.frozen = true;
    set.clients->stop_all("the daemon was stopped");
    set.world.run();
    EXPECT_EQ(set.quiet, 0);
    set.clients->abort_all("the daemon was stopped");
    set.world.run();
    EXPECT_GE(set.quiet, 1);
    set.expect_nothing_left();
}

// The fake server talks to who connected last, so it is that one's session that goes.
TEST(Clients, HearOfTheirOwnSessionsOnly) {
    Set set;
    for (const char *name : {"a", "b", "c"})
        set.add(name);
    const netlink::SessionId a = set.session("a"), b = set.session("b"), c = set.session("c");
    ASSERT_TRUE(set.kernel.session_del(c));
    set.world.run();
    EXPECT_NE(set.status("c").status, "connected");
    EXPECT_EQ(std::count_if(set.events.begin(), set.events.end(),
                            [](const ctl::Event &event) {
                                return event.name == "c" &&
                                       event.text.find("deleted in the kernel") !=
                                           std::string::npos;
                            }),
              1);
    EXPECT_EQ(set.session("a"), a);
    EXPECT_EQ(set.session("b"), b);
}

TEST(Clients, HearOfTheirTunnels) {
    Set set;
    set.add("a");
    set.add("b");
    const netlink::SessionId b = set.session("b");
    const netlink::TunnelId tunnel{set.status("a").tunnel_id.value()};
    ASSERT_TRUE(set.kernel.tunnel_del(tunnel));
    set.world.run();
    EXPECT_NE(set.status("a").status, "connected");
    EXPECT_EQ(set.session("b"), b);
}

// Where an id was found is remembered: that must not be believed for longer than it is true.
TEST(Clients, AreFoundAgainWhereverTheirIdsHaveGone) {
    Set set;
    for (int round = 0; round < 20; round++) {
        set.add("a");
        const netlink::SessionId gone = set.session("a");
        ASSERT_TRUE(set.kernel.session_del(gone));
        set.world.run();
        ASSERT_NE(set.status("a").status, "connected");
        set.world.advance(10s);
        ASSERT_EQ(set.status("a").status, "connected") << "in round " << round;
        const netlink::SessionId last = set.session("a");
        set.clients->kernel_event(netlink::SessionGone{gone, {}, "request"});
        set.clients->kernel_event(netlink::SessionGone{netlink::SessionId{4711}, {}, "request"});
        ASSERT_EQ(set.session("a"), last);
        ASSERT_FALSE(set.ask({"client", "del", "a"}).error);
        set.world.advance(10s);
        set.clients->kernel_event(netlink::SessionGone{last, {}, "request"});
        set.clients->kernel_event(netlink::Frame{.session = last});
    }
    set.expect_nothing_left();
}

TEST(Clients, AllLookAfterTheirSessionsWhenEventsWereLost) {
    Set set;
    set.add("a");
    set.add("b");
    const netlink::SessionId b = set.session("b");
    set.world.pump = [] { return false; };
    ASSERT_TRUE(set.kernel.session_del(set.session("a")));
    (void)set.kernel.events();
    set.clients->kernel_event(netlink::Overrun{});
    EXPECT_NE(set.status("a").status, "connected");
    EXPECT_EQ(set.session("b"), b);
}

}  // namespace rtun::daemon::test
