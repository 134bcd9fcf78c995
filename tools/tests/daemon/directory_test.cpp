// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is served is right at every moment: a command or a file does all that it says, or nothing.
#include <daemon/directory.h>

#include <gmock/gmock.h>

#include <algorithm>

namespace rtun::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Served : testing::Test {
    int changes = 0;
    // A secret's profile has to be there: what the room aaa checks, in short.
    Directory directory{
        [](const config::Config &config) -> base::Status {
            for (const config::Secret &secret : config.secrets) {
                const bool known =
                    secret.profile.empty() || config::is_built_in(secret.profile) ||
                    std::any_of(config.profiles.begin(), config.profiles.end(),
                                [&](const config::Profile &p) { return p.name == secret.profile; });
                if (!known)
                    return base::fail(base::ErrorCode::Invalid,
                                      "there is no profile " + secret.profile);
            }
            return {};
        },
        [this] { changes++; }};

    // Does a command: "" or why it was refused.
    std::string run(const std::string &line) {
        const auto words = config::split_line(line, 0, "");
        const auto command = config::parse(*words, config::Secrets::Allowed);
        EXPECT_TRUE(command) << line << ": " << command.error().text;
        if (!command)
            return "";
        const base::Status done = std::visit(
            [this](const auto &what) -> base::Status {
                if constexpr (requires { directory.add(what); })
                    return directory.add(what);
                else if constexpr (requires { directory.set(what); })
                    return directory.set(what);
                else if constexpr (requires { directory.del(what); })
                    return directory.del(what);
                else if constexpr (requires { directory.enable(what); })
                    return directory.enable(what);
                else
                    return base::fail(base::ErrorCode::System, "not of this test");
            },
            *command);
        return done ? "" : done.error().text;
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        return config::export_lines(directory.config(), config::Reveal::Show);
    }
};

const std::string jack = "secret add jack password hunter2";

TEST_F(Served, CommandsAddChangeAndDelete) {
    EXPECT_EQ(run(jack), "");
    EXPECT_EQ(run("pool add ppp ranges 10.0.0.2-10.0.0.9"), "");
    EXPECT_EQ(run("profile add gold remote-address ppp"), "");
    EXPECT_EQ(run("interface add pptp-in1 user jack"), "");
    EXPECT_EQ(run("secret set jack profile gold comment x"), "");
    EXPECT_EQ(run("server set pptp enabled yes max-mtu 1400"), "");
    EXPECT_EQ(run("accounting set keep 7"), "");
    EXPECT_EQ(changes, 7);
    EXPECT_THAT(lines(),
                ElementsAre("pool add ppp ranges 10.0.0.2-10.0.0.9",
                            "profile add gold remote-address ppp",
                            "secret add jack password hunter2 profile gold comment x",
                            "interface add pptp-in1 user jack",
                            "server set pptp enabled yes max-mtu 1400", "accounting set keep 7"));
    EXPECT_TRUE(directory.has_interface("pptp-in1"));
    EXPECT_EQ(run("interface del pptp-in1"), "");
    EXPECT_EQ(run("secret disable jack"), "");
    EXPECT_FALSE(directory.config().secrets[0].enabled);
    EXPECT_EQ(run("server disable pptp"), "");
    EXPECT_FALSE(directory.config().pptp_server.enabled);
    EXPECT_EQ(changes, 10);
}

