#include "engine/workers.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <list>
#include <memory>
#include <optional>

#include "bytes/file.h"
#include "core/path.h"
#include "engine/wire.h"

namespace winnow::engine {
namespace {

using Clock = std::chrono::steady_clock;

// A worker is handed the next file while it reads one, so that it never waits; behind a large file none, which
// another worker could read meanwhile.
constexpr size_t kAhead = 2;
constexpr uint64_t kQuick = 1 << 20;
// No honest report comes near; a broken worker must not fill its supervisor's memory.
constexpr uint64_t kLongestReport = uint64_t{256} << 20;

// A file to be read, or the answer to a question for one; `none` comes without a descriptor.
enum class Sent : uint32_t { file, answer, none };

struct Order {
  uint64_t size;
  uint32_t path;  // bytes of the name that follow
  Sent what;
};

// In front of what a worker says: the size of a report, or, with this bit, that of the path it asks for.
constexpr uint64_t kQuestion = uint64_t{1} << 63;
constexpr uint64_t kLongestQuestion = 4096;
// Of one file; the scan asks for less.
constexpr uint32_t kMostQuestions = 1024;

struct Hello {
  uint32_t limits, landlock, seccomp;
};

// Waits `patience` milliseconds for room in the channel, without end where it is negative.
ssize_t send_now(int socket, const msghdr& message, int patience) {
  for (;;) {
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | (patience < 0 ? 0 : MSG_DONTWAIT));
    if (sent >= 0 || (errno != EINTR && errno != EAGAIN)) return sent;
    pollfd room{socket, POLLOUT, 0};
    if (errno == EAGAIN && ::poll(&room, 1, patience) == 0) return -1;
  }
}

bool send_all(int socket, const void* from, size_t size, int patience = -1) {
  auto at = static_cast<const char*>(from);
  while (size != 0) {
    iovec part{const_cast<char*>(at), size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t sent = send_now(socket, message, patience);
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

// For the supervisor. A worker that takes nothing must not hold it up: what it is sent fits many times into the channel.
constexpr int kPatience = 1000;

bool send_with_descriptor(int socket, const Order& order, int descriptor) {
  iovec part{const_cast<Order*>(&order), sizeof order};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return send_now(socket, message, kPatience) == static_cast<ssize_t>(sizeof order);
}

// In the worker: exactly `size` bytes, with a descriptor if one came along.
bool receive(int socket, void* into, size_t size, int* descriptor) {
  auto at = static_cast<char*>(into);
  while (size != 0) {
    iovec part{at, size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = ::recvmsg(socket, &message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_type == SCM_RIGHTS && descriptor != nullptr) {
        std::memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
      }
    }
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

// The worker's side of the channel: files come in their order, and answers to its questions between them.
class Desk {
 public:
  // False when there is nothing more.
  bool next(WorkerFile& file) {
    if (waiting_.empty()) {
      Order order{};
      return receive_order(order, file);
    }
    file = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }

  std::optional<std::vector<std::byte>> ask(const std::string& path) {
    const uint64_t size = kQuestion | path.size();
    if (path.size() > kLongestQuestion || !send_all(kChannel, &size, sizeof size) || !send_all(kChannel, path.data(), path.size())) return std::nullopt;
    for (;;) {
      Order order{};
      WorkerFile file;
      if (!receive_order(order, file)) return std::nullopt;
      if (order.what == Sent::none) return std::nullopt;
      if (order.what == Sent::answer) return content(file);
      waiting_.push_back(std::move(file));
    }
  }

 private:
  static bool receive_order(Order& order, WorkerFile& file) {
    if (!receive(kChannel, &order, sizeof order, &file.descriptor)) return false;
    file.path.resize(order.path);
    file.size = order.size;
    return receive(kChannel, file.path.data(), file.path.size(), nullptr);
  }

  static std::optional<std::vector<std::byte>> content(const WorkerFile& file) {
    const Descriptor descriptor(file.descriptor);
    if (file.size > kLongestNeighbour) return std::nullopt;
    std::vector<std::byte> buffer;
    const auto bytes = FileBytes::read(file.descriptor, file.size, buffer, Access::whole);
    if (!bytes) return std::nullopt;
    return std::vector<std::byte>(bytes->bytes().begin(), bytes->bytes().end());
  }

  std::deque<WorkerFile> waiting_;
};

[[noreturn]] void serve(int channel, const Crew& crew, const Work& work, Whereabouts& whereabouts) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGINT, SIG_IGN);  // a key pressed at the terminal reaches all; the supervisor decides
  ::signal(SIGTERM, SIG_DFL);
  leave_everything(channel);
  const auto patience = static_cast<uint64_t>(std::ceil(crew.seconds));
  const Layers layers = confine({.memory = crew.memory, .cpu_seconds = patience == 0 ? 0 : 2 * patience + 60});
  const Hello hello{layers.limits, layers.landlock, layers.seccomp};
  bool going = send_all(kChannel, &hello, sizeof hello);
  Desk desk;
  while (going) {
    WorkerFile file;
    if (!desk.next(file)) break;
    const std::string packed = pack(work(file, whereabouts, [&](const std::string& path) { return desk.ask(path); }));
    ::close(file.descriptor);
    const uint64_t size = packed.size();
    going = send_all(kChannel, &size, sizeof size) && send_all(kChannel, packed.data(), packed.size());
  }
  ::_exit(0);
}

struct Handed {
  size_t index = 0;
  Descriptor descriptor;
  struct stat opened {};
};

struct Worker {
  pid_t process = -1;
  Descriptor channel;
  Whereabouts* whereabouts = nullptr;
  std::deque<Handed> handed;   // the first is the one that it reads
  std::string received;
  bool greeted = false;
  uint32_t questions = 0;      // about the first
  Clock::time_point since;     // it reads the first
  double busy = 0;             // seconds of all its files
};

class Supervisor {
 public:
  Supervisor(const std::vector<std::string>& paths, const Crew& crew, const Work& work,
             const std::function<void(size_t, ArtifactReport)>& done)
      : paths_(paths), neighbours_(paths), crew_(crew), work_(work), done_(done) {
    for (size_t i = 0; i < paths.size(); ++i) waiting_.push_back(i);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor() {
    for (Worker& worker : workers_) end(worker);
  }

  std::vector<std::string> run();

 private:
  bool start(Worker& worker);
  void end(Worker& worker);
  bool hand(Worker& worker, size_t index);
  void fill();
  int patience() const;
  void listen();
  void hear(Worker& worker);
  bool take_report(Worker& worker);
  bool answer(Worker& worker);
  void fallen(Worker& worker, const std::string& how);
  void leave_undone(size_t index, Fault fault, const std::string& what);
  void stop_all();
  bool stopped() const { return crew_.stop != nullptr && crew_.stop->load(); }

  const std::vector<std::string>& paths_;
  const FilesOfRun neighbours_;
  const Crew& crew_;
  const Work& work_;
  const std::function<void(size_t, ArtifactReport)>& done_;
  std::deque<size_t> waiting_;
  std::list<Worker> workers_;
  std::optional<Layers> layers_;
  unsigned stillborn_ = 0;  // workers in a row that ended before they could be spoken to
};

// Workers that the limit of open descriptors allows: each takes a channel, the files that it was handed and an answer.
size_t affordable() {
  constexpr rlim_t kOthers = 8;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return files.rlim_cur <= kOthers ? 1 : static_cast<size_t>((files.rlim_cur - kOthers) / (kAhead + 2));
}

ArtifactReport undone(const std::string& path, uint64_t size, Fault fault, const std::string& what) {
  ArtifactReport report;
  report.path = path;
  report.size = size;
  report.format = "unknown";
  report.verdict = Verdict::incomplete;
  report.gaps.push_back({fault_name(fault), {}, what});
  return report;
}

bool Supervisor::start(Worker& worker) {
  int both[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0) return false;
  Descriptor ours(both[0]);
  const Descriptor theirs(both[1]);
  void* const shared =
      ::mmap(nullptr, sizeof(Whereabouts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return false;
  worker.whereabouts = new (shared) Whereabouts;
  worker.process = ::fork();
  if (worker.process == 0) serve(theirs.number(), crew_, work_, *worker.whereabouts);
  worker.channel = std::move(ours);
  worker.greeted = false;
  worker.busy = 0;
  worker.received.clear();
  return worker.process > 0;
}

void Supervisor::end(Worker& worker) {
  if (worker.process > 0) {
    ::kill(worker.process, SIGKILL);
    while (::waitpid(worker.process, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  worker.process = -1;
  worker.channel = Descriptor();
  if (worker.whereabouts != nullptr) ::munmap(worker.whereabouts, sizeof(Whereabouts));
  worker.whereabouts = nullptr;
}

void Supervisor::leave_undone(size_t index, Fault fault, const std::string& what) {
  done_(index, undone(paths_[index], 0, fault, what));
}

// False when the worker is gone; the file then waits for another one.
bool Supervisor::hand(Worker& worker, size_t index) {
  auto descriptor = open_file(paths_[index]);
  if (!descriptor) {
    leave_undone(index, descriptor.error().fault, descriptor.error().what);
    return true;
  }
  Handed handed{.index = index, .descriptor = descriptor.take(), .opened = {}};
  if (::fstat(handed.descriptor.number(), &handed.opened) != 0) {
    leave_undone(index, Fault::unreadable, "cannot be examined");
    return true;
  }
  const std::string& path = paths_[index];
  const Order order{static_cast<uint64_t>(handed.opened.st_size), static_cast<uint32_t>(path.size()), Sent::file};
  if (!send_with_descriptor(worker.channel.number(), order, handed.descriptor.number()) ||
      !send_all(worker.channel.number(), path.data(), path.size(), kPatience)) {
    waiting_.push_front(index);
    if (worker.handed.empty()) {
      end(worker);
    } else {
      ::kill(worker.process, SIGKILL);  // its silence tells then, and the file that it reads
    }
    return false;
  }
  if (worker.handed.empty()) worker.since = Clock::now();
  worker.handed.push_back(std::move(handed));
  return true;
}

void Supervisor::fill() {
  for (size_t depth = 1; depth <= kAhead; ++depth) {
    for (Worker& worker : workers_) {
      while (!waiting_.empty() && worker.handed.size() < depth) {
        if (depth > 1 && worker.handed.front().opened.st_size > static_cast<off_t>(kQuick)) break;
        if (worker.process < 0 && !start(worker)) {
          end(worker);
          stillborn_ += 1;
          break;
        }
        const size_t index = waiting_.front();
        waiting_.pop_front();
        if (!hand(worker, index)) break;
      }
    }
  }
}

// Milliseconds until the first worker has taken too long; -1: none can.
int Supervisor::patience() const {
  if (crew_.seconds <= 0) return -1;
  double least = crew_.seconds + crew_.grace;
  for (const Worker& worker : workers_) {
    if (worker.handed.empty()) continue;
    const double spent = std::chrono::duration<double>(Clock::now() - worker.since).count();
    least = std::min(least, crew_.seconds + crew_.grace - spent);
  }
  return static_cast<int>(std::clamp(least * 1000 + 1, 0.0, 3600e3));
}

void Supervisor::listen() {
  std::vector<pollfd> sockets;
  std::vector<Worker*> of;
  for (Worker& worker : workers_) {
    if (worker.handed.empty()) continue;
    sockets.push_back({worker.channel.number(), POLLIN, 0});
    of.push_back(&worker);
  }
  if (sockets.empty()) return;
  // Short, where somebody may set `stop` without a signal that wakes us.
  const int longest = crew_.stop != nullptr ? 200 : 3'600'000;
  const int wait = patience();
  const int ready = ::poll(sockets.data(), sockets.size(), wait < 0 ? longest : std::min(wait, longest));
  for (size_t i = 0; i < sockets.size(); ++i) {
    if (ready > 0 && sockets[i].revents != 0) hear(*of[i]);
  }
  if (crew_.seconds <= 0) return;
  for (Worker* const worker : of) {
    const double spent = std::chrono::duration<double>(Clock::now() - worker->since).count();
    if (worker->handed.empty() || spent < crew_.seconds + crew_.grace) continue;
    ::kill(worker->process, SIGKILL);
    fallen(*worker, "it took longer than " + std::to_string(static_cast<long>(crew_.seconds)) + " seconds");
  }
}

void Supervisor::hear(Worker& worker) {
  char piece[1 << 16];
  const ssize_t got = ::recv(worker.channel.number(), piece, sizeof piece, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return fallen(worker, "");
  worker.received.append(piece, static_cast<size_t>(got));
  if (!worker.greeted) {
    Hello hello{};
    if (worker.received.size() < sizeof hello) return;
    std::memcpy(&hello, worker.received.data(), sizeof hello);
    worker.received.erase(0, sizeof hello);
    worker.greeted = true;
    stillborn_ = 0;
    const Layers its{hello.limits != 0, hello.landlock, hello.seccomp != 0};
    if (!layers_) layers_ = its;
    layers_->limits &= its.limits;
    layers_->seccomp &= its.seccomp;
    layers_->landlock = std::min(layers_->landlock, its.landlock);
  }
  while (take_report(worker)) continue;
  if (worker.process > 0 && worker.handed.empty() && crew_.seconds > 0 && worker.busy > crew_.seconds) end(worker);
}

// One whole report from what was received; false when there is none.
bool Supervisor::take_report(Worker& worker) {
  uint64_t size = 0;
  if (worker.process < 0 || worker.received.size() < sizeof size) return false;
  std::memcpy(&size, worker.received.data(), sizeof size);
  if ((size & kQuestion) != 0) return answer(worker);
  if (size > kLongestReport || worker.handed.empty()) {
    ::kill(worker.process, SIGKILL);
    fallen(worker, "it answered what is no report");
    return false;
  }
  if (worker.received.size() < sizeof size + size) return false;
  auto report = unpack(as_bytes(std::string_view(worker.received).substr(sizeof size, size)));
  if (!report) {
    ::kill(worker.process, SIGKILL);
    fallen(worker, "it answered what is no report");
    return false;
  }
  worker.received.erase(0, sizeof size + size);
  const Handed handed = std::move(worker.handed.front());
  worker.handed.pop_front();
  worker.questions = 0;
  stillborn_ = 0;  // where others cannot be started, this one goes on
  const Clock::time_point now = Clock::now();
  worker.busy += std::chrono::duration<double>(now - worker.since).count();
  worker.since = now;
  report->path = paths_[handed.index];
  struct stat after {};
  if (::fstat(handed.descriptor.number(), &after) != 0 || has_changed(handed.opened, after)) {
    report->gaps.push_back({fault_name(Fault::unreadable), {}, kChanged});
    if (report->verdict < Verdict::incomplete) report->verdict = Verdict::incomplete;
  }
  done_(handed.index, std::move(*report));
  return true;
}

// Hands out another file of the run, for which the worker asks while it reads the first of its own.
bool Supervisor::answer(Worker& worker) {
  uint64_t size = 0;
  std::memcpy(&size, worker.received.data(), sizeof size);
  size &= ~kQuestion;
  if (size > kLongestQuestion || worker.handed.empty() || ++worker.questions > kMostQuestions) {
    ::kill(worker.process, SIGKILL);
    fallen(worker, "it asked for what is no file");
    return false;
  }
  if (worker.received.size() < sizeof size + size) return false;
  const std::string path = worker.received.substr(sizeof size, size);
  worker.received.erase(0, sizeof size + size);
  const std::string* found = neighbours_.find(paths_[worker.handed.front().index], path);
  const auto descriptor = found != nullptr ? open_file(*found) : Result<Descriptor>(Error{Fault::unreadable, 0, {}});
  struct stat status {};
  const bool open = descriptor && ::fstat(descriptor->number(), &status) == 0 && status.st_size <= static_cast<off_t>(kLongestNeighbour);
  const Order order{open ? static_cast<uint64_t>(status.st_size) : 0, 0, open ? Sent::answer : Sent::none};
  const bool sent = open ? send_with_descriptor(worker.channel.number(), order, descriptor->number())
                         : send_all(worker.channel.number(), &order, sizeof order, kPatience);
  if (!sent) ::kill(worker.process, SIGKILL);  // it is noticed by its silence
  return sent;
}

// A worker is gone: the file that it read is incomplete, those behind it wait for the next worker.
void Supervisor::fallen(Worker& worker, const std::string& how) {
  int status = 0;
  while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) continue;
  worker.process = -1;
  std::string what = "the process that read it ";
  if (!how.empty()) {
    what += "was ended: " + how;
  } else if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    what += std::string("was ended by SIG") + ::sigabbrev_np(number);
    if (number == SIGBUS) what += " (a file that became shorter does that)";
    if (number == SIGSYS) what += ": it tried a forbidden system call";
    if (number == SIGKILL) what += " (memory ran out, or somebody killed it)";
    if (number == SIGXCPU) what += ": no time was left";
  } else {
    what += "ended by itself";
  }
  if (const std::string where = worker.whereabouts->text(); !where.empty()) what += ", at " + where;
  if (!worker.greeted) stillborn_ += 1;
  const bool blame = worker.greeted || stillborn_ > 2;
  std::deque<Handed> handed = std::move(worker.handed);
  worker.handed.clear();
  end(worker);
  for (size_t i = handed.size(); i-- > (blame ? 1 : 0);) waiting_.push_front(handed[i].index);
  if (!blame || handed.empty()) return;
  done_(handed[0].index, undone(paths_[handed[0].index], static_cast<uint64_t>(handed[0].opened.st_size),
                                how.empty() ? Fault::unreadable : Fault::limit, what));
}

void Supervisor::stop_all() {
  for (Worker& worker : workers_) {
    for (const Handed& handed : worker.handed) waiting_.push_back(handed.index);
    worker.handed.clear();
  }
  for (const size_t index : waiting_) leave_undone(index, Fault::limit, "not scanned: the run was stopped");
  waiting_.clear();
}

std::vector<std::string> Supervisor::run() {
  workers_.resize(std::clamp<size_t>(std::min<size_t>(crew_.workers, affordable()), 1, std::max<size_t>(paths_.size(), 1)));
  const auto busy = [](const Worker& worker) { return !worker.handed.empty(); };
  while (!waiting_.empty() || std::any_of(workers_.begin(), workers_.end(), busy)) {
    if (stopped()) {
      stop_all();
      break;
    }
    fill();
    listen();
    if (stillborn_ > 8 && std::none_of(workers_.begin(), workers_.end(), busy)) {
      for (const size_t index : waiting_) leave_undone(index, Fault::unreadable, "no worker could be started");
      break;
    }
  }
  return layers_ ? layers_->names() : std::vector<std::string>{};
}

}  // namespace

FilesOfRun::FilesOfRun(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) by_place_.emplace(joined_path("", path), &path);
}

const std::string* FilesOfRun::find(std::string_view of, std::string_view path) const {
  const auto found = by_place_.find(joined_path(of.starts_with('/') && of.rfind('/') == 0 ? "/" : folder_of(of), path));
  return found == by_place_.end() ? nullptr : found->second;
}

void Whereabouts::at(std::string_view format, std::string_view member) {
  size_t used = 0;
  const auto put = [&](std::string_view text) {
    const size_t size = std::min(text.size(), sizeof words_ - 1 - used);
    std::memcpy(words_ + used, text.data(), size);
    used += size;
  };
  put(format);
  if (!member.empty()) put(", ");
  put(member);
  words_[used] = '\0';
}

std::string Whereabouts::text() const { return {words_, ::strnlen(words_, sizeof words_)}; }

std::vector<std::string> scan_in_workers(const std::vector<std::string>& paths, const Crew& crew, const Work& work,
                                         const std::function<void(size_t, ArtifactReport)>& done) {
  return Supervisor(paths, crew, work, done).run();
}

}  // namespace winnow::engine
