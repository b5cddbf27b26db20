// Workers that fall in every way that a parser can fall.
#include "engine/workers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "engine/wire.h"

namespace winnow::engine {
namespace {

ArtifactReport clean(const std::string& path) {
  ArtifactReport report;
  report.path = path;
  report.format = "pickle";
  report.verdict = Verdict::clean;
  return report;
}

// Files whose names tell the worker what is to happen to it.
class WorkersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/winnow-workers-XXXXXX";
    folder_ = ::mkdtemp(path);
  }
  void TearDown() override {
    for (const std::string& file : files_) ::unlink(file.c_str());
    ::rmdir(folder_.c_str());
  }

  void file(const std::string& name) {
    files_.push_back(folder_ + "/" + name);
    std::ofstream(files_.back()) << "content";
  }

  void run(const Work& work, Crew crew = {}) {
    crew.workers = 2;
    layers_ = scan_in_workers(files_, crew, work, [this](size_t index, ArtifactReport report) {
      told_ += 1;
      reports_[files_[index].substr(folder_.size() + 1)] = std::move(report);
    });
  }

  const ArtifactReport& of(const std::string& name) { return reports_[name]; }
  std::string gap(const std::string& name) {
    return of(name).gaps.empty() ? "" : of(name).gaps.front().fault + ": " + of(name).gaps.front().what;
  }

  std::string folder_;
  std::vector<std::string> files_;
  std::map<std::string, ArtifactReport> reports_;
  std::vector<std::string> layers_;
  size_t told_ = 0;
};

bool named(const WorkerFile& file, const char* name) { return file.path.find(name) != std::string::npos; }

TEST_F(WorkersTest, ReadsEveryFileThroughItsDescriptor) {
  for (int i = 0; i < 50; ++i) file("file" + std::to_string(i));
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    ArtifactReport report = clean(one.path);
    char content[16] = {};
    report.size = static_cast<uint64_t>(::pread(one.descriptor, content, sizeof content, 0));
    report.text = content;
    return report;
  });
  EXPECT_EQ(told_, 50u);
  for (const auto& [name, report] : reports_) {
    EXPECT_EQ(report.verdict, Verdict::clean) << name;
    EXPECT_EQ(report.text, "content") << name;
    EXPECT_EQ(report.path, folder_ + "/" + name);
  }
  EXPECT_EQ(layers_.front(), "process");
}

TEST_F(WorkersTest, OtherFilesOfTheRunAreHandedOut) {
  for (int i = 0; i < 20; ++i) file("file" + std::to_string(i));
  run([](const WorkerFile& one, Whereabouts&, const Ask& ask) {
    ArtifactReport report = clean(one.path);
    const auto beside = ask("./file3");
    const bool others = ask("../" + one.path.substr(one.path.rfind('/') + 1)).has_value() || ask("missing").has_value() || ask("../../etc/passwd").has_value() || ask("/etc/passwd").has_value();
    report.text = beside && !others ? std::string(reinterpret_cast<const char*>(beside->data()), beside->size()) : "wrong";
    return report;
  });
  EXPECT_EQ(told_, 20u);
  for (const auto& [name, report] : reports_) EXPECT_EQ(report.text, "content") << name;
}

TEST_F(WorkersTest, WhoAsksTooMuchIsEnded) {
  file("asks");
  file("file");
  run([](const WorkerFile& one, Whereabouts&, const Ask& ask) {
    for (int i = 0; i < 5000 && named(one, "asks"); ++i) (void)ask("missing" + std::to_string(i));
    return clean(one.path);
  });
  EXPECT_EQ(of("file").verdict, Verdict::clean);
  EXPECT_NE(gap("asks").find("asked for what is no file"), std::string::npos) << gap("asks");
}

void say(const void* bytes, size_t size) {
  ::iovec part{const_cast<void*>(bytes), size};
  ::msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  (void)!::sendmsg(kChannel, &message, 0);
}

TEST_F(WorkersTest, WhoTakesNoAnswersHoldsUpNobody) {
  file("asks");
  file("file");
  Crew crew;
  crew.seconds = 5;
  const auto never_listens = [](const WorkerFile& one, Whereabouts&, const Ask&) {
    // A question for "x"; nobody listens to the answer.
    const char question[9] = {1, 0, 0, 0, 0, 0, 0, char(0x80), 'x'};
    for (int i = 0; i < 1000 && named(one, "asks"); ++i) say(question, sizeof question);
    volatile uint64_t turns = 0;
    while (named(one, "asks")) turns = turns + 1;
    return clean(one.path);
  };
  run(never_listens, crew);
  EXPECT_EQ(of("file").verdict, Verdict::clean);
  EXPECT_EQ(of("asks").verdict, Verdict::incomplete);
}

