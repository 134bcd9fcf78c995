// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a claim is worth: who is let in, who is told what, and what stays untold.
#include <aaa/users.h>

#include <auth/authenticator.h>
#include <crypto/digest.h>
#include <crypto/mschap.h>
#include <tests/aaa/folder.h>
#include <tests/aaa/words.h>
#include <wire/auth.h>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace rtun::aaa {
namespace {

using auth::Accepted;
using auth::Claim;
using auth::Method;
using auth::Refused;
using config::Service;

constexpr std::array methods{Method::Pap, Method::Chap, Method::MsChap1, Method::MsChap2};

// What a peer that knows this password sends.
Claim claim(const std::string &user, const std::string &password, Method method = Method::Pap) {
    Claim claim;
    claim.method = method;
    claim.user = user;
    claim.id = 7;
    const base::Secret secret{std::string_view(password)};
    if (method == Method::Pap) {
        claim.password = secret;
        return claim;
    }
    claim.challenge = base::Bytes(method == Method::MsChap1 ? 8 : 16, 0x5a);
    if (method == Method::Chap) {
        const auto digest =
            crypto::md5({base::View(&claim.id, 1), secret.reveal(), claim.challenge});
        claim.response.assign(digest.octets.begin(), digest.octets.end());
    } else if (method == Method::MsChap1) {
        wire::MsChap1Response response;
        response.nt = crypto::challenge_response(base::View(claim.challenge).first<8>(),
                                                 crypto::nt_password_hash(secret));
        claim.response = wire::encode(response);
    } else {
        wire::MsChap2Response response;
        response.peer_challenge.fill(0xa5);
        response.nt = crypto::generate_nt_response(base::View(claim.challenge).first<16>(),
                                                   response.peer_challenge, user, secret);
        claim.response = wire::encode(response);
    }
    return claim;
}

class Verify : public testing::Test {
protected:
    void load() {
        const auto checked = Users::check(config);
        ASSERT_TRUE(checked) << checked.error().text;
        users.load(config);
    }
    auth::Verdict verify(const Claim &claim, Service service = Service::Pptp,
                         std::string_view caller = "192.0.2.7") {
        return users.verify(claim, service, caller);
    }
    Refused refused(const Claim &claim, Service service = Service::Pptp,
                    std::string_view caller = "192.0.2.7") {
        const auth::Verdict verdict = verify(claim, service, caller);
        if (std::holds_alternative<Accepted>(verdict)) {
            ADD_FAILURE() << claim.user << " was let in";
            return {};
        }
        return std::get<Refused>(verdict);
    }
    bool let_in(const Claim &claim, Service service = Service::Pptp,
                std::string_view caller = "192.0.2.7") {
        return std::holds_alternative<Accepted>(verify(claim, service, caller));
    }

