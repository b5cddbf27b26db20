#include <gtest/gtest.h>

#include "code/r/deparse.h"
#include "code/r/evaluate.h"
#include "code/r/parse.h"
#include "code/r/unserialize.h"

namespace winnow::r {
namespace {

struct Fixture {
  Budget budget;
  Scan scan{budget};
  Trace trace;
  Pool pool{trace.heap.arena()};
  Evaluator evaluator{scan, trace, pool};

  Fixture() {
    trace.dialect = "r";
    trace.artifacts.emplace_back();
  }

  std::string reprinted(std::string_view source) {
    const Parsed parsed = parse(pool, source);
    if (parsed.damage) return "fault";
    std::string out;
    for (const Id one : parsed.expressions) (out += out.empty() ? "" : "; ") += deparse(pool, one);
    return out;
  }

  std::string value(std::string_view source) {
    const Parsed parsed = parse(pool, source);
    Id last = kNull;
    for (const Id one : parsed.expressions) last = evaluator.run(one, kGlobal, When::called, 0);
    return deparse(pool, last);
  }

  // What running the source would do, one call after the other.
  std::string done(std::string_view source) {
    for (const Id one : parse(pool, source).expressions) evaluator.run(one, kGlobal, When::touched, 0);
    std::string out;
    for (uint32_t i = 0; i < trace.events.size(); ++i) (out += out.empty() ? "" : "; ") += trace.statements[i];
    return out;
  }
};

TEST(RParse, PrintsWhatItReads) {
  const std::pair<const char*, const char*> kPairs[] = {
      {"a+b*c^d^e", "a + b * c^d^e"},
      {"x<-y<-1", "x <- y <- 1"},
      {"5->x", "x <- 5"},
      {"-a:b", "-a:b"},
      {"!a&&b||c", "!a && b || c"},
      {"f(x,y=2,...)[[1]]$z", "f(x, y = 2, ...)[[1]]$z"},
      {"x[,1]", "x[, 1]"},
      {"if(a)b else c", "if (a) b else c"},
      {"for(i in 1:3){f(i);next}", "for (i in 1:3) { f(i); next }"},
      {"function(a,b=1,...)a", "function(a, b = 1, ...) a"},
      {"\\(x)x+1", "function(x) x + 1"},
      {"x|>f(2)", "f(x, 2)"},
      {"a%in%b", "a %in% b"},
      {"base::system('id')", "base::system(\"id\")"},
      {"\"system\"('id')", "system(\"id\")"},
      {"r\"(a\\b)\"", "\"a\\\\b\""},
      {"y~x|z", "y ~ x | z"},
      {"`a b`<-0x10L", "`a b` <- 16L"},
      {"{a\nb}", "{ a; b }"},
      {"f(\na,\nb\n)", "f(a, b)"},
      {"if (a) {\n b\n}\nelse c", "if (a) { b } else c"},
      {"f(", "fault"},
      {"a b", "fault"},
  };
  for (const auto& [source, printed] : kPairs) EXPECT_EQ(Fixture().reprinted(source), printed) << source;
}

TEST(REvaluate, ComputesTexts) {
  const std::pair<const char*, const char*> kPairs[] = {
      {"paste0('a', c('b','c'), collapse='+')", "\"ab+ac\""},
      {"paste(rev(strsplit('cba', '')[[1]]), collapse='')", "\"abc\""},
      {"rawToChar(as.raw(c(0x69, 100)))", "\"id\""},
      {"intToUtf8(c(105L, 100L))", "\"id\""},
      {"chartr('xy', 'id', 'xy')", "\"id\""},
      {"sprintf('%s-%02d', 'a', 7)", "\"a-07\""},
      {"gsub('x', 's', 'xyxtem')", "\"system\""},
      {"toupper(substr('abcdef', 2, 3))", "\"BC\""},
      {"rawToChar(xor(as.raw(c(0x28, 0x25)), as.raw(0x41)))", "\"id\""},
      {"strtoi(c('69', '64'), 16L)", "c(105, 100)"},
      {"letters[c(9, 4)]", "c(\"i\", \"d\")"},
      {"x <- list(a = 1); x$b <- 'z'; x$b", "\"z\""},
      {"f <- function(n) if (n == 0) 'end' else f(n - 1); f(3)", "\"end\""},
      {"s <- ''; for (c in c('i', 'd')) s <- paste0(s, c); s", "\"id\""},
      {"Reduce(function(a, b) paste0(a, b), c('i', 'd'))", "\"id\""},
      {"switch('b', a = 1, b = 2)", "2"},
      {"unlist(lapply(1:2, function(i) i * 2))", "c(2, 4)"},
      {"do.call('paste0', list('i', 'd'))", "\"id\""},
      {"rawToChar(base64enc::base64decode('aWQ='))", "\"id\""},
      {"nchar(unknown)", "?"},
  };
  for (const auto& [source, value] : kPairs) EXPECT_EQ(Fixture().value(source), value) << source;
}

TEST(REvaluate, FindsWhatIsCalled) {
  for (const char* source : {"system('id')", "base::system('id')", "do.call('system', list('id'))", "get('system')('id')", "match.fun('system')('id')",
                             "eval(parse(text = paste0('sys', 'tem(\"id\")')))", "lapply('id', system)", "(function(x) system(x))('id')", "f <- system; f('id')",
                             "eval(as.call(list(as.name('system'), 'id')))", "if (unknown) system('id')", "tryCatch(stop(), error = function(e) system('id'))",
                             "local({ g <- base::system; g('id') })", "baseenv()[['system']]('id')", "delayedAssign('x', system('id'))"}) {
    EXPECT_EQ(Fixture().done(source), "system(\"id\")") << source;
  }
}

TEST(REvaluate, LeavesDataAlone) {
  for (const char* source : {"quote(system('id'))", "y ~ system('id')", "function() system('id')", "'system(\"id\")'", "expression(system('id'))", "if (FALSE) system('id')"}) {
    EXPECT_EQ(Fixture().done(source), "") << source;
  }
}

TEST(RUnserialize, TellsFormsApart) {
  EXPECT_TRUE(is_serialised(as_bytes(std::string_view("X\n\0\0\0\3\0\4\2\2", 10))));
  EXPECT_TRUE(is_serialised(as_bytes(std::string_view("RDX3\nX\n\0\0\0\3\0\4\2\2", 15))));
  EXPECT_TRUE(is_serialised(as_bytes("A\n3\n262657\n")));
  EXPECT_FALSE(is_serialised(as_bytes("X\nprose about R")));
  EXPECT_FALSE(is_serialised(as_bytes("A\n")));
}

}  // namespace
}  // namespace winnow::r
