// The proof of the sandbox: what an attacker who took over a worker would do, tried in confined processes.
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox.h"

namespace winnow::engine {
namespace {

constexpr uint64_t kMemory = uint64_t{256} << 20;
// Exit codes of a trying process; above them stands the number of the error that refused it.
constexpr int kSucceeded = 0;
constexpr int kRefused = 1;
constexpr int kUnavailable = 2;
constexpr int kErrors = 3;
// A descriptor that the supervisor happens to hold.
constexpr int kInherited = 40;

enum class Layer : uint8_t { process, limits, landlock, seccomp };

struct Trial {
  const char* what;
  Layer layer;
  bool (*succeeds)();  // true: the attacker got what he wanted; else errno tells why not
};

bool opened(const char* path, int flags) { return ::open(path, flags, 0600) >= 0; }

bool executed() {
  char* const words[] = {const_cast<char*>("/bin/true"), nullptr};
  ::execve(words[0], words, words + 1);
  return false;
}

bool forked() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return child > 0;
}

bool allocated() {
  void* const all = ::mmap(nullptr, 2 * kMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return all != MAP_FAILED;
}

bool made_code() {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page != MAP_FAILED && ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

// The first variable's text, where the program got it from the system.
const char* first_variable = nullptr;

bool told_secrets() {
  errno = 0;
  return (environ != nullptr && environ[0] != nullptr) || (first_variable != nullptr && *first_variable != '\0');
}

bool became_somebody_else() { return ::setgroups(0, nullptr) == 0; }

// Files that are nowhere, so that it is not the lack of a path that stops it.
bool wrote() {
  const int file = ::memfd_create("selftest", 0);
  return file >= 0 && ::write(file, "x", 1) == 1;
}

bool held_many_files() {
  for (int i = 0; i < 64; ++i) {
    if (::dup(STDIN_FILENO) < 0) return false;
  }
  return true;
}

bool dumped() {
  rlimit cores{};
  ::getrlimit(RLIMIT_CORE, &cores);
  errno = 0;
  return cores.rlim_max != 0;
}

constexpr Trial kTrials[] = {
    {"read the environment", Layer::process, told_secrets},
    {"use an inherited descriptor", Layer::process, [] { return ::fcntl(kInherited, F_GETFD) >= 0; }},
    {"become another user", Layer::process, became_somebody_else},
    {"take more memory than it may", Layer::limits, allocated},
    {"write what is in no folder", Layer::limits, wrote},
    {"hold many files open", Layer::limits, held_many_files},
    {"leave a core dump", Layer::limits, dumped},
    {"read a file", Layer::landlock, [] { return opened("/etc/passwd", O_RDONLY); }},
    {"list a folder", Layer::landlock, [] { return opened("/", O_RDONLY | O_DIRECTORY); }},
    {"write a file", Layer::landlock, [] { return opened("/tmp/winnow-selftest", O_WRONLY | O_CREAT); }},
    {"make a folder", Layer::landlock, [] { return ::mkdir("/tmp/winnow-selftest", 0700) == 0; }},
    {"run a program", Layer::landlock, executed},
    {"read a file", Layer::seccomp, [] { return opened("/etc/passwd", O_RDONLY); }},
    {"delete a file", Layer::seccomp, [] { return ::unlink("/tmp/winnow-selftest") == 0; }},
    {"run a program", Layer::seccomp, executed},
    {"start a process", Layer::seccomp, forked},
    {"open a connection", Layer::seccomp, [] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }},
    {"make a pair of sockets", Layer::seccomp, [] { int both[2]; return ::socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0; }},
    {"signal its parent", Layer::seccomp, [] { return ::kill(::getppid(), 0) == 0; }},
    {"trace its parent", Layer::seccomp, [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr) == 0; }},
    {"turn memory into code", Layer::seccomp, made_code},
};

const char* name_of(Layer layer) {
  switch (layer) {
    case Layer::process: return "process";
    case Layer::limits: return "rlimits";
    case Layer::landlock: return "landlock";
    case Layer::seccomp: return "seccomp";
  }
  return "";
}

bool has(const Layers& layers, Layer layer) {
  switch (layer) {
    case Layer::process: return true;
    case Layer::limits: return layers.limits;
    case Layer::landlock: return layers.landlock != 0;
    case Layer::seccomp: return layers.seccomp;
  }
  return false;
}

struct Outcome {
  bool available = true, stopped = false;
  std::string how;
};

[[noreturn]] void attempt_in_child(const Trial& trial, const Confinement& confinement, bool alone) {
  ::dup2(STDIN_FILENO, kInherited);
  first_variable = environ != nullptr ? environ[0] : nullptr;
  leave_everything(STDIN_FILENO);
  const Layers layers = confine(confinement);
  if (alone && !has(layers, trial.layer)) ::_exit(kUnavailable);
  errno = 0;
  if (trial.succeeds()) ::_exit(kSucceeded);
  ::_exit(errno == 0 ? kRefused : kErrors + errno);
}

Outcome attempt(const Trial& trial, bool alone) {
  Confinement confinement{.memory = kMemory, .cpu_seconds = 10};
  if (alone) {
    confinement.limits = trial.layer == Layer::limits;
    confinement.landlock = trial.layer == Layer::landlock;
    confinement.seccomp = trial.layer == Layer::seccomp;
  }
  const pid_t child = ::fork();
  if (child == 0) attempt_in_child(trial, confinement, alone);
  int status = 0;
  if (child < 0) return {true, false, "it could not be tried"};
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) return {true, true, std::string("ended by SIG") + ::sigabbrev_np(WTERMSIG(status))};
  const int code = WEXITSTATUS(status);
  if (code == kSucceeded) return {true, false, "it succeeded"};
  if (code == kUnavailable) return {false, false, "not on this machine"};
  return {true, true, code > kErrors ? std::string("refused: ") + ::strerror(code - kErrors) : "nothing there"};
}

}  // namespace

std::vector<Attempt> attempt_everything() {
  std::vector<Attempt> out;
  for (const Trial& trial : kTrials) {
    if (kSanitized && trial.layer == Layer::limits) continue;
    const Outcome alone = attempt(trial, true);
    out.push_back({trial.what, name_of(trial.layer), alone.available, alone.stopped, alone.how,
                   attempt(trial, false).stopped});
  }
  return out;
}

}  // namespace winnow::engine