TEST_F(Served, ACopyHasWhatWasNotSaid) {
    EXPECT_EQ(run("pool add ppp ranges 10.0.0.2-10.0.0.9"), "");
    EXPECT_EQ(run("pool add lan copy-from ppp next-pool ppp"), "");
    EXPECT_EQ(run(jack), "");
    EXPECT_EQ(run("secret add jill copy-from jack comment x"), "");
    EXPECT_EQ(run("interface add pptp-in1 user jack"), "");
    EXPECT_EQ(run("interface add pptp-in2 copy-from pptp-in1 user jill"), "");
    EXPECT_EQ(run("profile add gold copy-from default-encryption only-one yes"), "");
    EXPECT_THAT(lines(), ElementsAre("pool add ppp ranges 10.0.0.2-10.0.0.9",
                                     "pool add lan ranges 10.0.0.2-10.0.0.9 next-pool ppp",
                                     "profile add gold use-encryption yes only-one yes",
                                     "secret add jack password hunter2",
                                     "secret add jill password hunter2 comment x",
                                     "interface add pptp-in1 user jack",
                                     "interface add pptp-in2 user jill"));
    changes = 0;
    EXPECT_EQ(run("secret add joe copy-from nobody"), "copy-from: there is no secret \"nobody\"");
    EXPECT_EQ(run("secret add jack copy-from jill"), "there is a secret \"jack\" already");
    EXPECT_EQ(changes, 0);
}

TEST_F(Served, WhatDoesNotChangeAnythingIsNotTold) {
    EXPECT_EQ(run(jack), "");
    EXPECT_EQ(run("secret set jack password hunter2"), "");
    EXPECT_EQ(run("secret enable jack"), "");
    EXPECT_EQ(run("secret add jack may-exist password other"), "");
    EXPECT_EQ(run("secret del john if-exists"), "");
    EXPECT_EQ(run("server set pptp max-mtu 1450"), "");
    EXPECT_EQ(run("profile set default only-one default"), "");
    EXPECT_EQ(run("profile del default"), "");
    EXPECT_EQ(changes, 1);
    EXPECT_EQ(run("secret set jack password hunter3"), "");
    EXPECT_EQ(changes, 2);
    EXPECT_THAT(lines(), ElementsAre("secret add jack password hunter3"));
}

TEST_F(Served, ARefusalChangesNothing) {
    EXPECT_EQ(run(jack), "");
    EXPECT_EQ(run("profile add gold"), "");
    EXPECT_EQ(run("secret set jack profile gold"), "");
    const auto before = lines();
    changes = 0;
    EXPECT_EQ(run(jack), "there is a secret \"jack\" already");
    EXPECT_EQ(run("secret add john password x profile silver"), "there is no profile silver");
    EXPECT_EQ(run("secret set jack comment y profile silver"), "there is no profile silver");
    EXPECT_EQ(run("secret set jack local-address 10.0.0.1 remote-address 10.0.0.1"),
              "secret \"jack\": both ends of a session cannot have one address");
    EXPECT_EQ(run("profile del gold"), "there is no profile gold");
    EXPECT_EQ(run("secret set john comment x"), "there is no secret \"john\"");
    EXPECT_EQ(run("pool del ppp"), "there is no pool \"ppp\"");
    EXPECT_EQ(run("interface enable x"), "there is no interface \"x\"");
    EXPECT_EQ(run("profile add default"), "there is a profile \"default\" already");
    EXPECT_EQ(lines(), before);
    EXPECT_EQ(changes, 0);
}

TEST_F(Served, WhatIsDeletedInVainIsBackInItsPlace) {
    EXPECT_EQ(run("profile add a"), "");
    EXPECT_EQ(run("profile add b"), "");
    EXPECT_EQ(run("profile add c"), "");
    EXPECT_EQ(run("secret add jack password x profile b"), "");
    EXPECT_EQ(run("profile del b"), "there is no profile b");
    EXPECT_EQ(directory.config().profiles[1].name, "b");
}

TEST_F(Served, TheTwoProfilesAreThereAlways) {
    auto shown = directory.show<config::Profile>("");
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->size(), 2U);
    EXPECT_EQ((*shown)[1].name, "default-encryption");
    EXPECT_TRUE((*shown)[1].built_in);
    EXPECT_EQ(run("profile set default-encryption only-one yes"), "");
    EXPECT_EQ(directory.config().profiles[0].use_encryption, config::Profile::UseEncryption::Yes);
    EXPECT_EQ(directory.show<config::Profile>("")->size(), 2U);
    EXPECT_EQ(run("profile set default-encryption use-encryption require"), "");
    EXPECT_THAT(lines(), ElementsAre("profile set default-encryption use-encryption require "
                                     "only-one yes"));
    EXPECT_EQ(run("profile del default-encryption"), "");
    EXPECT_THAT(lines(), IsEmpty());
    shown = directory.show<config::Profile>("default-encryption");
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->size(), 1U);
}

