// SPDX-License-Identifier: GPL-2.0-or-later
#include <wire/ppp.h>

#include <tests/fake/hex.h>

#include <gtest/gtest.h>

#include <algorithm>

namespace rtun::wire {
namespace {

using base::Bytes;
using fake::hex;

TEST(WirePpp, AFrameIsItsProtocolAndWhatFollows) {
    const Bytes bytes = hex("c021 01020304");
    const auto frame = decode_ppp(bytes);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->protocol, PppProtocol::Lcp);
    EXPECT_EQ(frame->information.size(), 4U);
    EXPECT_EQ(encode(*frame), bytes);
    EXPECT_FALSE(decode_ppp(hex("c0")));
    EXPECT_FALSE(decode_ppp({}));
}

TEST(WirePpp, OctetsBehindThePacketArePadding) {
    const Bytes bytes = hex("01 07 0008 0506 aabb 000000");
    const auto packet = decode_cp(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->code, CpCode::ConfigureRequest);
    EXPECT_EQ(packet->id, 7);
    EXPECT_EQ(packet->data.size(), 4U);
    EXPECT_EQ(encode(*packet), hex("01 07 0008 0506 aabb"));
}

TEST(WirePpp, APacketIsRefusedWhoseLengthIsBelowItsHeaderOrBeyondItsFrame) {
    EXPECT_FALSE(decode_cp(hex("")));
    EXPECT_FALSE(decode_cp(hex("01 07 00")));
    EXPECT_FALSE(decode_cp(hex("01 07 0000")));
    EXPECT_FALSE(decode_cp(hex("01 07 0003")));
    EXPECT_FALSE(decode_cp(hex("01 07 0005")));
    EXPECT_FALSE(decode_cp(hex("01 07 ffff aa")));
    EXPECT_TRUE(decode_cp(hex("01 07 0004")));
}

TEST(WirePpp, AnOptionIsRefusedWhoseLengthIsBelowTwoOrBeyondItsPacket) {
    EXPECT_FALSE(decode_options(hex("01")));     // no length octet
    EXPECT_FALSE(decode_options(hex("07 00")));  // would never end
    EXPECT_FALSE(decode_options(hex("07 01")));
    EXPECT_FALSE(decode_options(hex("01 04 05")));  // one octet short
    EXPECT_FALSE(decode_options(hex("07 02 01")));  // the second is cut
    EXPECT_FALSE(decode_options(hex("07 02 08 ff 00")));
    EXPECT_TRUE(decode_options(hex("07 02")));
    EXPECT_TRUE(decode_options(hex("")));
}

TEST(WirePpp, OptionsKeepTheirOrderAndOctets) {
    const Bytes bytes = hex("01 04 05aa  05 06 deadbeef  07 02  08 02  63 05 010203");
    const auto options = decode_options(bytes);
    ASSERT_TRUE(options);
    ASSERT_EQ(options->size(), 5U);
    EXPECT_EQ((*options)[4], (CpOption{0x63, hex("010203")}));
    EXPECT_EQ(encode(*options), bytes);
}

TEST(WirePpp, EveryLcpOptionIsReadByItsMeaning) {
    const auto read = [](std::string_view digits) {
        return lcp_option(decode_options(hex(digits)).value().at(0));
    };
    EXPECT_EQ(std::get<LcpMru>(read("01 04 05aa")).mru, 1450);
    EXPECT_EQ(std::get<LcpAccm>(read("02 06 000a0000")).map, 0x000a0000U);
    const auto chap = std::get<LcpAuthentication>(read("03 05 c223 81"));
    EXPECT_EQ(chap.protocol, PppProtocol::Chap);
    EXPECT_EQ(chap.data, hex("81"));
    EXPECT_TRUE(std::get<LcpAuthentication>(read("03 04 c023")).data.empty());
    EXPECT_EQ(std::get<LcpQuality>(read("04 08 c025 00000064")).protocol, 0xc025);
    EXPECT_EQ(std::get<LcpMagic>(read("05 06 01020304")).magic, 0x01020304U);
    EXPECT_TRUE(std::holds_alternative<LcpPfc>(read("07 02")));
    EXPECT_TRUE(std::holds_alternative<LcpAcfc>(read("08 02")));
    EXPECT_EQ(std::get<LcpMrru>(read("11 04 064e")).mrru, 1614);
    EXPECT_TRUE(std::holds_alternative<LcpShortSequence>(read("12 02")));
    const auto mac = std::get<LcpDiscriminator>(read("13 09 03 00005e100001"));
    EXPECT_EQ(mac.in, 3);
    EXPECT_EQ(mac.address, hex("00005e100001"));
    EXPECT_TRUE(std::get<LcpDiscriminator>(read("13 03 00")).address.empty());
    const auto format = std::get<LcpMultilinkFormat>(read("1b 04 06 04"));
    EXPECT_EQ(format.code, LcpMultilinkFormat::Short);
    EXPECT_EQ(format.classes, 4);
}

TEST(WirePpp, AnOptionOfTheWrongLengthOrAnUnknownTypeStaysRaw) {
    for (const char *digits :
         {"01 03 05", "01 05 05aa00", "02 05 000a00", "03 03 c0", "04 03 c0", "05 02",
          "05 07 0102030405", "07 03 00", "08 03 00", "11 02", "11 03 05", "11 05 05dc00",
          "12 03 00", "13 02", "1b 02", "1b 03 02", "1b 05 020400", "00 02", "0d 03 06"}) {
        const CpOption option = decode_options(hex(digits)).value().at(0);
        EXPECT_TRUE(std::holds_alternative<CpOption>(lcp_option(option))) << digits;
        EXPECT_EQ(raw(lcp_option(option)), option) << digits;
    }
}

TEST(WirePpp, EveryIpcpOptionIsReadByItsMeaning) {
    for (const unsigned number : {3U, 129U, 130U, 131U, 132U}) {
        const auto type = static_cast<std::uint8_t>(number);
        const CpOption option{type, hex("c0000201")};
        const IpcpOption read = ipcp_option(option);
        const auto *address = std::get_if<IpcpAddress>(&read);
        ASSERT_TRUE(address) << int(type);
        EXPECT_EQ(address->address.text(), "192.0.2.1");
        EXPECT_EQ(static_cast<int>(address->type), type);
        EXPECT_EQ(raw(read), option);
        EXPECT_TRUE(std::holds_alternative<CpOption>(ipcp_option({type, hex("c00002")})));
        EXPECT_TRUE(std::holds_alternative<CpOption>(ipcp_option({type, hex("c000020100")})));
    }
    const CpOption vj{2, hex("002d 0f01")};
    EXPECT_EQ(std::get<IpcpCompression>(ipcp_option(vj)).protocol, 0x002d);
    EXPECT_EQ(raw(ipcp_option(vj)), vj);
    EXPECT_TRUE(std::holds_alternative<CpOption>(ipcp_option({2, hex("00")})));
    EXPECT_TRUE(std::holds_alternative<CpOption>(ipcp_option({1, hex("c0000201c0000202")})));
}

TEST(WirePpp, MeaningAndOctetsOfAnOptionAreTheSameThing) {
    for (const char *digits :
         {"01 04 05aa", "02 06 000a0000", "03 05 c223 81", "03 04 c023", "04 08 c025 00000064",
          "05 06 01020304", "07 02", "08 02", "11 04 05dc", "12 02", "13 03 00",
          "13 07 02 c0000201", "13 04 63 00", "1b 04 02 10", "1b 04 ff 00"}) {
        const CpOption option = decode_options(hex(digits)).value().at(0);
        EXPECT_EQ(raw(lcp_option(option)), option) << digits;
    }
}

TEST(WirePpp, TheMppeOptionIsItsBitsAndEveryOtherOptionOfCcpStaysRaw) {
    const auto read = [](std::string_view digits) {
        return ccp_option(decode_options(hex(digits)).value().at(0));
    };
    const auto mppe = std::get<CcpMppe>(read("12 06 01000040"));
    EXPECT_EQ(mppe.bits, CcpMppe::Stateless | CcpMppe::Bits128);
    EXPECT_EQ(encode(CpOptions{raw(CcpMppe{CcpMppe::Bits56 | CcpMppe::Bits40})}),
              hex("12 06 000000a0"));
    EXPECT_EQ(std::get<CcpMppe>(read("12 06 ffffffff")).bits, 0xffffffffU);
    // Wrong lengths; BSD Compress, Deflate, Predictor, a vendor's.
    for (const char *digits : {"12 05 010000", "12 07 0100004000", "12 02", "15 03 2f",
                               "1a 04 7800", "01 02", "00 06 00005e01"}) {
        const CpOption option = decode_options(hex(digits)).value().at(0);
        EXPECT_TRUE(std::holds_alternative<CpOption>(ccp_option(option))) << digits;
        EXPECT_EQ(raw(ccp_option(option)), option) << digits;
    }
}

TEST(WirePpp, EchoAndTheRejectsHaveTheirFields) {
    const Bytes echo = hex("01020304 616263");
    ASSERT_TRUE(decode_echo(echo));
    EXPECT_EQ(decode_echo(echo)->magic, 0x01020304U);
    EXPECT_EQ(decode_echo(echo)->data.size(), 3U);
    EXPECT_EQ(encode(*decode_echo(echo)), echo);
    EXPECT_FALSE(decode_echo(hex("010203")));

    const Bytes reject = hex("8021 01010004");
    ASSERT_TRUE(decode_protocol_reject(reject));
    EXPECT_EQ(decode_protocol_reject(reject)->protocol, PppProtocol::Ipcp);
    EXPECT_EQ(encode(*decode_protocol_reject(reject)), reject);
    EXPECT_FALSE(decode_protocol_reject(hex("80")));

    EXPECT_EQ(decode_code_reject(hex("09 01 0008")).value(), CpCode::EchoRequest);
    EXPECT_EQ(decode_code_reject(hex("09")).value(), CpCode::EchoRequest);  // cut short
    EXPECT_FALSE(decode_code_reject({}));
}

TEST(Ipv6cpOption, AnInterfaceIdentifierHasEightOctets) {
    const CpOption option{1, {0x02, 0, 0x5e, 0xff, 0xfe, 0x10, 0, 0x01}};
    const Ipv6cpOption read = ipv6cp_option(option);
    ASSERT_TRUE(std::holds_alternative<Ipv6cpInterfaceId>(read));
    EXPECT_EQ(std::get<Ipv6cpInterfaceId>(read).id, 0x02005efffe100001U);
    EXPECT_EQ(raw(read), option);
    for (const std::size_t size : {0U, 4U, 7U, 9U}) {
        const CpOption wrong{1, base::Bytes(size)};
        EXPECT_TRUE(std::holds_alternative<CpOption>(ipv6cp_option(wrong)));
        EXPECT_EQ(raw(ipv6cp_option(wrong)), wrong);
    }
    EXPECT_TRUE(std::holds_alternative<CpOption>(ipv6cp_option({2, base::Bytes(8)})));
}

// The octets as Wireshark reads them.
TEST(BcpOption, IsReadByItsMeaning) {
    const Bytes bytes = hex("03 03 01  04 03 01  06 08 02005e100001  08 03 01  09 03 02  0a 03 01");
    const auto options = decode_options(bytes);
    ASSERT_TRUE(options);
    ASSERT_EQ(options->size(), 6U);
    const auto at = [&](std::size_t i) { return bcp_option((*options)[i]); };
    EXPECT_EQ(std::get<BcpMacSupport>(at(0)).type, BcpMacType::Ethernet);
    EXPECT_EQ(std::get<BcpSwitch>(at(1)).type, BcpType::Tinygram);
    EXPECT_EQ(std::get<BcpSwitch>(at(1)).value, BcpSwitch::Value::Enabled);
    EXPECT_EQ(std::get<BcpMacAddress>(at(2)).mac.text(), "02:00:5e:10:00:01");
    EXPECT_EQ(std::get<BcpSwitch>(at(3)).type, BcpType::TaggedFrame);
    EXPECT_EQ(std::get<BcpSwitch>(at(4)).type, BcpType::ManagementInline);
    EXPECT_EQ(std::get<BcpSwitch>(at(4)).value, BcpSwitch::Value::Disabled);
    EXPECT_EQ(std::get<BcpSwitch>(at(5)).type, BcpType::ControlPacketIndicator);
    for (const CpOption &option : *options)
        EXPECT_EQ(raw(bcp_option(option)), option);
}

TEST(BcpOption, OfAnotherLengthOrTypeStaysAsItIs) {
    for (unsigned type = 0; type < 256; ++type)
        for (const std::size_t size : {0U, 1U, 2U, 5U, 6U, 7U, 253U}) {
            const CpOption option{static_cast<std::uint8_t>(type), Bytes(size, 0)};
            const bool read = (type == 3 && size == 1) || (type == 6 && size == 6);
            EXPECT_NE(std::holds_alternative<CpOption>(bcp_option(option)), read);
            EXPECT_EQ(raw(bcp_option(option)), option);
        }
    // Neither on nor off.
    EXPECT_TRUE(std::holds_alternative<CpOption>(bcp_option({4, {3}})));
}

}  // namespace
}  // namespace rtun::wire
