#include "formats/archive/archive.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "code/pickle/storage_types.h"
#include "containers/build_zip.h"

namespace winnow::archive {
namespace {

namespace build = containers::build;
using namespace std::string_literals;

const std::string kPickle = "\x80\x02}q\x00."s;

struct ReadResult {
  std::string bytes;
  Scan scan{Budget{}};

  explicit ReadResult(std::string input, const Format& format = kZip) : bytes(std::move(input)) {
    Artifact artifact;
    artifact.path = "model";
    artifact.bytes = as_bytes(bytes);
    scan.artifacts.push_back(artifact);
    if (format.probe(scan.artifacts[0])) format.read(scan, scan.artifacts[0]);
  }

  std::string format() const { return scan.formats.empty() ? "" : scan.formats[0]; }

  const Artifact* child(std::string_view name) const {
    for (const Artifact& artifact : scan.artifacts) {
      if (artifact.id != 0 && scan.member_of(artifact) == name) return &artifact;
    }
    return nullptr;
  }

  uint64_t count(std::string_view threat) const {
    return static_cast<uint64_t>(
        std::count_if(scan.findings.begin(), scan.findings.end(),
                      [&](const Finding& finding) { return finding.threat == threat; }));
  }
};

build::Archive torch_archive() {
  build::Archive archive;
  archive.members.push_back({.name = "archive/data.pkl", .data = kPickle, .flags = 8});
  archive.members.push_back({.name = "archive/data/0", .data = std::string(400, '\x11'), .flags = 8});
  archive.members.push_back({.name = "archive/data/1", .data = std::string(80, '\x12'), .flags = 8});
  archive.members.push_back({.name = "archive/version", .data = "3\n", .flags = 8});
  return archive;
}

TEST(ZipFormat, TorchStoragesAreNoChildren) {
  const ReadResult run(build::zip(torch_archive()));
  EXPECT_EQ(run.format(), "pytorch-zip");
  EXPECT_EQ(run.scan.artifacts.size(), 2U);
  ASSERT_NE(run.child("archive/data.pkl"), nullptr);
  EXPECT_EQ(run.child("archive/data.pkl")->hint, Hint::pickle);
  EXPECT_TRUE(run.scan.findings.empty());
  EXPECT_TRUE(run.scan.gaps.empty());
}

TEST(ZipFormat, StorageThatStartsLikeSomethingElse) {
  build::Archive archive = torch_archive();
  archive.members[1].data = "PK\x03\x04"s + std::string(60, '\x11');
  const ReadResult run(build::zip(archive));
  ASSERT_NE(run.child("archive/data/0"), nullptr);
  EXPECT_EQ(run.child("archive/data/0")->hint, Hint::storage);
}

struct Layout {
  std::vector<std::string> names;
  std::string format;
};

TEST(ZipFormat, AnyStorageMayStartLikeSomethingElse) {
  build::Archive archive = torch_archive();
  for (int i = 2; i < 1000; ++i) {
    archive.members.push_back({.name = "archive/data/" + std::to_string(i), .data = std::string(16, '\x11'), .flags = 8});
  }
  archive.members.push_back({.name = "archive/data/1000", .data = "\x93NUMPY\x01\x00"s + std::string(80, ' '), .flags = 8});
  const ReadResult run(build::zip(archive));
  EXPECT_NE(run.child("archive/data/1000"), nullptr);
  EXPECT_EQ(run.child("archive/data/999"), nullptr);
}

TEST(ZipFormat, LayoutsHaveNames) {
  const Layout layouts[] = {
      {{"a/data.pkl", "a/constants.pkl", "a/code/x.py", "a/version"}, "torchscript-zip"},
      {{"a/.data/extern_modules", "a/model.pkl", "a/.data/version"}, "torch-package"},
      {{"config.json", "metadata.json", "model.weights.h5"}, "keras-v3-zip"},
      {{"arr_0.npy", "arr_1.npy"}, "npz"},
      {{"MAR-INF/MANIFEST.json", "model.pt"}, "torchserve-mar"},
      {{"data", "policy.pth", "_stable_baselines3_version"}, "stable-baselines-zip"},
      {{"model.pkl", "notes.txt"}, "zip-of-models"},
      {{"notes.txt", "table.csv"}, "zip"},
  };
  for (const Layout& layout : layouts) {
    build::Archive archive;
    for (const std::string& name : layout.names) archive.members.push_back({.name = name, .data = "content"});
    const ReadResult run(build::zip(archive));
    EXPECT_EQ(run.format(), layout.format);
    for (const Finding& finding : run.scan.findings) EXPECT_EQ(finding.ruling, Ruling::dismissed) << layout.format;
  }
}

TEST(ZipFormat, MembersThatLeaveTheFolder) {
  for (const char* name : {"../x.pkl", "/etc/x", "a\\..\\..\\x", "C:\\x"}) {
    build::Archive archive;
    archive.members.push_back({.name = name, .data = "content"});
    const ReadResult run(build::zip(archive));
    ASSERT_EQ(run.count("archive-slip"), 1U) << name;
    EXPECT_EQ(run.scan.findings[0].ruling, Ruling::confirmed);
  }
}

TEST(ZipFormat, PathsThatOnlyLookLikeLeaving) {
  build::Archive archive;
  for (const char* name : {"weights..old", "a/../b", "./x", ".../y", "w:0.npy"}) {
    archive.members.push_back({.name = name, .data = "content"});
  }
  EXPECT_TRUE(ReadResult(build::zip(archive)).scan.findings.empty());
}

TEST(ZipFormat, KeysOfAnNpzAreNoPaths) {
  build::Archive archive;
  archive.members.push_back({.name = "/layer/kernel.npy", .data = "content"});
  EXPECT_TRUE(ReadResult(build::zip(archive)).scan.findings.empty());
}

TEST(ZipFormat, LinkThatPointsOut) {
  build::Archive archive;
  archive.members.push_back({.name = "link", .data = "../../etc", .attributes = 0xa1ff0000U});
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-slip"), 1U);
  archive.members[0].data = "other";
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-slip"), 0U);
}

TEST(ZipFormat, HiddenMemberIsReadAndTold) {
  build::Archive archive = torch_archive();
  archive.members.push_back({.name = "archive/evil.pkl", .data = kPickle + "x", .listed = false});
  const ReadResult run(build::zip(archive));
  EXPECT_EQ(run.count("archive-tampering"), 1U);
  ASSERT_NE(run.child("archive/evil.pkl"), nullptr);
}

TEST(ZipFormat, BothContentsOfADuplicateAreRead) {
  build::Archive archive = torch_archive();
  archive.members.push_back({.name = "archive/data.pkl", .data = "\x80\x02]."s});
  const ReadResult run(build::zip(archive));
  EXPECT_EQ(run.count("archive-tampering"), 1U);
  EXPECT_EQ(run.scan.artifacts.size(), 3U);
}

TEST(ZipFormat, BytesThatNobodyAsksFor) {
  build::Archive archive = torch_archive();
  archive.members[2].before = kPickle;
  archive.before_directory = std::string(100, '\0');
  archive.trailing = std::string(10, '\0') + "behind";
  const ReadResult run(build::zip(archive));
  const auto gaps = std::count_if(run.scan.artifacts.begin(), run.scan.artifacts.end(),
                                  [](const Artifact& artifact) { return artifact.hint == Hint::unclaimed; });
  EXPECT_EQ(gaps, 2);
  EXPECT_TRUE(run.scan.findings.empty());
}

TEST(ZipFormat, EncryptedMemberIsAGap) {
  build::Archive archive;
  build::Member member{.name = "x.pkl", .data = "0123456789", .flags = 1};
  member.packed = "twelve bytes?!##########";
  archive.members.push_back(member);
  const ReadResult run(build::zip(archive));
  ASSERT_EQ(run.scan.gaps.size(), 1U);
  EXPECT_EQ(run.scan.gaps[0].fault, "unsupported");
  EXPECT_TRUE(run.scan.findings.empty());
}

TEST(ZipFormat, FlagsThatLieAreTampering) {
  build::Archive archive;
  archive.members.push_back({.name = "x.pkl", .data = kPickle, .flags = 1});
  const ReadResult run(build::zip(archive));
  EXPECT_EQ(run.count("archive-tampering"), 1U);
  EXPECT_NE(run.child("x.pkl"), nullptr);
}

TEST(ZipFormat, ProgramsBesideModels) {
  build::Archive archive;
  archive.members.push_back({.name = "model.pkl", .data = kPickle});
  archive.members.push_back({.name = "setup.exe", .data = "MZ"});
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-executable"), 1U);
  archive.members[1] = {.name = "run.sh", .data = "echo hello"};
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-executable"), 1U);
  // A source tree may hold scripts, a package native libraries.
  archive.members.push_back({.name = "README.md", .data = "how to"});
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-executable"), 0U);
  archive.members = {{.name = "m/data/aotinductor/model/x.so",
                      .data = "\x7f"
                              "ELF and more"},
                     {.name = "m/data/weights/w.pt", .data = kPickle}};
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-executable"), 0U);
  archive.members = {{.name = "model.pkl", .data = kPickle},
                     {.name = "lib.so",
                      .data = "\x7f"
                              "ELF and more"}};
  EXPECT_EQ(ReadResult(build::zip(archive)).count("archive-executable"), 0U);
}

TEST(ZipFormat, ZipBehindATarIsTheTarsBusiness) {
  std::string bytes = build::zip(torch_archive());
  EXPECT_EQ(ReadResult(bytes, kTar).scan.artifacts.size(), 1U);
  EXPECT_FALSE(kTar.probe(ReadResult(bytes).scan.artifacts[0]));
}

TEST(ZipFormat, TruncatedAnywhere) {
  const std::string whole = build::zip(torch_archive());
  for (size_t size = 0; size < whole.size(); ++size) {
    const ReadResult run(whole.substr(0, size));
    if (size >= 30) {
      EXPECT_FALSE(run.scan.gaps.empty()) << size;
    }
  }
}

std::string tar_member(const std::string& name, const std::string& data, char type = '0',
                       const std::string& link = {}) {
  std::string out(512, '\0');
  const auto put = [&](size_t at, const std::string& text) { out.replace(at, text.size(), text); };
  char size[13];
  std::snprintf(size, sizeof size, "%011llo", static_cast<unsigned long long>(data.size()));
  put(0, name);
  put(124, size);
  out[156] = type;
  put(157, link);
  put(257, "ustar");
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : out) sum += static_cast<uint8_t>(c);
  char text[9];
  std::snprintf(text, sizeof text, "%06o", sum);
  put(148, std::string(text) + '\0' + ' ');
  out += data;
  out.resize((out.size() + 511) / 512 * 512, '\0');
  return out;
}

TEST(TarFormat, MembersAndLinks) {
  const std::string end(1024, '\0');
  const ReadResult clean(tar_member("model.pkl", kPickle) + tar_member("link", "", '2', "model.pkl") + end,
                         kTar);
  EXPECT_EQ(clean.format(), "tar-of-models");
  EXPECT_NE(clean.child("model.pkl"), nullptr);
  EXPECT_TRUE(clean.scan.findings.empty());
  EXPECT_TRUE(clean.scan.gaps.empty());

  const ReadResult through(tar_member("d", "", '2', "/etc") + tar_member("d/passwd", "x") + end, kTar);
  ASSERT_EQ(through.count("archive-slip"), 1U);
  EXPECT_EQ(through.scan.findings[0].evidence.size(), 2U);
}

TEST(TarFormat, NemoAndBytesBehindTheEnd) {
  const ReadResult run(tar_member("model_config.yaml", "a: 1") + tar_member("model_weights.ckpt", "w") +
                           std::string(1024, '\0') + tar_member("hidden.pkl", kPickle),
                       kTar);
  EXPECT_EQ(run.format(), "nemo");
  ASSERT_NE(run.child("@gap-3072"), nullptr);
  EXPECT_EQ(run.child("@gap-3072")->hint, Hint::unclaimed);
}

TEST(TarFormat, EveryPickleOfATorchTarIsAChild) {
  const std::string count = "\x80\x02K\x01."s;
  const std::string record =
      "\x80\x02(U\x01"
      "0U\x03"
      "cpuctorch\nFloatStorage\nt."s;
  const std::string numbers = build::le(2, 8) + std::string(8, '\x7f');
  const std::string storages = count + record + numbers + "\x80\x02]."s;
  const ReadResult run(tar_member("sys_info", kPickle) + tar_member("pickle", kPickle) +
                           tar_member("storages", storages) + std::string(1024, '\0'),
                       kTar);
  EXPECT_EQ(run.format(), "pytorch-tar");
  EXPECT_TRUE(run.scan.gaps.empty());
  EXPECT_EQ(run.scan.artifacts.size(), 1U + 2U + 3U);
  for (const Artifact& artifact : run.scan.artifacts) {
    if (artifact.id != 0) {
      EXPECT_EQ(artifact.hint, Hint::pickle);
    }
  }
}

TEST(TarFormat, TorchTarWhoseStorageTypeIsAmbiguous) {
  // The text mentions two types: the loader takes the one in the tuple, the other is a mere word.
  const std::string ambiguous = "\x80\x02(X\x01\x00\x00\x00""0X\x0d\x00\x00\x00""DoubleStoragectorch\nByteStorage\nt."s;
  EXPECT_FALSE(pickle::storage_element_size_in(ambiguous));
  EXPECT_EQ(pickle::storage_element_size_in("ctorch\nByteStorage\nt."), 1U);
  EXPECT_EQ(pickle::storage_element_size_in("ctorch\nBFloat16Storage\nt."), 2U);
}

TEST(TarFormat, TorchTarThatLiesAboutItsNumbers) {
  const std::string count = "\x80\x02K\x01."s;
  const std::string record =
      "\x80\x02(U\x01"
      "0U\x03"
      "cpuctorch\nFloatStorage\nt."s;
  const std::string storages = count + record + build::le(UINT64_MAX, 8) + kPickle;
  const ReadResult run(
      tar_member("pickle", kPickle) + tar_member("storages", storages) + std::string(1024, '\0'), kTar);
  EXPECT_FALSE(run.scan.gaps.empty());
}

}  // namespace
}  // namespace winnow::archive
