// SPDX-License-Identifier: GPL-2.0-or-later
//
// The server's small parts: names of devices, admission.
#include <daemon/admission.h>
#include <daemon/device_names.h>

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <utility>

namespace rtun::daemon {
namespace {

TEST(DeviceNames, AreTheServicesAndTheUsersInAngleBrackets) {
    DeviceNames names;
    EXPECT_EQ(names.take_for("pptp", "jack"), "<pptp-jack>");
    EXPECT_EQ(names.take_for("pptp", "jack"), "<pptp-jack-1>");
    EXPECT_EQ(names.take_for("pptp", "jill"), "<pptp-jill>");
    names.release("<pptp-jack>");
    EXPECT_EQ(names.take_for("pptp", "jack"), "<pptp-jack>");
    EXPECT_EQ(names.take_for("pptp", "jack"), "<pptp-jack-2>");
}

TEST(DeviceNames, FitIntoADeviceAndTellLongNamesApart) {
    DeviceNames names;
    EXPECT_EQ(names.take_for("pptp", "customer-0001"), "<pptp-customer>");
    EXPECT_EQ(names.take_for("pptp", "customer-0002"), "<pptp-custom-1>");
    EXPECT_EQ(device_name("pptp", "customer", 99999).size(), DeviceNames::MaxName);
}

TEST(DeviceNames, AreOfCharactersThatADeviceMayHave) {
    EXPECT_EQ(device_name("pptp", "a/b c:d%", 0), "<pptp-a_b_c_d_>");
    EXPECT_EQ(device_name("pptp", "OFFICE\\jack", 0), "<pptp-jack>");
    EXPECT_EQ(device_name("pptp", "j\xc3\xa4", 0), "<pptp-j__>");
    EXPECT_EQ(device_name("pptp", "", 0), "<pptp->");
}

TEST(DeviceNames, OfThousandsOfSessionsAreAllDifferent) {
    DeviceNames names;
    std::set<std::string> seen;
    for (int i = 0; i < 20000; i++) {
        const auto name = names.take_for("pptp", i % 2 == 0 ? "shared" : "shared-and-long");
        ASSERT_TRUE(name);
        EXPECT_LE(name->size(), DeviceNames::MaxName);
        EXPECT_TRUE(seen.insert(*name).second) << *name;
    }
    for (const std::string &name : seen)
        names.release(name);
    EXPECT_EQ(names.size(), 0U);
    EXPECT_EQ(names.take_for("pptp", "shared"), "<pptp-shared>");
}

TEST(DeviceNames, GiveAFixedNameToOneOnly) {
    DeviceNames names;
    EXPECT_TRUE(names.take("office"));
    EXPECT_FALSE(names.take("office"));
    names.release("office");
    EXPECT_TRUE(names.take("office"));
}

constexpr base::Ipv4 A{0xcb007109};
constexpr base::Ipv4 B{0xcb00710a};

TEST(Admission, GivesPlacesBackWhenTheirHoldersGo) {
    Admission admission;
    config::PptpServer settings;
    settings.max_half_open = 3;
    settings.max_half_open_per_host = 2;
    settings.connection_rate = 0;
    admission.set(settings);
    {
        const HalfOpen one = admission.take(A);
        HalfOpen two = admission.take(A);
        EXPECT_EQ(admission.connection(A, {}), Cause::HalfOpenLimit);
        EXPECT_EQ(admission.connection(B, {}), std::nullopt);
        const HalfOpen moved = std::move(two);
        EXPECT_EQ(admission.half_open(A), 2U);
        const HalfOpen three = admission.take(B);
        EXPECT_EQ(admission.connection(B, {}), Cause::HalfOpenLimit);
    }
    EXPECT_EQ(admission.half_open(), 0U);
    EXPECT_EQ(admission.connection(A, {}), std::nullopt);
}

TEST(Admission, KnowsPrefixesOfEveryLength) {
    Admission admission;
    config::PptpServer settings;
    settings.connection_rate = 0;
    settings.allow_from = {{A, 32}};
    admission.set(settings);
    EXPECT_EQ(admission.connection(A, {}), std::nullopt);
    EXPECT_EQ(admission.connection(B, {}), Cause::NotAllowed);
    settings.allow_from = {{base::Ipv4{0}, 0}};
    admission.set(settings);
    EXPECT_EQ(admission.connection(B, {}), std::nullopt);
}

}  // namespace
}  // namespace rtun::daemon