TEST_F(WorkersTest, WordsOfAReportAreOurOwn) {
  for (const char* name : {"terminal", "bytes", "file"}) file(name);
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    ArtifactReport report = clean(one.path);
    if (named(one, "terminal")) report.format = "pickle\x1b[2J";
    if (named(one, "bytes")) report.gaps.push_back({"\xff", {}, {}});
    return report;
  });
  EXPECT_EQ(of("file").verdict, Verdict::clean);
  for (const char* name : {"terminal", "bytes"}) EXPECT_NE(gap(name).find("no report"), std::string::npos) << gap(name);
}

TEST_F(WorkersTest, NothingOfTheEnvironmentIsLeft) {
  file("file");
  ASSERT_EQ(::setenv("WINNOW_SECRET", "told", 1), 0);
  static const char* const first = environ[0];
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    ArtifactReport report = clean(one.path);
    if (environ != nullptr && environ[0] != nullptr) report.text = "named";
    if (*first != '\0') report.text += "kept";
    return report;
  });
  EXPECT_EQ(of("file").text, "");
  EXPECT_NE(*first, '\0');
}

TEST_F(WorkersTest, CrashCostsOneFile) {
  for (int i = 0; i < 20; ++i) file((i % 5 == 2 ? "crash" : "file") + std::to_string(i));
  run([](const WorkerFile& one, Whereabouts& whereabouts, const Ask&) {
    whereabouts.at("pickle", "archive/data.pkl");
    if (named(one, "crash")) ::raise(SIGKILL);
    return clean(one.path);
  });
  EXPECT_EQ(told_, 20u);
  for (const auto& [name, report] : reports_) {
    const bool crashed = name.starts_with("crash");
    EXPECT_EQ(report.verdict, crashed ? Verdict::incomplete : Verdict::clean) << name;
    EXPECT_EQ(report.size, crashed ? 7u : 0u) << name;
  }
  EXPECT_NE(gap("crash2").find("SIGKILL"), std::string::npos) << gap("crash2");
  EXPECT_NE(gap("crash2").find("pickle, archive/data.pkl"), std::string::npos) << gap("crash2");
}

TEST_F(WorkersTest, HangIsEnded) {
  file("hang");
  file("file");
  Crew crew;
  crew.seconds = 0.01;
  crew.grace = 0.3;
  run(
      [](const WorkerFile& one, Whereabouts&, const Ask&) {
        volatile uint64_t turns = 0;
        while (named(one, "hang")) turns = turns + 1;
        return clean(one.path);
      },
      crew);
  EXPECT_EQ(of("file").verdict, Verdict::clean);
  EXPECT_NE(gap("hang").find("limit: the process that read it was ended: it took longer"), std::string::npos) << gap("hang");
}

TEST_F(WorkersTest, ForbiddenCallsAreToldAndStopped) {
  file("socket");
  file("file");
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    ArtifactReport report = clean(one.path);
    if (named(one, "socket") && ::socket(AF_INET, SOCK_STREAM, 0) < 0) report.verdict = Verdict::suspicious;
    if (::open("/etc/passwd", O_RDONLY) >= 0) report.verdict = Verdict::malicious;
    return report;
  });
  EXPECT_EQ(of("file").verdict, Verdict::clean);
  // The sanitizers' build refuses where the real one ends the process.
  if (of("socket").verdict != Verdict::suspicious) {
    EXPECT_NE(gap("socket").find("SIGSYS: it tried a forbidden system call"), std::string::npos) << gap("socket");
  }
}

TEST_F(WorkersTest, WhatIsNoReportIsNotBelieved) {
  file("lie");
  file("file");
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    if (named(one, "lie")) {
      const uint64_t reply[2] = {8, UINT64_MAX};
      say(reply, sizeof reply);
    }
    return clean(one.path);
  });
  EXPECT_EQ(of("file").verdict, Verdict::clean);
  EXPECT_NE(gap("lie").find("no report"), std::string::npos) << gap("lie");
}

TEST_F(WorkersTest, FileThatBecomesShorterIsIncomplete) {
  file("short");
  const std::string path = files_.front();
  run([](const WorkerFile& one, Whereabouts&, const Ask&) { return clean(one.path); });
  EXPECT_EQ(of("short").verdict, Verdict::clean);
  // Cut while it is read: the worker waits for the supervisor's other thread.
  std::thread cutter([&] {
    ::usleep(100'000);
    ::truncate(path.c_str(), 1);
  });
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    char byte = 0;
    while (::pread(one.descriptor, &byte, 1, 6) == 1) continue;
    return clean(one.path);
  });
  cutter.join();
  EXPECT_EQ(of("short").verdict, Verdict::incomplete);
  EXPECT_EQ(gap("short"), "unreadable: the file changed while it was scanned");
}

