// SPDX-License-Identifier: GPL-2.0-or-later
//
// The record in the kernel, names to ends, and the arithmetic of the MTU.
#include <pseudowire/pseudowire.h>
#include <pseudowire/record.h>

#include <gmock/gmock.h>

namespace rtun::pseudowire {
namespace {

using base::Address;
using testing::HasSubstr;

TEST(Record, IsTheSameThereAndBack) {
    const Record record{.name = "pw0",
                        .comment = "a = b, c",
                        .enabled = false,
                        .circuit_up = false,
                        .mtu = 1400,
                        .mac_auto = false,
                        .fragment_auto = false};
    EXPECT_EQ(decode_record(encode_record(record)), record);
    EXPECT_EQ(decode_record(encode_record({})), Record{});
    const base::Bytes octets = encode_record(record);
    EXPECT_EQ(encode_record(*decode_record(octets)), octets);
}

TEST(Record, OfSomebodyElseIsNone) {
    EXPECT_FALSE(decode_record({}));
    EXPECT_FALSE(decode_record(base::as_bytes("{\"client\":\"office\"}")));
    EXPECT_FALSE(decode_record(base::as_bytes("rtun-pseudowire 2\nname x\n")));
}

TEST(Record, OfANewerProgramIsReadAsFarAsItIsKnown) {
    const auto record =
        decode_record(base::as_bytes("rtun-pseudowire 1\nname x\ncolor red\nalone\nmtu many"));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->name, "x");
    EXPECT_EQ(record->mtu, 0U);
}

TEST(Mtu, IsThePathWithoutWhatStandsAround) {
    EXPECT_EQ(automatic_mtu(1500, 36), 1450U);
    EXPECT_EQ(automatic_mtu(9000, 36), 8950U);
    EXPECT_EQ(automatic_mtu(0, 36), 1420U);
    EXPECT_EQ(automatic_mtu(1500, 0), 1420U);
    EXPECT_EQ(automatic_mtu(65536, 36), 65535U - 50);  // a loopback's
    EXPECT_EQ(automatic_mtu(100, 90), 68U);
}

config::Pseudowire between(const char *local, const char *remote) {
    config::Pseudowire p;
    p.local = local;
    p.remote = remote;
    return p;
}

base::Result<std::vector<Address>> known(const std::string &host) {
    const Address v4 = *Address::parse("192.0.2.7");
    const Address v6 = *Address::parse("2001:db8::7");
    if (host == "four")
        return std::vector{v4};
    if (host == "six")
        return std::vector{v6};
    if (host == "both")
        return std::vector{v6, v4};
    return base::fail(base::ErrorCode::Unreachable, host + ": unknown");
}

TEST(Resolve, LiteralsAreNotAskedFor) {
    const auto never = [](const std::string &host) -> base::Result<std::vector<Address>> {
        ADD_FAILURE() << host;
        return base::fail(base::ErrorCode::System, "");
    };
    const auto ends = resolve(between("192.0.2.1", "192.0.2.2"), never);
    EXPECT_EQ(ends->local.text(), "192.0.2.1");
    EXPECT_EQ(ends->remote.text(), "192.0.2.2");
    EXPECT_TRUE(resolve(between("any", "2001:db8::2"), never)->local.unspecified());
}

TEST(Resolve, NamesBecomeAddressesOfOneFamily) {
    EXPECT_EQ(resolve(between("four", "both"), known)->remote.text(), "192.0.2.7");
    EXPECT_EQ(resolve(between("both", "both"), known)->local.text(), "2001:db8::7");
    EXPECT_EQ(resolve(between("any", "both"), known)->remote.text(), "2001:db8::7");
    EXPECT_EQ(resolve(between("2001:db8::1", "six"), known)->local.text(), "2001:db8::1");
    EXPECT_THAT(resolve(between("four", "six"), known).error().text,
                HasSubstr("no addresses of the same family"));
    EXPECT_EQ(resolve(between("four", "nobody"), known).error().text, "nobody: unknown");
}

TEST(Resolve, TheHostsResolverKnowsLiterals) {
    const auto answer = resolve_host("127.0.0.1");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->front().text(), "127.0.0.1");
    EXPECT_FALSE(resolve_host("no..such..name"));
}

}  // namespace
}  // namespace rtun::pseudowire
