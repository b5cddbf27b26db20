// Runs test cases: winnow-cases FOLDER|FILE.test... Each is assembled, scanned and compared with what it
// expects. With UPDATE_GOLDENS=1 in the environment the expectations are rewritten, except for the first
// line: a verdict is decided by people (UPDATE_GOLDENS=verdicts rewrites that, too).
//
// What the marks in a case's head ask for, whatever the golden says:
//   # names: os.system                  a confirmed or suspected finding has it as callee
//   # catches: pickle-code-execution    there is a finding of that threat that is not dismissed
//   # clears: pickle-code-execution     there is none
//   # file: weights.h5                  what the input is called (model.pkl)
//   # show: decompiled, imports, why    sections and lines that the golden has besides
//   # budget: steps=1000, memo=10       less than is usually given
//   # xfail: reason                     known to be wrong; fails once it is right
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "assembler.h"
#include "bytes/bytes.h"
#include "case_file.h"
#include "core/budget_fields.h"
#include "winnow.h"

namespace winnow::test {

namespace {

enum class Update { nothing, goldens, verdicts };

// Newlines and bytes that an editor would not show, spelled out.
std::string one_line(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::string place(const Location& location) {
  return location.member.empty() ? "" : " @" + one_line(location.member);
}

std::string print_findings(const ArtifactReport& report, bool with_why) {
  std::string out;
  for (const Finding& finding : report.findings) {
    const std::string head =
        std::string(ruling_name(finding.ruling)) + " " + finding.threat + " " + trigger_name(finding.trigger);
    if (finding.evidence.empty()) out += head + ": " + one_line(finding.summary) + "\n";
    for (const Evidence& evidence : finding.evidence) {
      out += head + " " + one_line(evidence.callee) + place(evidence.location) + ": " +
             one_line(evidence.code.empty() ? finding.summary : evidence.code) + "\n";
    }
    if (with_why)
      out += "  summary: " + one_line(finding.summary) + "\n  why: " + one_line(finding.why) + "\n";
  }
  return out;
}

std::string print_report(const ArtifactReport& report, const Case& test) {
  const std::vector<std::string> shown = test.all("show");
  const auto shows = [&](const char* what) {
    return std::find(shown.begin(), shown.end(), what) != shown.end();
  };
  std::string out = std::string("verdict: ") + verdict_name(report.verdict) + "\n";
  out += "format: " + report.format + "\n" + print_findings(report, shows("why"));
  for (const Reference& reference : report.references) {
    out += "reference " + reference.kind + " " + one_line(reference.target) + " by " + reference.by + "\n";
  }
  if (shows("imports")) {
    for (const ImportedName& name : report.imports) {
      out += "import " + one_line(name.name) + " " + safety_name(name.safety) + "\n";
    }
  }
  for (const Gap& gap : report.gaps) {
    out += "gap " + gap.fault + place(gap.location) + ": " + one_line(gap.what) + "\n";
  }
  return out;
}

bool stands(const Finding& finding) { return finding.ruling != Ruling::dismissed; }

// What the marks ask for and the report does not hold.
std::string broken_marks(const ArtifactReport& report, const Case& test) {
  std::string out;
  const auto any = [&](auto&& holds) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [&](const Finding& finding) { return stands(finding) && holds(finding); });
  };
  for (const std::string& callee : test.all("names")) {
    const bool found = any([&](const Finding& finding) {
      return std::any_of(finding.evidence.begin(), finding.evidence.end(),
                         [&](const Evidence& evidence) { return evidence.callee == callee; });
    });
    if (!found) out += "    no finding names " + callee + "\n";
  }
  for (const std::string& threat : test.all("catches")) {
    if (!any([&](const Finding& finding) { return finding.threat == threat; })) {
      out += "    does not catch " + threat + "\n";
    }
  }
  for (const std::string& threat : test.all("clears")) {
    if (any([&](const Finding& finding) { return finding.threat == threat; })) {
      out += "    does not clear " + threat + "\n";
    }
  }
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The lines of two texts that are not in the other, as a diff without context.
std::string difference(const std::string& expected, const std::string& actual) {
  const auto lines = [](const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  };
  std::string out;
  const auto before = lines(expected), after = lines(actual);
  for (const std::string& line : before) {
    if (std::find(after.begin(), after.end(), line) == after.end()) out += "    - " + line + "\n";
  }
  for (const std::string& line : after) {
    if (std::find(before.begin(), before.end(), line) == before.end()) out += "    + " + line + "\n";
  }
  return out.empty() ? "    the same lines in another order\n" : out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What is wrong with the case, or nothing.
std::string run_case(const std::filesystem::path& path, Update update) {
  Case test = parse_case(read_file(path));
  auto input = assemble(test.input);
  if (!input) {
    return "    line " + std::to_string(input.error().offset) + " of the input: " + input.error().what + "\n";
  }
  const std::vector<std::string> shown = test.all("show");
  Options options;
  options.jobs = 1;
  for (const std::string& given : test.all("budget")) {
    const size_t sign = std::min(given.find('='), given.size() - 1);
    const std::string wrong = set_budget(options.budget, given.substr(0, sign), given.substr(sign + 1));
    if (!wrong.empty()) return "    " + wrong + "\n";
  }
  const bool wants_text = std::find(shown.begin(), shown.end(), "decompiled") != shown.end();
  options.show = wants_text ? Show::decompiled : Show::nothing;
  const Report report = scan(test.one("file", "model.pkl"), as_bytes(*input), options);
  if (report.artifacts.size() != 1) return "    the report has not one artifact\n";
  const ArtifactReport& artifact = report.artifacts.front();
  std::string actual = print_report(artifact, test);
  std::string text = wants_text ? artifact.text : "";
  if (!text.empty() && text.back() != '\n') text += '\n';

  if (update != Update::nothing) {
    const std::string verdict = first_line(test.expected);
    if (update == Update::goldens && !verdict.empty()) actual.replace(0, first_line(actual).size(), verdict);
    test.expected = actual;
    test.decompiled = text;
    std::ofstream(path, std::ios::binary) << print_case(test);
    actual = print_report(artifact, test);
  }
  if (test.has("xfail")) {
    // Of what is known to be wrong, the verdict and the marks decide: the rest of the golden is as it is now.
    const bool right =
        first_line(actual) == first_line(test.expected) && broken_marks(artifact, test).empty();
    return right ? "    marked xfail, but it passes\n" : "";
  }
  std::string wrong;
  if (actual != test.expected) wrong += difference(test.expected, actual);
  if (text != test.decompiled) wrong += "    decompiled text:\n" + difference(test.decompiled, text);
  wrong += broken_marks(artifact, test);
  return wrong;
}

Update update_mode() {
  const char* value = std::getenv("UPDATE_GOLDENS");
  if (value == nullptr || *value == '\0') return Update::nothing;
  return std::string_view(value) == "verdicts" ? Update::verdicts : Update::goldens;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  std::vector<std::filesystem::path> files;
  for (const std::string& argument : arguments) {
    if (!std::filesystem::is_directory(argument)) {
      files.emplace_back(argument);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argument)) {
      if (entry.path().extension() == ".test") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  size_t failures = 0;
  for (const auto& file : files) {
    const std::string wrong = run_case(file, update_mode());
    if (wrong.empty()) continue;
    ++failures;
    std::cout << "FAIL " << file.string() << "\n" << wrong;
  }
  std::cout << files.size() << " cases, " << failures << " failed\n";
  return failures == 0 && !files.empty() ? 0 : 1;
}

}  // namespace winnow::test

int main(int argc, char** argv) { return winnow::test::run({argv + 1, argv + argc}); }