TEST_F(Served, ShowHidesPasswords) {
    EXPECT_EQ(run(jack), "");
    const auto shown = directory.show<config::Secret>("jack");
    ASSERT_TRUE(shown);
    EXPECT_EQ((*shown)[0].kind, "secret");
    const auto password = std::find_if((*shown)[0].settings.begin(), (*shown)[0].settings.end(),
                                       [](const auto &s) { return s.keyword == "password"; });
    EXPECT_EQ(password->value, "(hidden)");
    EXPECT_FALSE(directory.show<config::Secret>("john"));
    EXPECT_EQ(directory.show_server().settings.front().keyword, "enabled");
}

config::Config file_of(const std::string &text) {
    const auto config = config::parse_file(text, "f");
    EXPECT_TRUE(config) << config.error().text;
    return config ? *config : config::Config{};
}

TEST_F(Served, AFileIsLoadedAsADifference) {
    const std::string first = "pool add ppp ranges 10.0.0.2-10.0.0.9\nsecret add a password x\n"
                              "secret add b password y\nserver set pptp enabled yes\n";
    auto loaded = directory.load(file_of(first));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->added, 3U);
    EXPECT_EQ(loaded->changed, 1U);
    EXPECT_EQ(changes, 1);
    loaded = directory.load(file_of(first));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->kept, 3U);
    EXPECT_EQ(loaded->added + loaded->changed + loaded->removed, 0U);
    EXPECT_EQ(changes, 1) << "nothing has changed";
    loaded = directory.load(file_of("secret add b password z\nsecret add c password x\n"
                                    "client add k type pptp connect-to h user u password p\n"));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->added, 1U);
    EXPECT_EQ(loaded->changed, 2U);  // the password, and the server, which is as at first again
    EXPECT_EQ(loaded->removed, 2U);
    EXPECT_THAT(lines(), ElementsAre("secret add b password z", "secret add c password x"));
}

TEST_F(Served, AFileThatDoesNotHangTogetherChangesNothing) {
    EXPECT_EQ(run(jack), "");
    const auto before = lines();
    const auto refused = directory.load(file_of("secret add a password x\n"
                                                "secret add b password y profile silver\n"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text, "there is no profile silver");
    config::Config twice = file_of("secret add a password x\n");
    twice.secrets.push_back(twice.secrets[0]);
    EXPECT_THAT(directory.load(twice).error().text, HasSubstr("secret \"a\" stands there twice"));
    EXPECT_EQ(lines(), before);
    EXPECT_EQ(changes, 1);
}

TEST_F(Served, WhatIsMergedReplacesProfilesAndNoUsers) {
    EXPECT_EQ(run(jack), "");
    EXPECT_EQ(run("profile add pptpd only-one yes"), "");
    const auto merged = directory.merge(file_of("pool add pptpd ranges 10.0.0.2\n"
                                                "profile add pptpd remote-address pptpd\n"
                                                "server set pptp enabled yes\n"));
    ASSERT_TRUE(merged) << merged.error().text;
    EXPECT_EQ(merged->added, 1U);
    EXPECT_EQ(merged->changed, 2U);
    EXPECT_THAT(lines(),
                ElementsAre("pool add pptpd ranges 10.0.0.2",
                            "profile add pptpd remote-address pptpd",
                            "secret add jack password hunter2", "server set pptp enabled yes"));
    const auto before = lines();
    const auto refused = directory.merge(file_of("secret add new password a\n"
                                                 "secret add jack password b\n"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text, "there is a secret \"jack\" already");
    EXPECT_EQ(lines(), before);
}

}  // namespace
}  // namespace rtun::daemon
