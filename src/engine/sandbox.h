// What a worker gives up before it sees a byte of a model: the file system, the network, other processes, new
// programs, memory without end. Each layer stands alone, because no kernel has to have all of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::engine {

// The sanitizers' own runtime asks for more than a worker may have: in their builds what the filter does not know is
// refused instead of being deadly, and memory, of which their shadow is a part, is not limited.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

// The one descriptor through which a confined process may send.
constexpr int kChannel = 3;

// The layers that are asked for; what the kernel does not have is left out.
struct Confinement {
  uint64_t memory = 0;       // bytes of private memory; 0 is without end
  uint64_t cpu_seconds = 0;  // over the life of the process; 0 is without end
  bool limits = true, landlock = true, seccomp = true;
};

// What is in force.
struct Layers {
  bool limits = false;    // rlimits; no core dumps, no descriptors beyond a few, no written files
  uint32_t landlock = 0;  // version of the kernel's interface, 0 without it: no path can be opened
  bool seccomp = false;   // no system call but a few; what is not expected of a library ends the process

  // For reports: "process", "rlimits", "landlock", "seccomp".
  std::vector<std::string> names() const;
};

// Closes every descriptor but `channel`, which becomes kChannel; forgets the environment, and what root may do. For a
// process just forked, before confine().
void leave_everything(int channel);

// Cannot be undone. Layers that the kernel refuses are missing in the answer.
Layers confine(const Confinement& confinement);

// What an attacker inside a worker would try, for `winnow selftest`: each in a process of its own, first with
// the one layer alone that is there to stop it, then with all.
struct Attempt {
  const char* what;       // "read a file"
  const char* layer;      // "landlock"
  bool available = true;  // this kernel has the layer
  bool stopped = false;   // by the layer alone
  std::string how;        // "refused: Permission denied", "ended by SIGSYS"
  bool stopped_by_all = false;
};
std::vector<Attempt> attempt_everything();

}  // namespace winnow::engine
