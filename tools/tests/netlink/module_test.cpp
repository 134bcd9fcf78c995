// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is told when the module is not there.
#include <netlink/module.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtun::netlink {
namespace {

using testing::HasSubstr;
using testing::Not;

ModuleFacts facts() {
    ModuleFacts facts;
    facts.release = "6.1.0-99-amd64";
    facts.may_load = true;
    facts.installed = true;
    facts.headers = true;
    return facts;
}

TEST(ModuleHint, without_headers_names_their_package) {
    ModuleFacts system = facts();
    system.installed = system.headers = false;
    system.modprobe = "modprobe: FATAL: Module rtun not found in directory /lib/modules/x";
    EXPECT_THAT(module_hint(system), HasSubstr("install linux-headers-6.1.0-99-amd64"));
    EXPECT_THAT(module_hint(system), HasSubstr("dkms autoinstall"));
}

TEST(ModuleHint, with_headers_asks_only_for_the_build) {
    ModuleFacts system = facts();
    system.installed = false;
    EXPECT_THAT(module_hint(system), HasSubstr("dkms autoinstall"));
    EXPECT_THAT(module_hint(system), Not(HasSubstr("linux-headers")));
}

TEST(ModuleHint, a_rejected_key_leads_to_enrolment) {
    ModuleFacts system = facts();
    system.modprobe = "modprobe: ERROR: could not insert 'rtun': Key was rejected by service";
    EXPECT_THAT(module_hint(system), HasSubstr("mokutil --import"));
    EXPECT_THAT(module_hint(system), Not(HasSubstr("because Secure Boot is on")));
    system.secure_boot = SecureBoot::On;
    EXPECT_THAT(module_hint(system), HasSubstr("because Secure Boot is on"));
    system.modprobe = "modprobe: ERROR: could not insert 'rtun': Required key not available";
    EXPECT_THAT(module_hint(system), HasSubstr("mokutil --import"));
}

TEST(ModuleHint, a_refusal_is_about_signatures_only_where_they_are_asked_for) {
    ModuleFacts system = facts();
    system.modprobe = "modprobe: ERROR: could not insert 'rtun': Operation not permitted";
    EXPECT_THAT(module_hint(system), Not(HasSubstr("mokutil")));
    EXPECT_THAT(module_hint(system), HasSubstr("Operation not permitted"));
    system.locked_down = true;
    EXPECT_THAT(module_hint(system), HasSubstr("mokutil"));
}

TEST(ModuleHint, without_privilege_says_who_can_load_it) {
    ModuleFacts system = facts();
    system.may_load = false;
    EXPECT_THAT(module_hint(system), HasSubstr("needs root"));
}

// As under rtun.service, which has no CAP_SYS_MODULE and so never hears modprobe.
TEST(ModuleHint, without_privilege_speaks_of_signatures_where_they_are_asked_for) {
    ModuleFacts system = facts();
    system.may_load = false;
    system.modprobe = "no privilege to load modules";
    EXPECT_THAT(module_hint(system), Not(HasSubstr("mokutil")));
    system.locked_down = true;
    EXPECT_THAT(module_hint(system), HasSubstr("accepts only signed modules; sign it"));
    EXPECT_THAT(module_hint(system), HasSubstr("mokutil --import"));
    EXPECT_THAT(module_hint(system), HasSubstr("if it is signed, run \"modprobe rtun\" as root"));
    EXPECT_THAT(module_hint(system), Not(HasSubstr("\n")));
    system.locked_down = false;
    system.secure_boot = SecureBoot::On;
    EXPECT_THAT(module_hint(system), HasSubstr("because Secure Boot is on"));
    EXPECT_THAT(module_hint(system), HasSubstr("mokutil --import"));
    EXPECT_THAT(module_hint(system), Not(HasSubstr("needs root")));
    // With the right to load it, modprobe itself has to say that this is the reason.
    system.may_load = true;
    system.modprobe = "modprobe: ERROR: could not insert 'rtun': Device or resource busy";
    EXPECT_THAT(module_hint(system), Not(HasSubstr("mokutil")));
}

TEST(ModuleHint, of_another_kernels_module_says_so) {
    ModuleFacts system = facts();
    system.modprobe = "modprobe: ERROR: could not insert 'rtun': Exec format error";
    EXPECT_THAT(module_hint(system), HasSubstr("built for another kernel"));
}

TEST(ModuleHint, of_anything_else_passes_the_words_on) {
    ModuleFacts system = facts();
    system.modprobe = "modprobe: ERROR: could not insert 'rtun': Device or resource busy";
    EXPECT_THAT(module_hint(system), HasSubstr("Device or resource busy (see also dmesg)"));
}

TEST(ModuleHint, is_one_line) {
    for (const bool installed : {false, true})
        for (const bool headers : {false, true})
            for (const bool may_load : {false, true}) {
                ModuleFacts system = facts();
                system.installed = installed;
                system.headers = headers;
                system.may_load = may_load;
                EXPECT_THAT(module_hint(system), Not(HasSubstr("\n")));
                EXPECT_THAT(module_hint(system), HasSubstr("rtun is not loaded"));
            }
}

TEST(ModuleFacts, of_this_system_name_its_kernel) {
    EXPECT_FALSE(collect_module_facts().release.empty());
}

}  // namespace
}  // namespace rtun::netlink
