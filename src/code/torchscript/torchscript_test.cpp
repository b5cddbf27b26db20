// TorchScript archives as programs: what their functions call, whoever names it how.
#include <gtest/gtest.h>

#include "code/machine/machine.h"
#include "code/pickle/unpickler.h"
#include "code/torchscript/archive.h"
#include "core/print.h"

namespace winnow::torchscript {
namespace {

// What running an archive with one class M gives, a statement a line. `body` is that of forward, by lines.
std::string statements(const std::vector<std::string>& body, std::string_view constants = "\x80\x02).") {
  std::string source = "class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  def forward(self, x: Tensor, path: str) -> Tensor:\n";
  for (const std::string& line : body) source += "    " + line + "\n";
  constexpr std::string_view kObject("\x80\x02" "c__torch__\nM\n)\x81}(X\x08\x00\x00\x00" "training\x88" "ub.", 36);
  Scan scan{Budget{}};
  Artifact artifact;
  artifact.path = "model.pt";
  artifact.bytes = as_bytes(source);
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.dialect = "torchscript";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  pickle::attach(machine);
  Archive archive;
  archive.data = as_bytes(kObject);
  archive.constants = as_bytes(constants);
  archive.sources.push_back({"__torch__", as_bytes(source), 0});
  run(machine, archive);
  const Printer printer(trace);
  std::string out;
  for (uint32_t i = 0; i < trace.events.size(); ++i) {
    if (trace.events[i].op != Op::import) out += printer.statement(i) + "\n";
  }
  for (const Gap& gap : scan.gaps) out += "gap: " + gap.what + "\n";
  return out;
}

bool has(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

TEST(TorchScript, OperatorsAreTheSameHoweverTheyAreWritten) {
  const std::string_view call = "torch.ops.aten.save(";
  EXPECT_TRUE(has(statements({"_0 = torch.save(x, \"/etc/cron.d/job\")", "return x"}), call));
  EXPECT_TRUE(has(statements({"_0 = ops.aten.save(x, \"/etc/cron.d/job\")", "return x"}), call));
  EXPECT_TRUE(has(statements({"_0 = (x).save(\"/etc/cron.d/job\")", "return x"}), call));
}

TEST(TorchScript, TextsAreComputed) {
  const std::string run = statements({"_0 = \"/etc/\"", "_1 = torch.format(\"{}.d/job\", \"cron\")", "_2 = torch.save(x, torch.add(_0, _1))", "return x"});
  EXPECT_TRUE(has(run, "'/etc/cron.d/job'")) << run;
}

TEST(TorchScript, BothSidesOfABranchRun) {
  const std::string run = statements({"if torch.gt(torch.sum(x), 0):", "  _0 = torch.save(x, \"/a\")", "else:", "  _1 = torch.save(x, \"/b\")", "return x"});
  EXPECT_TRUE(has(run, "'/a'")) << run;
  EXPECT_TRUE(has(run, "'/b'")) << run;
}

TEST(TorchScript, WhatOnlyComputesCallsNothingThatActs) {
  EXPECT_FALSE(has(statements({"_0 = \"torch.save\"", "return torch.relu(x)"}), "aten.save"));
}

TEST(TorchScript, SourceThatDoesNotParseIsAGap) {
  EXPECT_TRUE(has(statements({"_0 = torch.save(x, \"/a\"", "return ((("}), "gap: "));
}

TEST(TorchScript, QualifiersAreMembersBelowCode) {
  EXPECT_EQ(qualifier_of("m/code/__torch__/torch/nn.py"), "__torch__.torch.nn");
  EXPECT_EQ(qualifier_of("m/data.pkl"), "");
}

}  // namespace
}  // namespace winnow::torchscript
