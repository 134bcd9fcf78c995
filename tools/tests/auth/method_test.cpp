// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of methods and sets of them.
#include <auth/method.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace rtun::auth;
using testing::HasSubstr;

namespace {

TEST(Methods, have_the_numbers_of_their_rfcs_strongest_first) {
    const auto rows = methods();
    ASSERT_EQ(rows.size(), 4U);
    const auto expect = [](const MethodInfo &row, Method method, std::string_view name,
                           std::uint16_t protocol, std::optional<std::uint8_t> algorithm) {
        EXPECT_EQ(row.method, method);
        EXPECT_EQ(row.name, name);
        EXPECT_EQ(row.protocol, protocol);
        EXPECT_EQ(row.algorithm, algorithm);
        EXPECT_EQ(&info(method), &row);
    };
    expect(rows[0], Method::MsChap2, "mschap2", 0xc223, 0x81);
    expect(rows[1], Method::MsChap1, "mschap1", 0xc223, 0x80);
    expect(rows[2], Method::Chap, "chap", 0xc223, 5);
    expect(rows[3], Method::Pap, "pap", 0xc023, std::nullopt);
}

TEST(MethodSet, is_the_same_after_being_text) {
    for (const char *text : {"mschap2,mschap1,chap,pap", "mschap2", "chap,pap"})
        EXPECT_EQ(MethodSet::parse(text).value().text(), text);
    EXPECT_EQ(MethodSet::parse("pap,mschap2,pap").value().text(), "mschap2,pap");
    EXPECT_EQ(MethodSet::all().text(), "mschap2,mschap1,chap,pap");
    EXPECT_EQ(MethodSet().text(), "");
}

TEST(MethodSet, tells_which_of_it_lead_to_keys) {
    EXPECT_EQ(MethodSet::all().with_keys().text(), "mschap2,mschap1");
    EXPECT_EQ(MethodSet::parse("mschap1,pap").value().with_keys().text(), "mschap1");
    EXPECT_TRUE(MethodSet::parse("chap,pap").value().with_keys().empty());
}

TEST(MethodSet, holds_what_was_added_and_not_removed) {
    MethodSet set;
    EXPECT_TRUE(set.empty());
    set.add(Method::Chap);
    set.add(Method::Pap);
    set.remove(Method::Pap);
    EXPECT_TRUE(set.has(Method::Chap));
    EXPECT_FALSE(set.has(Method::Pap));
    EXPECT_FALSE(set.empty());
}

TEST(MethodSet, names_the_word_that_is_wrong) {
    const auto set = MethodSet::parse("chap,eap,pap");
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, rtun::base::ErrorCode::Invalid);
    EXPECT_EQ(set.error().text, "\"eap\" is not an authentication method, expected some of "
                                "mschap2,mschap1,chap,pap, separated by commas");
    for (const char *text : {"", ",", "chap,", ",chap", "chap,,pap", "CHAP", "chap pap"})
        EXPECT_FALSE(MethodSet::parse(text)) << text;
}

}  // namespace
