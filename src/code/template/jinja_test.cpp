#include "code/template/jinja.h"

#include <gtest/gtest.h>

#include "code/python/print.h"

namespace winnow::jinja {
namespace {

// The template as Python, its own operations as out(), item() and attribute().
std::string python_of(std::string_view text, size_t problems = 0) {
  Heap heap;
  python::Tree tree(heap);
  const Template parsed = parse(tree, text);
  EXPECT_EQ(parsed.problems.size(), problems);
  std::string out = python::print(*parsed.module, heap);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"__winnow_name_jinja_x2e_output", "out"},
                                 {"__winnow_name_jinja_x2e_item", "item"},
                                 {"__winnow_name_jinja_x2e_", ""},
                                 {"_x2e_", "_"}}) {
    for (size_t at = out.find(from); at != std::string::npos; at = out.find(from)) out.replace(at, from.size(), to);
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

TEST(Jinja, TextAndOutput) {
  EXPECT_EQ(python_of("a{{ x }}b"), "out('a')\nout(x)\nout('b')");
  EXPECT_EQ(python_of("{# nothing {{ x }} #}"), "");
  EXPECT_EQ(python_of("{% raw %}{{ x }}{% endraw %}"), "out('{{ x }}')");
  EXPECT_EQ(python_of("{{- x -}}"), "out(x)");
  EXPECT_EQ(python_of("{{ '}}' }}"), "out('}}')");
}

TEST(Jinja, AttributesAndItems) {
  EXPECT_EQ(python_of("{{ x.y['z'] }}"), "out(item(attribute(x, 'y'), 'z'))");
  EXPECT_EQ(python_of("{{ x[1:-1] }}"), "out(x[1:-1])");
  EXPECT_EQ(python_of("{{ x.0 }}"), "out(item(x, 0))");
  EXPECT_EQ(python_of("{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}"), "out(item('', '__class__'))");
}

TEST(Jinja, FiltersArePython) {
  EXPECT_EQ(python_of("{{ x|attr('y') }}"), "out(attribute(x, 'y'))");
  EXPECT_EQ(python_of("{{ ['a', 'b']|join }}"), "out(str('').join(map(str, ['a', 'b'])))");
  EXPECT_EQ(python_of("{{ 'so'|reverse }}"), "out('so'[::-1])");
  EXPECT_EQ(python_of("{{ '%s_'|format('a') }}"), "out('%s_' % ('a',))");
  EXPECT_EQ(python_of("{{ x|map(attribute='y')|list }}"), "out(list([path(each, 'y') for each in x]))");
  EXPECT_EQ(python_of("{{ x|sort(attribute='y') }}"), "out(sorted(by(x, 'y')))");
  EXPECT_EQ(python_of("{{ x|join(',', 'y') }}"), "out(str(',').join(map(str, [path(each, 'y') for each in x])))");
  EXPECT_EQ(python_of("{{ x|groupby('y') }}"), "out(filter_groupby(by(x, 'y'), 'y'))");
  EXPECT_EQ(python_of("{{ x|frob(1) }}"), "out(filter_frob(x, 1))");
  EXPECT_EQ(python_of("{{ -1|abs }}"), "out(abs(-1))");
}

TEST(Jinja, Operators) {
  EXPECT_EQ(python_of("{{ a ~ 1 ~ 'c' }}"), "out(str(a) + str(1) + str('c'))");
  EXPECT_EQ(python_of("{{ a if b else c }}"), "out(a if b else c)");
  EXPECT_EQ(python_of("{{ a if b }}"), "out(a if b else '')");
  EXPECT_EQ(python_of("{{ not a in b and c not in d or e }}"), "out(not a in b and c not in d or e)");
  EXPECT_EQ(python_of("{{ x is not defined }}"), "out(not test_defined(x))");
  EXPECT_EQ(python_of("{{ x is divisibleby 3 }}"), "out(test_divisibleby(x, 3))");
  EXPECT_EQ(python_of("{{ 1, 2 }}"), "out((1, 2))");
}

TEST(Jinja, Statements) {
  EXPECT_EQ(python_of("{% for m in ms if m.a %}{{ m }}{% else %}-{% endfor %}"),
            "for m in ms:\n    if attribute(m, 'a'):\n        out(m)\nelse:\n    out('-')");
  EXPECT_EQ(python_of("{% if a %}1{% elif b %}2{% else %}3{% endif %}"),
            "if a:\n    out('1')\nelif b:\n    out('2')\nelse:\n    out('3')");
  EXPECT_EQ(python_of("{% set ns = namespace(a=1) %}{% set ns.a = 2 %}"), "ns = namespace(a=1)\nns.a = 2");
  EXPECT_EQ(python_of("{% set x %}a{% endset %}"), "def block_1():\n    text = ''\n    text += str('a')\n    return text\n\nx = block_1()");
  EXPECT_EQ(python_of("{% filter upper %}a{% endfilter %}"), "def block_1():\n    text = ''\n    text += str('a')\n    return text\n\nout(str(block_1()).upper())");
  EXPECT_EQ(python_of("{% macro f(a, b=1) %}{{ a }}{% endmacro %}"), "def f(a=None, b=1, *varargs, caller=None, **kwargs):\n    text = ''\n    text += str(a)\n    return text");
  EXPECT_EQ(python_of("{% call(u) f(1) %}{{ u }}{% endcall %}"),
            "def caller(u=None, *varargs, caller=None, **kwargs):\n    text = ''\n    text += str(u)\n    return text\n\nout(f(1, caller=caller))");
  EXPECT_EQ(python_of("{% with a = 1 %}{{ a }}{% endwith %}"), "a = 1\nout(a)");
  EXPECT_EQ(python_of("{% generation %}x{% endgeneration %}"), "out('x')");
  EXPECT_EQ(python_of("{% do x.append(1) %}"), "attribute(x, 'append')(1)");
  EXPECT_EQ(python_of("{% include 'a' %}"), "include('a')");
  EXPECT_EQ(python_of("{% print a %}"), "out(a)");
  EXPECT_EQ(python_of("{% trans a=x.y %}{{ a }}{% endtrans %}"), "a = attribute(x, 'y')\nout(a)");
  EXPECT_EQ(python_of("{% autoescape x %}a{% endautoescape %}"), "x\nout('a')");
}

TEST(Jinja, BrokenTagsKeepTheRest) {
  EXPECT_NE(python_of("{{ a b }}{{ c }}", 1).find("out(c)"), std::string::npos);
  EXPECT_NE(python_of("{% nonsense %}{{ c }}", 1).find("out(c)"), std::string::npos);
  EXPECT_NE(python_of("{% if a %}{{ c }}", 1).find("out(c)"), std::string::npos);
  EXPECT_NE(python_of("{% endfor %}{{ c }}", 1).find("out(c)"), std::string::npos);
}

TEST(Jinja, DeepNestingIsBounded) {
  const std::string deep = "{{ " + std::string(100'000, '(') + " }}";
  python_of(deep, 2);  // not read, and not closed
  std::string blocks;
  for (int i = 0; i < 10'000; ++i) blocks += "{% if a %}";
  Heap heap;
  python::Tree tree(heap);
  EXPECT_FALSE(parse(tree, blocks).problems.empty());
}

}  // namespace
}  // namespace winnow::jinja
