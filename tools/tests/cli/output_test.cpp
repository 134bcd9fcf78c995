// SPDX-License-Identifier: GPL-2.0-or-later
//
// One call, two forms.
#include <tests/cli/answer.h>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace rtun::cli {
namespace {

void write_example(Output &out) {
    out.open();
    out.number("id", "session {}", 7);
    out.text("dev", "dev {}", "ppp\"0");
    out.member("only", true);
    out.piece("aside");
    out.line();
    out.list("dns", "dns {}", {"a", "b"});
    out.open("stats");
    out.shown("up", 1.5, "1.5 s");
    out.close_group();
    out.text("last", "", "unseen");
    out.close();
}

TEST(Output, OneCallWritesTextOrJson) {
    Answer text({});
    write_example(text.out());
    EXPECT_EQ(text.text(), "session 7  dev ppp\"0  aside\n    dns a b  1.5 s\n");
    Answer json({.json = true});
    write_example(json.out());
    EXPECT_EQ(json.text(), "[{\"id\":7,\"dev\":\"ppp\\\"0\",\"only\":true,\"dns\":[\"a\",\"b\"],"
                           "\"stats\":{\"up\":1.5},\"last\":\"unseen\"}]\n");
}

TEST(Output, AFlushBeginsAnew) {
    Answer json({.json = true});
    json.out().item("a");
    EXPECT_EQ(json.text(), "[\"a\"]\n");
    EXPECT_EQ(json.text(), "[\"a\"]\n[]\n");
}

TEST(Output, AStreamIsOneObjectALine) {
    Answer json({.json = true});
    write_example(json.out());
    write_example(json.out());
    ASSERT_TRUE(json.out().flush_each());
    const std::string text = json.written();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    EXPECT_TRUE(text.starts_with("{"));
}

TEST(Output, ColorsAreForTextOnly) {
    Answer text({.color = Color::Always});
    text.out().piece("x", Paint::Good);
    EXPECT_EQ(text.text(), "\033[32mx\033[0m");
    Answer automatic({.color = Color::Auto});
    automatic.out().piece("x", Paint::Good);
    EXPECT_EQ(automatic.text(), "x") << "a file is no terminal";
    Answer json({.json = true, .color = Color::Always});
    json.out().item("x");
    EXPECT_EQ(json.text(), "[\"x\"]\n");
}

TEST(Output, TextThatIsNotUtf8DoesNotBreakTheJson) {
    Answer json({.json = true});
    json.out().item("a\xff");
    EXPECT_EQ(json.text(), "[\"a\xef\xbf\xbd\"]\n");
}

TEST(Output, AReaderThatWentIsNoError) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const base::Fd write_end(ends[1]);
    ::close(ends[0]);
    Output out({}, write_end.get());
    out.item("x");
    EXPECT_TRUE(out.flush());
    EXPECT_TRUE(out.closed());
    out.item("y");
    EXPECT_TRUE(out.flush());
}

TEST(Output, ADiskThatIsFullIsAnError) {
    const base::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(full.valid());
    Output out({}, full.get());
    out.item("x");
    EXPECT_FALSE(out.flush());
}

}  // namespace
}  // namespace rtun::cli