    config::Config config;
    Users users;
};

TEST_F(Verify, TheRightPasswordIsLetInByEveryMethod) {
    config.secrets.push_back(secret("jack", "sesame"));
    load();
    for (const Method method : methods) {
        EXPECT_TRUE(let_in(claim("jack", "sesame", method))) << auth::info(method).name;
        EXPECT_EQ(refused(claim("jack", "Sesame", method)).code, 691) << auth::info(method).name;
    }
}

TEST_F(Verify, WhoIsLetInGetsTheProofAndTheKeysOfItsMethod) {
    config.secrets.push_back(secret("jack", "sesame"));
    load();
    const auto verdict = verify(claim("jack", "sesame", Method::MsChap2));
    ASSERT_TRUE(std::holds_alternative<Accepted>(verdict));
    EXPECT_TRUE(std::get<Accepted>(verdict).message.starts_with("S="));
    EXPECT_TRUE(std::get<Accepted>(verdict).keys);
    const auto plain = verify(claim("jack", "sesame", Method::Chap));
    ASSERT_TRUE(std::holds_alternative<Accepted>(plain));
    EXPECT_FALSE(std::get<Accepted>(plain).keys);
}

TEST_F(Verify, NobodyIsLetInWithoutUsers) {
    load();
    EXPECT_EQ(refused(claim("", "")).text, "no such user");
    EXPECT_EQ(refused(claim("jack", "")).text, "no such user");
}

TEST_F(Verify, AnUnknownUserIsToldWhatAWrongPasswordIsTold) {
    config.secrets.push_back(secret("jack", "sesame"));
    load();
    for (const Method method : methods) {
        const Refused wrong = refused(claim("jack", "open", method));
        const Refused unknown = refused(claim("jill", "open", method));
        EXPECT_EQ(unknown.code, wrong.code) << auth::info(method).name;
        EXPECT_EQ(unknown.retry, wrong.retry) << auth::info(method).name;
        EXPECT_EQ(unknown.text, "no such user");
        EXPECT_NE(wrong.text, unknown.text) << "the log tells them apart";
    }
}

TEST_F(Verify, NamesAreComparedAsTheyAre) {
    config.secrets.push_back(secret("jack"));
    load();
    EXPECT_FALSE(let_in(claim("Jack", "secret")));
    EXPECT_FALSE(let_in(claim("jack ", "secret")));
    EXPECT_FALSE(let_in(claim(std::string("jack\0", 5), "secret")));
    EXPECT_FALSE(let_in(claim("OFFICE\\jack", "secret")));
}

TEST_F(Verify, ADisabledUserIsToldSoOnceItKnowsThePassword) {
    config.secrets.push_back(secret("jack"));
    config.secrets[0].enabled = false;
    load();
    for (const Method method : methods) {
        const Refused right = refused(claim("jack", "secret", method));
        EXPECT_EQ(right.code, 647);
        EXPECT_FALSE(right.retry);
        EXPECT_EQ(right.text, "the account is disabled");
        EXPECT_EQ(refused(claim("jack", "wrong", method)).code, 691);
    }
}

TEST_F(Verify, AUserOfAnotherServiceIsRefused) {
    config.secrets.push_back(secret("jack"));
    config.secrets[0].service = Service::L2tp;
    load();
    const Refused right = refused(claim("jack", "secret"), Service::Pptp);
    EXPECT_EQ(right.code, 649);
    EXPECT_EQ(right.text, "the user is for service l2tp and not for pptp");
    EXPECT_EQ(refused(claim("jack", "wrong"), Service::Pptp).code, 691);
    EXPECT_TRUE(let_in(claim("jack", "secret"), Service::L2tp));
}

TEST_F(Verify, AUserOfAnyServiceMayUseEach) {
    config.secrets.push_back(secret("jack"));
    load();
    EXPECT_TRUE(let_in(claim("jack", "secret"), Service::Pptp));
    EXPECT_TRUE(let_in(claim("jack", "secret"), Service::Pppoe));
}

TEST_F(Verify, AUserWithACallerIdMayCallFromThereOnly) {
    config.secrets.push_back(secret("jack"));
    config.secrets[0].caller_id = "192.0.2.7";
    load();
    EXPECT_TRUE(let_in(claim("jack", "secret"), Service::Pptp, "192.0.2.7"));
    const Refused elsewhere = refused(claim("jack", "secret"), Service::Pptp, "192.0.2.70");
    EXPECT_EQ(elsewhere.code, 649);
    EXPECT_EQ(elsewhere.text, "the user may call from 192.0.2.7 and not from 192.0.2.70");
    EXPECT_EQ(refused(claim("jack", "secret"), Service::Pptp, "").code, 649);
    EXPECT_EQ(refused(claim("jack", "wrong"), Service::Pptp, "192.0.2.70").code, 691);
}

TEST_F(Verify, ACallerIdThatIsNoAddressIsComparedAsText) {
    config.secrets.push_back(secret("jack"));
    config.secrets[0].caller_id = "00:00:5E:00:53:01";
    load();
    EXPECT_TRUE(let_in(claim("jack", "secret"), Service::Pppoe, "00:00:5E:00:53:01"));
    EXPECT_FALSE(let_in(claim("jack", "secret"), Service::Pppoe, "00:00:5E:00:53:02"));
}

class PasswordFile : public Verify {
protected:
    void of_jack(const std::string &path) {
        config.secrets.push_back(secret("jack", ""));
        config.secrets.back().password_file = path;
        load();
    }
    Folder folder;
};

TEST_F(PasswordFile, IsReadAtEveryClaim) {
    of_jack(folder.write("pw", "first\nnot this\n"));
    EXPECT_TRUE(let_in(claim("jack", "first")));
    EXPECT_FALSE(let_in(claim("jack", "first\nnot this")));
    std::ignore = folder.write("pw", "second\r\n");
    EXPECT_FALSE(let_in(claim("jack", "first")));
    EXPECT_TRUE(let_in(claim("jack", "second")));
}

TEST_F(PasswordFile, ThatIsOpenToOthersRefusesWithItsOwnText) {
    of_jack(folder.write("pw", "sesame\n", 0640));
    const Refused told = refused(claim("jack", "sesame"));
    EXPECT_EQ(told.code, 691);
    EXPECT_THAT(told.text, testing::HasSubstr("the password cannot be read: "));
    EXPECT_THAT(told.text, testing::HasSubstr("chmod 600"));
}

TEST_F(PasswordFile, ThatIsNotThereIsEmptyOrTooLongRefuses) {
    of_jack(folder.file("pw"));
    EXPECT_THAT(refused(claim("jack", "")).text, testing::HasSubstr("No such file"));
    std::ignore = folder.write("pw", "\n");
    EXPECT_THAT(refused(claim("jack", "")).text, testing::HasSubstr("empty"));
    std::ignore = folder.write("pw", std::string(100000, 'x'));
    EXPECT_THAT(refused(claim("jack", std::string(200, 'x'))).text,
                testing::HasSubstr("longer than"));
}

TEST_F(PasswordFile, ThatIsAPipeHoldsNobodyUp) {
    ASSERT_EQ(::mkfifo(folder.file("pw").c_str(), 0600), 0);
    of_jack(folder.file("pw"));
    EXPECT_THAT(refused(claim("jack", "x")).text, testing::HasSubstr("not a regular file"));
}

TEST_F(PasswordFile, ThatCannotBeReadIsToldToThePeerAsAWrongPassword) {
    config.secrets.push_back(secret("jill", "right"));
    of_jack(folder.file("pw"));
    for (const Method method : methods) {
        const Refused unread = refused(claim("jack", "x", method));
        const Refused wrong = refused(claim("jill", "x", method));
        EXPECT_EQ(unread.code, wrong.code);
        EXPECT_EQ(unread.retry, wrong.retry);
    }
}

// A claim about somebody who does not exist must not be answered sooner because no file is read.
TEST_F(PasswordFile, OfSomebodyIsReadForClaimsAboutNobodyToo) {
    config.secrets.push_back(secret("jill", "right"));
    of_jack(folder.write("pw", "sesame\n"));
    const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ASSERT_GE(watch, 0);
    ASSERT_GE(::inotify_add_watch(watch, folder.file("pw").c_str(), IN_OPEN), 0);
    const auto opened = [watch] {
        std::array<char, 4096> events{};
        return ::read(watch, events.data(), events.size()) > 0;
    };
    EXPECT_FALSE(opened());
    EXPECT_FALSE(let_in(claim("nobody", "sesame")));
    EXPECT_TRUE(opened());
    EXPECT_TRUE(let_in(claim("jill", "right")));
    EXPECT_TRUE(opened());
    ::close(watch);
}

TEST(Interfaces, BelongToAUserAndAService) {
    config::Config config;
    config.interfaces = {interface_of("pptp-in1", "jack"), interface_of("pptp-in2", "jill")};
    config.interfaces[1].enabled = false;
    Users users;
    users.load(config);
    EXPECT_EQ(users.interface("jack", Service::Pptp), "pptp-in1");
    EXPECT_EQ(users.interface("jack", Service::L2tp), std::nullopt);
    EXPECT_EQ(users.interface("jill", Service::Pptp), std::nullopt);
    EXPECT_EQ(users.interface("joe", Service::Pptp), std::nullopt);
}

}  // namespace
}  // namespace rtun::aaa
