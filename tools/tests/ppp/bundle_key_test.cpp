// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which links are of one bundle: the four cases of RFC 1990 section 5.1.3, and Endpoint
// Discriminators themselves.
#include <ppp/bundle_key.h>

#include <ppp/link.h>
#include <tests/fake/fake_random.h>
#include <tests/fake/hex.h>

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace rtun::ppp {
namespace {

using base::Bytes;
using fake::hex;
using Class = Discriminator::Class;

const base::Mac mac{{0x00, 0x00, 0x5e, 0x10, 0x00, 0x01}};
const Discriminator one = Discriminator::mac(mac);
const Discriminator two = Discriminator::ip({0xc0000201});

TEST(Discriminator, SaysItsClassAndAddress) {
    EXPECT_EQ(Discriminator().text(), "none");
    EXPECT_EQ(one.text(), "mac 00:00:5e:10:00:01");
    EXPECT_EQ(two.text(), "ip 192.0.2.1");
    EXPECT_EQ(Discriminator::make(Class::Local, hex("0badcafe"))->text(), "local 0badcafe");
    EXPECT_EQ(Discriminator::make(Class::Magic, hex("01020304"))->text(), "magic 01020304");
    EXPECT_EQ(Discriminator::make(Class::Phone, hex("3439"))->text(), "phone 49");
    EXPECT_EQ(Discriminator::make(Class::Phone, hex("3400"))->text(), "phone 0x3400");
    EXPECT_EQ(Discriminator::make(static_cast<Class>(9), hex("0a"))->text(), "class-9 0a");
}

TEST(Discriminator, AMacAddressThatIsNotGloballyAssignedIsALocalOne) {
    EXPECT_EQ(one.in(), Class::Mac);
    EXPECT_EQ(Discriminator::mac({{0x02, 0, 0, 0, 0, 1}}).in(), Class::Local);
    EXPECT_EQ(Discriminator::mac({{0x01, 0, 0x5e, 0, 0, 1}}).in(), Class::Local);
    EXPECT_EQ(Discriminator::mac({}).in(), Class::Local);
}

TEST(Discriminator, ALocalOneIsAsLongAsMayBeAndNobodyElses) {
    fake::FakeRandom random;
    const Discriminator first = Discriminator::local(random);
    EXPECT_EQ(first.address().size(), 20U);
    EXPECT_NE(first, Discriminator::local(random));
}

TEST(Discriminator, OfTwoClassesAreTwoWhateverTheirAddresses) {
    const Bytes same = hex("01020304");
    EXPECT_NE(Discriminator::make(Class::Local, same), Discriminator::make(Class::Magic, same));
    EXPECT_EQ(Discriminator::make(Class::Magic, same), Discriminator::make(Class::Magic, same));
}

TEST(BundleKey, WithNeitherAllLinksAreOfOneBundleOfStrangers) {
    const BundleKey key({}, "");
    EXPECT_EQ(key, BundleKey(Discriminator(), ""));
    EXPECT_TRUE(key.ambiguous());
    EXPECT_FALSE(key.authenticated());
    EXPECT_EQ(key.text(), "anybody");
}

TEST(BundleKey, WithADiscriminatorAloneThatDecides) {
    EXPECT_EQ(BundleKey(one, ""), BundleKey(one, ""));
    EXPECT_NE(BundleKey(one, ""), BundleKey(two, ""));
    EXPECT_NE(BundleKey(one, ""), BundleKey({}, ""));
    EXPECT_FALSE(BundleKey(one, "").ambiguous());
    EXPECT_FALSE(BundleKey(one, "").authenticated());
    EXPECT_EQ(BundleKey(one, "").text(), "mac 00:00:5e:10:00:01");
}

TEST(BundleKey, WithANameAloneThatDecides) {
    EXPECT_EQ(BundleKey({}, "jack"), BundleKey({}, "jack"));
    EXPECT_NE(BundleKey({}, "jack"), BundleKey({}, "jill"));
    EXPECT_NE(BundleKey({}, "jack"), BundleKey({}, ""));
    EXPECT_FALSE(BundleKey({}, "jack").ambiguous());
    EXPECT_EQ(BundleKey({}, "jack").text(), "jack");
}

TEST(BundleKey, WithBothBothHaveToBeTheSame) {
    EXPECT_EQ(BundleKey(one, "jack"), BundleKey(one, "jack"));
    EXPECT_NE(BundleKey(one, "jack"), BundleKey(two, "jack"));
    EXPECT_NE(BundleKey(one, "jack"), BundleKey(one, "jill"));
    EXPECT_NE(BundleKey(one, "jack"), BundleKey({}, "jack"));
    EXPECT_NE(BundleKey(one, "jack"), BundleKey(one, ""));
    EXPECT_EQ(BundleKey(one, "j\nck").text(), "j?ck, mac 00:00:5e:10:00:01");
}

TEST(BundleKey, IsThatOfWhatALinkHasSaid) {
    MultilinkReady link;
    link.user = "jack";
    link.agreed.peer_discriminator = one;
    EXPECT_EQ(BundleKey(link), BundleKey(one, "jack"));
}

TEST(BundleKey, HasAPlaceInATable) {
    std::unordered_set<BundleKey, BundleKey::Hash> keys;
    for (int i = 0; i < 2; ++i)
        for (const auto &discriminator :
             {std::optional<Discriminator>(), std::optional(one), std::optional(two)})
            for (const char *user : {"", "jack", "jill"})
                keys.insert(BundleKey(discriminator, user));
    EXPECT_EQ(keys.size(), 9U);
    EXPECT_TRUE(BundleKey({}, "jack") < BundleKey(one, "jack"));
}

TEST(JoinObstacle, IsWhateverALinkHasAgreedToOtherwise) {
    const MultilinkAgreed bundle{1500, 1614, true, false, 4, 2, one};
    MultilinkAgreed link = bundle;
    link.peer_discriminator = two;
    EXPECT_EQ(join_obstacle(bundle, link), std::nullopt) << "that is the key's business";
    const auto with = [&]<typename T>(T MultilinkAgreed::*member, std::type_identity_t<T> value) {
        MultilinkAgreed other = bundle;
        other.*member = value;
        return join_obstacle(bundle, other).value_or("none");
    };
    EXPECT_EQ(with(&MultilinkAgreed::mrru, 1600),
              "our MRRU is 1600 on this link and 1500 in the bundle");
    EXPECT_EQ(with(&MultilinkAgreed::peer_mrru, 1500),
              "the peer's MRRU is 1500 on this link and 1614 in the bundle");
    EXPECT_EQ(with(&MultilinkAgreed::short_rx, false),
              "the header that we receive is long on this link and short in the bundle");
    EXPECT_EQ(with(&MultilinkAgreed::short_tx, true),
              "the header that we send is short on this link and long in the bundle");
    EXPECT_EQ(with(&MultilinkAgreed::classes_rx, 0),
              "the number of classes that we receive is 0 on this link and 4 in the bundle");
    EXPECT_EQ(with(&MultilinkAgreed::classes_tx, 4),
              "the number of classes that we send is 4 on this link and 2 in the bundle");
}

}  // namespace
}  // namespace rtun::ppp
