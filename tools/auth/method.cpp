// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of methods, and sets of them as text.
#include <auth/method.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rtun::auth {

namespace {

// Numbers of RFC 1661 section 6.2, RFC 1994 section 3, RFC 2433 section 4, RFC 2759 section 2.
constexpr std::array<MethodInfo, 4> table{{
    {Method::MsChap2, "mschap2", 0xc223, 0x81, true},
    {Method::MsChap1, "mschap1", 0xc223, 0x80, true},
    {Method::Chap, "chap", 0xc223, 0x05, false},
    {Method::Pap, "pap", 0xc023, std::nullopt, false},
}};

}  // namespace

std::span<const MethodInfo> methods() { return table; }

const MethodInfo &info(Method method) {
    const auto row = std::find_if(table.begin(), table.end(),
                                  [method](const MethodInfo &m) { return m.method == method; });
    RTUN_ASSERT(row != table.end());
    return *row;
}

base::Result<MethodSet> MethodSet::parse(std::string_view list) {
    MethodSet set;
    std::string_view rest = list;
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        const std::string_view word = rest.substr(0, comma);
        const auto row = std::find_if(table.begin(), table.end(),
                                      [word](const MethodInfo &m) { return m.name == word; });
        if (row == table.end())
            return base::fail(
                base::ErrorCode::Invalid,
                fmt::format("\"{}\" is not an authentication method, expected some of {}, "
                            "separated by commas",
                            word, all().text()));
        set.add(row->method);
        more = comma != std::string_view::npos;
        rest.remove_prefix(more ? comma + 1 : rest.size());
    }
    return set;
}

MethodSet MethodSet::with_keys() const {
    MethodSet some;
    for (const MethodInfo &row : table)
        if (row.keys && has(row.method))
            some.add(row.method);
    return some;
}

std::string MethodSet::text() const {
    std::string out;
    for (const MethodInfo &row : table)
        if (has(row.method))
            out += fmt::format("{}{}", out.empty() ? "" : ",", row.name);
    return out;
}

}  // namespace rtun::auth
