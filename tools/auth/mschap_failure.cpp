// SPDX-License-Identifier: GPL-2.0-or-later
//
// The failure codes of MS-CHAP in words (RFC 2433 section 8, RFC 2759 section 6). To us R=1 would
// allow another try with other credentials; we have no others, so every Failure is final.
#include <auth/engines.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::auth {

namespace {

struct Row {
    std::uint32_t code;
    std::string_view words;
};
constexpr std::array<Row, 6> table{{
    {646, "logging on is not allowed at this time"},
    {647, "the account is disabled"},
    {648, "the password has expired"},
    {649, "the account has no permission to dial in"},
    {691, "wrong user name or password"},
    {709, "the password could not be changed"},
}};

}  // namespace

std::string_view words_of(std::uint32_t code) {
    const auto row =
        std::find_if(table.begin(), table.end(), [code](const Row &r) { return r.code == code; });
    return row != table.end() ? row->words : "rejected";
}

Failed ms_chap_failed(std::string_view message) {
    const wire::MsChapFailure failure = wire::parse_ms_chap_failure(message);
    if (!failure.error)
        return plainly_rejected(failure.message);
    std::string text = fmt::format("{} (E={})", words_of(*failure.error), *failure.error);
    if (const std::string said = shown(failure.message); !said.empty())
        text += ": " + said;
    // Codes have ten digits at most; one that no int can hold is no code of the table either.
    const int code = *failure.error <= 0x7fffffffU ? static_cast<int>(*failure.error) : 0;
    return {Failed::Why::Rejected, code, std::move(text)};
}

}  // namespace rtun::auth
