// SPDX-License-Identifier: GPL-2.0-or-later
//
// The codes of RFC 2637 sections 2.2, 2.3, 2.8, 2.13 and 2.16 in words.
#include <pptp/codes.h>

#include <gtest/gtest.h>

namespace rtun::pptp {
namespace {

TEST(PptpCodes, results_of_the_control_connection_are_told_in_words) {
    EXPECT_EQ(describe_start(3, 0), "a control connection exists already (result 3)");
    EXPECT_EQ(describe_start(4, 0), "not authorized to establish a control connection (result 4)");
    EXPECT_EQ(describe_start(5, 0), "protocol version not supported (result 5)");
}

TEST(PptpCodes, results_of_a_call_are_told_in_words) {
    EXPECT_EQ(describe_call(3, 0, 0), "no carrier (result 3)");
    EXPECT_EQ(describe_call(4, 0, 17), "busy (result 4, cause 17)");
    EXPECT_EQ(describe_call(5, 0, 0), "no dial tone (result 5)");
    EXPECT_EQ(describe_call(6, 0, 0), "dial timeout (result 6)");
    EXPECT_EQ(describe_call(7, 0, 0), "administratively prohibited (result 7)");
}

TEST(PptpCodes, reasons_of_a_disconnect_are_told_in_words) {
    EXPECT_EQ(describe_disconnect(1, 0, 16), "lost carrier (result 1, cause 16)");
    EXPECT_EQ(describe_disconnect(3, 0, 0), "administrative shutdown (result 3)");
    EXPECT_EQ(describe_disconnect(4, 0, 0), "call clear requested (result 4)");
}

TEST(PptpCodes, reasons_to_stop_are_told_in_words) {
    EXPECT_EQ(describe_stop(1), "general request (reason 1)");
    EXPECT_EQ(describe_stop(2), "protocol version not supported (reason 2)");
    EXPECT_EQ(describe_stop(3), "peer is being shut down (reason 3)");
}

TEST(PptpCodes, a_general_error_is_told_by_its_error_code) {
    EXPECT_EQ(describe_start(2, 1),
              "general error: no control connection exists yet (result 2, error 1)");
    EXPECT_EQ(describe_call(2, 2, 0), "general error: bad format (result 2, error 2)");
    EXPECT_EQ(describe_call(2, 3, 0), "general error: a field is out of range (result 2, error 3)");
    EXPECT_EQ(describe_call(2, 4, 0), "general error: insufficient resources (result 2, error 4)");
    EXPECT_EQ(describe_call(2, 5, 0), "general error: bad call id (result 2, error 5)");
    EXPECT_EQ(describe_disconnect(2, 6, 1),
              "general error: vendor-specific error (result 2, error 6, cause 1)");
}

TEST(PptpCodes, an_error_code_without_a_general_error_is_not_told) {
    EXPECT_EQ(describe_call(7, 4, 0), "administratively prohibited (result 7)");
}

TEST(PptpCodes, codes_the_rfc_does_not_have_are_told_by_their_numbers) {
    EXPECT_EQ(describe_start(0, 0), "no code (result 0)");
    EXPECT_EQ(describe_start(6, 0), "unknown code (result 6)");
    EXPECT_EQ(describe_call(255, 0, 65535), "unknown code (result 255, cause 65535)");
    EXPECT_EQ(describe_call(2, 7, 0), "general error: unknown code (result 2, error 7)");
    EXPECT_EQ(describe_stop(4), "unknown code (reason 4)");
}

}  // namespace
}  // namespace rtun::pptp
