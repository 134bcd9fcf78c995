// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands about what is served, from words to replies: the directory and the sessions under
// them.
#include <daemon/commands.h>
#include <tests/daemon/host.h>

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rtun::daemon::test {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Two users are connected: one whose interface is kept, and one whose is not.
struct Two final : Sessions {
    [[nodiscard]] std::vector<ctl::ActiveStatus> active() const override {
        ctl::ActiveStatus ex;
        ex.user = "ex";
        ex.service = "pptp";
        ex.caller_id = "192.168.51.3";
        ex.address = "10.0.0.2";
        ex.interface = "<pptp-ex>";
        ex.encoding = "MPPE128 stateless";
        ex.mtu = 1450;
        ex.uptime = 392;
        ctl::ActiveStatus jack = ex;
        jack.user = "jack";
        jack.interface = "pptp-in2";
        return {ex, jack};
    }
    [[nodiscard]] unsigned kill(std::string_view who) override { return who == "jack" ? 1 : 0; }
    [[nodiscard]] std::vector<ctl::PoolStatus> pools() const override {
        return {{.pool = "ppp", .total = 8, .used = 2}};
    }
    [[nodiscard]] std::vector<ctl::LeaseStatus> leases() const override {
        return {{.address = "10.0.0.2", .pool = "ppp", .user = "ex", .owner = "1"},
                {.address = "10.0.1.2", .pool = "other", .user = "jack", .owner = "2"}};
    }
};

struct Serving : Host {
    Clients clients{ground, sink(), [] {}};
    Pseudowires pseudowires{world, kernel, random, "rtun", sink()};
    Directory directory{[](const config::Config &) { return base::Status{}; }, [] {}};
    Two sessions;
    std::string file = "/tmp/rtun-served.XXXXXX";
    const base::Fd made{::mkstemp(file.data())};
    History history;
    Commands commands{clients, pseudowires, directory, sessions, history, file};

    ~Serving() { (void)::unlink(file.c_str()); }

    ctl::Reply ask(const std::string &line) {
        ctl::Request request;
        const auto words = config::split_line(line, 0, "");
        for (const config::Word &word : *words)
            request.words.push_back(word.text);
        return commands.execute(request).reply;
    }
    // The reply to what has to work.
    ctl::Reply done(const std::string &line) {
        ctl::Reply reply = ask(line);
        EXPECT_FALSE(reply.error) << line << ": " << reply.error->text;
        return reply;
    }
    std::string refused(const std::string &line) {
        const ctl::Reply reply = ask(line);
        return reply.error ? reply.error->text : "(done)";
    }
};

TEST(ServedCommands, InterfacesAreThoseOfSessionsAndThoseThatAreKept) {
    Serving host;
    host.done("interface add pptp-in1 user ex1 comment c");
    host.done("interface add pptp-in2 user jack");
    const auto rows = host.done("interface show").interfaces;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].name, "<pptp-ex>");
    EXPECT_TRUE(rows[0].dynamic && rows[0].running);
    EXPECT_EQ(rows[0].client_address, "192.168.51.3");
    EXPECT_EQ(rows[1].name, "pptp-in1");
    EXPECT_EQ(rows[1].user, "ex1");
    EXPECT_EQ(rows[1].comment, "c");
    EXPECT_FALSE(rows[1].dynamic || rows[1].running);
    EXPECT_EQ(rows[2].name, "pptp-in2");
    EXPECT_TRUE(rows[2].running && !rows[2].dynamic);
    EXPECT_EQ(rows[2].uptime, 392U);
    EXPECT_THAT(host.done("interface show <pptp-ex>").interfaces, SizeIs(1));
    EXPECT_EQ(host.refused("interface show x"), "there is no interface \"x\"");
}

TEST(ServedCommands, NamesOfInterfacesAreOneSpace) {
    Serving host;
    host.done("client add a type pptp connect-to 192.0.2.10 user u password p disabled yes");
    host.done("interface add b user jack");
    EXPECT_EQ(host.refused("interface add a user jack"), "there is a client \"a\" already");
    EXPECT_EQ(host.refused("client add b type pptp connect-to h user u password p"),
              "there is an interface \"b\" already");
    host.done("secret add a password x");
}

