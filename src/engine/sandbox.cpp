#include "engine/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace winnow::engine {
namespace {

void limit(decltype(RLIMIT_CORE) resource, rlim_t value, bool& all) {
  const rlimit both{value, value};
  if (::setrlimit(resource, &both) != 0) all = false;
}

bool set_limits(const Confinement& confinement) {
  bool all = true;
  limit(RLIMIT_CORE, 0, all);
  limit(RLIMIT_FSIZE, 0, all);
  limit(RLIMIT_NOFILE, kChannel + 5, all);
  if (confinement.cpu_seconds != 0) limit(RLIMIT_CPU, confinement.cpu_seconds, all);
  if (confinement.memory != 0 && !kSanitized) limit(RLIMIT_DATA, confinement.memory, all);
  return all;
}

// The rights that each version of the interface knows, as later headers spell them: the file system's up to 1,
// 2, 3 and 5, the network's from 4, signals and abstract sockets from 6.
struct Rules {
  uint64_t files = 0, network = 0, scoped = 0;
};

Rules everything(long version) {
  Rules rules;
  const int rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
  rules.files = (uint64_t{1} << rights) - 1;
  if (version >= 4) rules.network = 3;
  if (version >= 6) rules.scoped = 3;
  return rules;
}

uint32_t forbid_paths() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version <= 0) return 0;
  const Rules rules = everything(version);
  const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  if (ruleset < 0) return 0;
  const bool done = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return done ? static_cast<uint32_t>(version) : 0;
}

// What allocating, reading the one file and answering take.
constexpr int kHarmless[] = {
    SCMP_SYS(read),      SCMP_SYS(pread64),        SCMP_SYS(lseek),         SCMP_SYS(close),
    SCMP_SYS(munmap),    SCMP_SYS(mremap),         SCMP_SYS(madvise),       SCMP_SYS(brk),
    SCMP_SYS(futex),     SCMP_SYS(exit),           SCMP_SYS(exit_group),    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(getrandom), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),  SCMP_SYS(clock_gettime),
    SCMP_SYS(getpid),    SCMP_SYS(gettid),         SCMP_SYS(restart_syscall), SCMP_SYS(gettimeofday),
};

// Libraries try these for reasons of their own (a converter of character sets looks for its tables) and go
// on without: refused, while anything that is not listed at all ends the process.
constexpr int kRefused[] = {
    SCMP_SYS(open),  SCMP_SYS(openat),   SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(stat), SCMP_SYS(newfstatat),
    SCMP_SYS(fstat), SCMP_SYS(readlink), SCMP_SYS(statx),  SCMP_SYS(ioctl),     SCMP_SYS(fcntl),
};

// As SCMP_A0 and its kin, which are C.
scmp_arg_cmp argument(unsigned number, scmp_compare operation, uint64_t a, uint64_t b = 0) { return {number, operation, a, b}; }

class Filter {
 public:
  Filter() : context_(::seccomp_init(kSanitized ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS)) {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    if (context_ != nullptr) ::seccomp_release(context_);
  }

  template <class... Conditions>
  void allow(int call, Conditions... conditions) {
    add(SCMP_ACT_ALLOW, call, conditions...);
  }
  void refuse(int call) {
    if (!kSanitized) add(SCMP_ACT_ERRNO(EPERM), call);
  }
  bool load() { return context_ != nullptr && complete_ && ::seccomp_load(context_) == 0; }

 private:
  template <class... Conditions>
  void add(uint32_t action, int call, Conditions... conditions) {
    if (context_ == nullptr) return;
    if (::seccomp_rule_add(context_, action, call, sizeof...(conditions), conditions...) != 0) complete_ = false;
  }

  scmp_filter_ctx context_;
  bool complete_ = true;
};

bool filter_calls() {
  Filter filter;
  for (const int call : kHarmless) filter.allow(call);
  for (const int call : kRefused) filter.refuse(call);
  filter.allow(SCMP_SYS(sendmsg), argument(0, SCMP_CMP_EQ, kChannel));
  filter.allow(SCMP_SYS(recvmsg), argument(0, SCMP_CMP_EQ, kChannel));
  filter.allow(SCMP_SYS(tgkill), argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));  // abort()
  // Memory, but never a program in it.
  filter.allow(SCMP_SYS(mmap), argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  filter.allow(SCMP_SYS(mprotect), argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  if (kSanitized) {
    filter.allow(SCMP_SYS(write), argument(0, SCMP_CMP_EQ, STDERR_FILENO));
    filter.allow(SCMP_SYS(sigaltstack));
    filter.allow(SCMP_SYS(sched_yield));
  }
  return filter.load();
}

// Forgetting where the variables are leaves them in memory, and in /proc: they are overwritten. The kernel does it, by
// reading zeros, because a program that uses the library may have put one where nothing can be written.
void forget_environment() {
  const int zeros = ::memfd_create("zeros", MFD_CLOEXEC);
  for (char** variable = environ; zeros >= 0 && variable != nullptr && *variable != nullptr; ++variable) {
    const size_t size = std::strlen(*variable);
    if (::ftruncate(zeros, static_cast<off_t>(size)) == 0) (void)!::pread(zeros, *variable, size, 0);
  }
  if (zeros >= 0) ::close(zeros);
  ::clearenv();
}

// What root may do, a worker of root may not.
void drop_privileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  ::syscall(SYS_capset, &header, none);
}

}  // namespace

std::vector<std::string> Layers::names() const {
  std::vector<std::string> out = {"process"};
  if (limits) out.emplace_back("rlimits");
  if (landlock != 0) out.emplace_back("landlock");
  if (seccomp) out.emplace_back("seccomp");
  return out;
}

void leave_everything(int channel) {
  // First, because the channel may have the number of a standard descriptor that was closed.
  if (channel != kChannel) ::dup2(channel, kChannel);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (kSanitized && standard == STDERR_FILENO) continue;
    if (nowhere < 0 || ::dup2(nowhere, standard) < 0) ::close(standard);
  }
  ::close_range(kChannel + 1, ~0u, 0);
  forget_environment();
  drop_privileges();
}

Layers confine(const Confinement& confinement) {
  Layers layers;
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (confinement.landlock) layers.landlock = forbid_paths();
  if (confinement.limits) layers.limits = set_limits(confinement);
  if (confinement.seccomp) layers.seccomp = filter_calls();
  return layers;
}

}  // namespace winnow::engine
