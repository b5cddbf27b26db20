#include <gtest/gtest.h>

#include "report/highlight.h"
#include "report/html_graph.h"
#include "report/render.h"

namespace winnow::report {
namespace {

// Every string of a report, made by `text` from its place.
template <class Text>
Report report_with(Text text) {
  Report report;
  for (const Verdict verdict : {Verdict::malicious, Verdict::suspicious, Verdict::incomplete, Verdict::clean, Verdict::skipped}) {
    ArtifactReport artifact;
    artifact.path = "a/" + text() + "/" + text();
    artifact.format = text();
    artifact.verdict = verdict;
    artifact.sha256 = text();
    for (const Ruling ruling : {Ruling::confirmed, Ruling::suspected, Ruling::dismissed}) {
      Finding finding{text(), ruling, Trigger::inference, text() + ": " + text(), text(), {}};
      for (int i = 0; i < 6; ++i) finding.evidence.push_back({text(), text(), {text() + "!" + text(), 7, 3}});
      artifact.findings.push_back(finding);
    }
    artifact.references = {{text(), text(), text(), Trigger::load, text()}};
    artifact.imports = {{text(), Safety::dangerous}};
    artifact.gaps = {{text(), {text(), 7, {}}, text()}};
    artifact.text = text() + "\n" + text();
    report.artifacts.push_back(artifact);
  }
  RepositoryReport repository{"a/" + text(), Verdict::malicious, 5, 4, {}};
  repository.loads = {{text(), text(), text(), text(), Trigger::load, Verdict::malicious}, {text(), text(), text(), text(), Trigger::inference, {}}};
  report.repositories = {repository, repository};
  report.summary = {.files = 5, .models = 4, .malicious = 1, .suspicious = 1, .clean = 1, .incomplete = 1, .skipped = 1};
  return report;
}

// Tags and names of attributes in their order, without what only colours text.
std::string skeleton(const std::string& page) {
  std::string out;
  bool in_tag = false, in_value = false;
  std::string tag;
  for (const char c : page) {
    if (!in_tag && c == '<') in_tag = true, tag.clear();
    if (!in_tag) continue;
    if (c == '"') in_value = !in_value;
    if (!in_value) tag += c;
    if (c != '>' || in_value) continue;
    in_tag = false;
    if (tag.starts_with("<svg class=")) tag.erase(4, 8);  // wide drawings
    if (!tag.starts_with("<i ") && tag != "</i>" && tag != "<mark>" && tag != "</mark>" && !tag.starts_with("<span class=") && tag != "</span>")
      out += tag;
  }
  return out;
}

TEST(Html, HostileTextChangesNoStructure) {
  int number = 0;
  const std::string harmless = skeleton(render_html(report_with([&] { return "text" + std::to_string(number++); })));
  EXPECT_GT(harmless.size(), 4000U);
  for (const std::string hostile :
       {"<b>", "</code></pre>", "\"><img src=x onerror=y>", "' onload='x", "]]>", "&lt;", "</style><script>", "\x01\xff<p>"}) {
    number = 0;
    EXPECT_EQ(skeleton(render_html(report_with([&] { return hostile + std::to_string(number++); }))), harmless) << hostile;
  }
}

TEST(Html, RepositoriesWithWhatTheyLoad) {
  Report report;
  report.summary = {.files = 2, .models = 2, .malicious = 1, .clean = 1};
  report.repositories = {{"models/honest", Verdict::clean, 1, 1, {}},
                         {"models/bad", Verdict::malicious, 3, 2,
                          {{"config.json", "repository", "org/code", "AutoModel.from_pretrained", Trigger::load, {}},
                           {"model.safetensors.index.json", "file", "pytorch_model.bin", "torch.load", Trigger::load, Verdict::malicious}}}};
  const std::string page = render_html(report);
  const size_t bad = page.find("models/bad"), honest = page.find("models/honest");
  ASSERT_NE(bad, std::string::npos);
  EXPECT_LT(bad, honest);
  EXPECT_LT(page.find("pytorch_model.bin"), page.find("org/code"));
  EXPECT_NE(page.find("3 files, 2 models"), std::string::npos);
  EXPECT_NE(page.find("from elsewhere"), std::string::npos);
  EXPECT_NE(page.find("named in <bdi>config.json</bdi>"), std::string::npos);
}

std::string painted(std::string_view code, std::string_view callee) {
  constexpr const char* kLetters = ".kns#dpm!";
  std::string text, inks;
  for (const Stroke& stroke : highlight(code, callee)) {
    text += stroke.text;
    inks += std::string(stroke.text.size(), kLetters[static_cast<size_t>(stroke.ink)]);
  }
  EXPECT_EQ(text, code);
  return inks;
}

TEST(Highlight, PythonAndWhatStandsBesideIt) {
  EXPECT_EQ(painted("_var0 = os.system('id')", "os.system"), "........!!!!!!!!!.ssss.");
  EXPECT_EQ(painted("def f(x): return None  # no", ""), "kkk.d.....kkkkkk.nnnn..####");
  EXPECT_EQ(painted("exec('a')", "builtins.exec"), "!!!!.sss.");
  EXPECT_EQ(painted("x.system(1)", "os.system"), "..!!!!!!.n.");
  EXPECT_EQ(painted("f(<unknown>)", ""), "..ppppppppp.");
  EXPECT_EQ(painted("{% if a %}", ""), "mm.kk...mm");
  EXPECT_EQ(painted("rb'\\'' + '''a\nb'''", ""), "ssssss...sssssssss");
}

TEST(Highlight, TextThatEndsAnywhere) {
  for (const char* code : {"'", "'''", "\"\\", "<", "<a", "{#", "#", "def", "0x", "rb'", "a.", "\xff\xfe'"}) painted(code, "a.b");
}

TEST(Graph, MembersCallsAndReferences) {
  ArtifactReport artifact;
  artifact.path = "x/model.pt";
  artifact.verdict = Verdict::malicious;
  artifact.findings = {{"t", Ruling::confirmed, Trigger::load, "s", "w", {{"os.system", "c", {"a.zip!data.pkl", 1, 1}}}},
                       {"t", Ruling::dismissed, Trigger::load, "s", "w", {{"getattr", "c", {"data.pkl", 1, 1}}}}};
  artifact.references = {{"url", "http://x", "f", Trigger::inference, ""}};
  const Graph graph = graph_of(artifact);
  ASSERT_EQ(graph.nodes.size(), 5U);
  EXPECT_EQ(graph.nodes[2].name, "data.pkl");
  EXPECT_EQ(graph.nodes[3].column, 3U);
  ASSERT_EQ(graph.edges.size(), 4U);
  EXPECT_EQ(graph.edges[2].label, "on load");
  EXPECT_EQ(graph.edges[3].label, "on use");
}

TEST(Graph, FilesThatNameEachOther) {
  Report report;
  for (const auto& [path, target] : {std::pair{"r/a.json", "b.py"}, std::pair{"r/b.py", "a.json"}, std::pair{"r/c.json", "org/model"}}) {
    ArtifactReport artifact;
    artifact.path = path;
    artifact.references = {{"code", target, "auto_map", Trigger::load, ""}};
    report.artifacts.push_back(artifact);
  }
  const Graph graph = graph_of(report);
  EXPECT_EQ(graph.nodes.size(), 4U);
  EXPECT_EQ(graph.edges.size(), 2U);  // the edge that would close the circle is not drawn
}

TEST(Graph, MoreThanAnybodyLooksAt) {
  ArtifactReport artifact;
  artifact.path = "m";
  for (int i = 0; i < 500; ++i) artifact.references.push_back({"url", "http://" + std::to_string(i), "f", Trigger::load, ""});
  const Graph graph = graph_of(artifact);
  EXPECT_LE(graph.nodes.size(), 40U);
  EXPECT_EQ(graph.left_out, 461U);
}

}  // namespace
}  // namespace winnow::report