TEST_F(WorkersTest, FileThatIsWrittenToIsIncomplete) {
  file("written");
  file("still");
  const std::string path = files_.front();
  std::thread writer([&] {
    ::usleep(100'000);
    const int descriptor = ::open(path.c_str(), O_WRONLY);
    EXPECT_EQ(::pwrite(descriptor, "harmful", 7, 0), 7);
    ::close(descriptor);
  });
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    char byte = 'c';
    while (named(one, "written") && byte == 'c') ::pread(one.descriptor, &byte, 1, 0);
    return clean(one.path);
  });
  writer.join();
  EXPECT_EQ(gap("written"), "unreadable: the file changed while it was scanned");
  EXPECT_EQ(of("still").verdict, Verdict::clean);
}

TEST_F(WorkersTest, TimesThatArePutBackHideNoChange) {
  file("written");
  const std::string path = files_.front();
  struct stat before {};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  std::thread writer([&] {
    ::usleep(100'000);
    const int descriptor = ::open(path.c_str(), O_WRONLY);
    EXPECT_EQ(::pwrite(descriptor, "harmful", 7, 0), 7);
    const timespec times[] = {before.st_atim, before.st_mtim};
    ::futimens(descriptor, times);
    ::close(descriptor);
  });
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    char byte = 'c';
    while (byte == 'c') ::pread(one.descriptor, &byte, 1, 0);
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(200)) continue;  // for the writer to end
    return clean(one.path);
  });
  writer.join();
  EXPECT_EQ(gap("written"), "unreadable: the file changed while it was scanned");
}

// Reading a mapped page behind the new end is SIGBUS, which no reader can handle: it costs the worker.
TEST_F(WorkersTest, MappedFileThatBecomesShorterCostsOneFile) {
  file("mapped");
  file("still");
  const std::string path = files_.front();
  ASSERT_EQ(::truncate(path.c_str(), 1 << 20), 0);
  std::thread cutter([&] {
    ::usleep(100'000);
    ::truncate(path.c_str(), 1);
  });
  run([](const WorkerFile& one, Whereabouts&, const Ask&) {
    if (!named(one, "mapped")) return clean(one.path);
    const auto* bytes = static_cast<const volatile char*>(::mmap(nullptr, 1 << 20, PROT_READ, MAP_SHARED, one.descriptor, 0));
    while (bytes[(1 << 20) - 1] == 0) continue;
    return clean(one.path);
  });
  cutter.join();
  EXPECT_EQ(of("mapped").verdict, Verdict::incomplete);
  // The sanitizers take the signal themselves.
  EXPECT_NE(gap("mapped").find(kSanitized ? "ended by itself" : "SIGBUS"), std::string::npos) << gap("mapped");
  EXPECT_EQ(of("still").verdict, Verdict::clean);
}

TEST_F(WorkersTest, StopLeavesTheRestUndone) {
  for (int i = 0; i < 10; ++i) file("file" + std::to_string(i));
  std::atomic<bool> stop = true;
  Crew crew;
  crew.stop = &stop;
  run([](const WorkerFile& one, Whereabouts&, const Ask&) { return clean(one.path); }, crew);
  EXPECT_EQ(told_, 10u);
  EXPECT_EQ(gap("file3"), "limit: not scanned: the run was stopped");
}

TEST_F(WorkersTest, WhatCannotBeOpenedIsTold) {
  files_ = {folder_ + "/missing"};
  run([](const WorkerFile& one, Whereabouts&, const Ask&) { return clean(one.path); });
  EXPECT_EQ(of("missing").verdict, Verdict::incomplete);
  files_.clear();
}

TEST(Wire, ReportsTravelWhole) {
  ArtifactReport report = clean("a b\n\xff");
  report.size = UINT64_MAX;
  report.sha256 = "00";
  Finding finding;
  finding.threat = "pickle-code-execution";
  finding.ruling = Ruling::confirmed;
  finding.trigger = Trigger::import;
  finding.evidence.push_back({"os.system", "os.system('id')", {"data.pkl", 3, std::nullopt}});
  report.findings.push_back(finding);
  report.references.push_back({.kind = "model", .target = "a/b", .by = "c"});
  report.imports.push_back({"os", Safety::dangerous});
  report.gaps.push_back({"limit", {"", std::nullopt, 7}, "what"});
  report.text = std::string(100'000, 'x');
  const std::string packed = pack(report);
  const auto back = unpack(as_bytes(packed));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(pack(*back), packed);
  EXPECT_EQ(back->findings.at(0).evidence.at(0).location.offset, 3u);
  for (size_t size = 0; size < packed.size() - 1; size += size < 1000 ? 1 : 9973) {
    EXPECT_FALSE(unpack(as_bytes(std::string_view(packed).substr(0, size)))) << size;
  }
}

TEST(Sandbox, StopsWhatAnAttackerWouldTry) {
  for (const Attempt& attempt : attempt_everything()) {
    EXPECT_TRUE(attempt.stopped || !attempt.available) << attempt.layer << ": " << attempt.what << ": " << attempt.how;
    EXPECT_TRUE(attempt.stopped_by_all) << attempt.what;
  }
}

}  // namespace
}  // namespace winnow::engine