TEST(ServedCommands, PoolsSayHowMuchOfThemIsInUse) {
    Serving host;
    host.done("pool add ppp ranges 10.0.0.2-10.0.0.8,10.0.0.20");
    host.done("pool add idle ranges 10.9.0.1");
    const auto pools = host.done("pool usage").pools;
    ASSERT_EQ(pools.size(), 2U);
    EXPECT_EQ(pools[0].total, 8U);
    EXPECT_EQ(pools[0].used, 2U);
    EXPECT_EQ(pools[1].total, 1U);
    EXPECT_EQ(pools[1].used, 0U);
    EXPECT_THAT(host.done("pool show idle").objects, SizeIs(1));
    EXPECT_EQ(host.refused("pool usage x"), "there is no pool \"x\"");
    EXPECT_THAT(host.done("lease show").leases, SizeIs(2));
    EXPECT_THAT(host.done("lease show ppp").leases, SizeIs(1));
    EXPECT_EQ(host.refused("lease show x"), "there is no pool \"x\"");
}

TEST(ServedCommands, UsersAreShownAndTheirSessionsEnded) {
    Serving host;
    EXPECT_THAT(host.done("active").active, SizeIs(2));
    EXPECT_THAT(host.done("active show jack").active, SizeIs(1));
    EXPECT_EQ(host.refused("active show john"), "no user \"john\" is connected");
    EXPECT_FALSE(host.ask("active kill jack").error);
    EXPECT_EQ(host.ask("active kill john").error->code, ErrorCode::NotFound);
    EXPECT_THAT(host.done("accounting show").records, IsEmpty());
}

TEST(ServedCommands, WhatWeakensTheServerIsWarnedOf) {
    Serving host;
    EXPECT_THAT(host.done("server set pptp authentication mschap2").warnings, IsEmpty());
    EXPECT_THAT(host.done("server set pptp authentication pap").warnings,
                ElementsAre(HasSubstr("authentication pap")));
    const auto shown = host.done("server show");
    EXPECT_EQ(shown.servers.at(0).name, "pptp");
    EXPECT_EQ(shown.objects.at(0).kind, "server");
}

TEST(ServedCommands, WhatIsSavedIsLoadedAgain) {
    Serving host;
    host.done("secret add jack password hunter2 profile gold");
    host.done("profile add gold only-one yes");
    host.done("server set pptp enabled yes");
    host.done("client add a type pptp connect-to 192.0.2.10 user u password p disabled yes");
    EXPECT_THAT(host.done("config save").lines,
                ElementsAre(host.file + ": 1 client, 0 pseudowires, 1 secret, 1 profile"));
    host.done("secret del jack");
    host.done("server disable pptp");
    EXPECT_THAT(host.done("config load").lines,
                ElementsAre(host.file + ": 1 added, 1 changed, 0 removed, 2 as before"));
    EXPECT_TRUE(host.directory.config().pptp_server.enabled);
    EXPECT_THAT(host.done("export").lines,
                ElementsAre("profile add gold only-one yes",
                            "secret add jack password (hidden) profile gold",
                            "server set pptp enabled yes",
                            HasSubstr("client add a type pptp connect-to 192.0.2.10")));
}

TEST(ServedCommands, ImportsAreAllOrNothingAndSayWhatIsMissing) {
    Serving host;
    std::ofstream(host.file) << "jack pptpd hunter2 *\n* * x *\n";
    EXPECT_THAT(host.done("secret import " + host.file).lines,
                ElementsAre(HasSubstr(":2: a user of any name cannot be had"),
                            host.file + ": 1 added, 0 changed"));
    std::ofstream(host.file) << "mary * x *\njack pptpd y *\n";
    EXPECT_EQ(host.refused("secret import " + host.file), "there is a secret \"jack\" already");
    EXPECT_THAT(host.directory.config().secrets, SizeIs(1));
    std::ofstream(host.file) << "localip 10.0.0.1\nremoteip 10.0.0.2-9\n";
    EXPECT_THAT(host.done("config import " + host.file).warnings,
                testing::Contains(HasSubstr("authentication pap")));
    EXPECT_EQ(host.directory.config().pptp_server.default_profile, "pptpd");
    EXPECT_EQ(host.refused("secret import chap-secrets"),
              "argument \"chap-secrets\" is wrong: the daemon needs the whole path, beginning with "
              "\"/\"");
}

}  // namespace rtun::daemon::test
