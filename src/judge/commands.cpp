#include "judge/commands.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "judge/addresses.h"
#include "judge/names.h"
#include "judge/source.h"
#include "judge/places.h"

namespace winnow::judge {
namespace {

constexpr int kDeepest = 4;             // shells inside shells
constexpr size_t kLongest = 64 * 1024;  // of a line

// Programs that code beside models starts every day.
constexpr std::string_view kTools[] = {
    "json.tool", "venv", "compileall", "pip", "pip3", "uv", "conda", "mamba", "micromamba", "nerdctl", "pget", "poetry", "npm", "yarn", "pnpm", "apt", "apt-get", "yum", "dnf", "apk", "brew", "dpkg", "choco", "git", "git-lfs", "hg", "svn",
    "make", "cmake", "ninja", "gcc", "g++", "cc", "c++", "clang", "clang++", "nvcc", "hipcc", "hipconfig", "ld", "ldconfig", "ar", "ranlib", "nm", "objdump", "strip", "patchelf", "ptxas", "cuobjdump", "nvdisasm", "fatbinary", "cl", "cl.exe", "link", "lib", "rustc", "cargo",
    "go", "java", "javac", "node", "npx", "swig", "cython", "protoc", "f2py", "gfortran", "meson", "bazel", "pkg-config", "xcrun", "xcodebuild", "otool", "install_name_tool", "sw_vers", "codesign",
    "nvidia-smi", "rocm-smi", "rocminfo", "rocm_agent_enumerator", "amd-smi", "xpu-smi", "npu-smi", "neuron-ls", "hl-smi", "lscpu", "lspci", "lsb_release", "uname", "sysctl", "system_profiler", "free", "df", "du", "nproc", "numactl", "taskset", "wmic", "ver", "getconf", "ulimit", "date", "uptime", "ldd", "locale", "tty", "stty", "tput", "mode",
    "which", "where", "whereis", "type", "command", "test", "[", "true", "false", "exit", "set", "export", "unset", "source", ".", "alias", "sleep", "time", "timeout", "wait", "nice", "env", "if", "then", "else", "fi", "for", "do", "done", "while", "case", "esac", "{", "}", "(", ")", "!", "exec", "trap",
    "ffmpeg", "ffprobe", "ffplay", "sox", "soxi", "lame", "flac", "opusenc", "mpg123", "aplay", "play", "afplay", "espeak", "espeak-ng", "convert", "magick", "identify", "mogrify", "tesseract", "pdftotext", "pdftoppm", "pandoc", "pdflatex", "xelatex", "latex", "bibtex", "dvipng", "dvips", "gs", "inkscape", "dot", "graphviz", "blender", "gifsicle", "yt-dlp", "youtube-dl", "mkvmerge", "exiftool",
    "mkdir", "cp", "mv", "ln", "ls", "cd", "pwd", "rmdir", "tar", "unzip", "zip", "gzip", "gunzip", "bzip2", "xz", "zstd", "7z", "unrar", "cat", "head", "tail", "wc", "sort", "uniq", "grep", "egrep", "fgrep", "sed", "awk", "gawk", "cut", "tr", "tee", "paste", "join", "diff", "patch", "find", "xargs", "basename", "dirname", "realpath", "readlink", "stat", "file", "md5sum", "sha1sum", "sha256sum", "shasum", "split", "shuf", "seq", "printf", "echo", "clear", "cls", "reset", "pause", "title", "color", "dir", "copy", "move", "xcopy", "robocopy", "rsync", "rd", "md", "less", "more", "column", "expr", "bc", "jq", "yes", "sync", "touch", "rm", "del", "erase", "chmod",
    "huggingface-cli", "hf", "gdown", "gsutil", "gcloud", "aws", "az", "kaggle", "aria2c", "axel", "s5cmd", "modelscope", "wandb", "tensorboard", "mlflow", "jupyter", "ipython", "streamlit", "gradio", "uvicorn", "gunicorn", "flask", "fastapi", "torchrun", "accelerate", "deepspeed", "horovodrun", "mpirun", "mpiexec", "srun", "sbatch", "squeue", "scancel", "sinfo", "scontrol", "ray", "dask", "celery", "vllm", "ollama", "llama-server", "trtexec", "onnxsim", "snpe-onnx-to-dlc", "rosetta", "mafft", "blastn", "blastp", "makeblastdb", "hhblits", "hhsearch", "jackhmmer", "hmmsearch", "kalign", "foldseek", "mmseqs", "pymol", "obabel", "gmx", "lmp", "vina", "smina",
    "docker", "docker-compose", "podman", "kubectl", "helm", "singularity", "apptainer", "nvidia-ctk", "modprobe", "pytest", "black", "ruff", "isort", "flake8", "mypy", "pre-commit", "twine", "sphinx-build", "tox", "nox", "hatch", "flit", "pdm", "pipx", "virtualenv", "nbconvert", "jupytext", "cloc", "tree", "watch", "tmux", "screen", "gdb", "strace", "perf", "valgrind", "nsys", "ncu", "nvprof", "py-spy", "R", "Rscript", "julia", "octave", "matlab", "perl", "ruby", "lua", "luajit", "sqlite3", "openssl", "locale-gen", "update-alternatives", "fc-cache", "fc-list", "xvfb-run", "Xvfb", "xdg-open", "say", "sudo", "su", "killall", "pkill", "kill", "taskkill", "ps", "pgrep", "lsof", "fuser", "netstat", "ss", "ip", "ifconfig", "ipconfig", "hostname", "ping", "nvlink", "ibstat", "ibv_devinfo", "lsmod", "dmesg", "lsblk", "mount", "umount", "chown", "groups", "tasklist", "systeminfo", "getent", "setx", "assoc", "sh", "bash", "zsh", "dash", "cmd", "cmd.exe", "python", "python2", "python3", "pythonw", "py", "pypy", "pypy3"};

// Who publishes an installer that is meant to be piped into a shell.
constexpr std::string_view kInstallers[] = {"ollama.com", "ollama.ai", "rustup.rs", "sh.rustup.rs", "get.docker.com", "deb.nodesource.com", "rpm.nodesource.com", "astral.sh", "install.python-poetry.org", "bootstrap.pypa.io", "pixi.sh", "micro.mamba.pm", "nixos.org", "bun.sh", "deno.land", "get.sdkman.io", "packagecloud.io", "cli.github.com", "download.docker.com", "nvidia.github.io", "developer.download.nvidia.com", "packages.cloud.google.com", "sdk.cloud.google.com", "dl.google.com", "packages.microsoft.com", "aka.ms", "apt.kitware.com", "apt.llvm.org", "repo.anaconda.com", "get.helm.sh", "baltocdn.com", "tailscale.com", "apt.repos.intel.com", "repo.radeon.com", "bazel.build", "pkgs.k8s.io", "modal.com", "fly.io", "pyenv.run", "install.determinate.systems", "get.pnpm.io", "pkg.cloudflare.com"};
constexpr std::string_view kShells[] = {"sh", "bash", "zsh", "dash", "ash", "ksh", "csh", "tcsh", "fish"};
constexpr std::string_view kWindowsShells[] = {"cmd", "powershell", "pwsh"};
constexpr std::string_view kInterpreters[] = {"python", "python2", "python3", "pythonw", "py", "pypy", "pypy3", "perl", "ruby", "php", "node", "lua"};
constexpr std::string_view kFetchers[] = {"curl", "wget", "fetch", "lwp-download", "aria2c", "axel", "invoke-webrequest", "iwr", "irm", "invoke-restmethod", "bitsadmin", "certutil", "start-bitstransfer"};
// Words that only hand on what follows them.
constexpr std::string_view kPrefixes[] = {"sudo", "nohup", "exec", "env", "time", "timeout", "nice", "ionice", "command", "then", "do", "else", "setsid", "doas", "xvfb-run", "start", "call", "{", "(", "!", "builtin", "stdbuf", "unbuffer", "watch", "if", "while"};
// What shows that code ran and does nothing else: what is put into proofs of concept, and into nothing else.
constexpr std::string_view kProofs[] = {"calc", "calc.exe", "calculator", "gnome-calculator", "kcalc", "galculator", "xcalc", "mate-calc", "notepad", "mspaint", "xeyes", "xterm", "wall", "winver"};
// Questions about who and where one is: the first thing that an intruder asks.
constexpr std::string_view kAsking[] = {"id", "whoami", "w", "who", "logname", "last"};
// Programs that open connections of their own, or keep them.
constexpr std::string_view kConnecting[] = {"nc", "ncat", "netcat", "nc.exe", "nc.traditional", "nc.openbsd", "socat", "telnet", "chisel", "ngrok", "frpc", "msfconsole", "msfvenom", "autossh", "cryptcat", "rlogin", "rsh"};
constexpr std::string_view kMiners[] = {"xmrig", "minerd", "cgminer", "t-rex", "nbminer", "lolminer", "ethminer", "phoenixminer", "cpuminer", "xmr-stak", "nanominer", "bfgminer"};
// What plants something that comes back, or takes guards away.
constexpr std::string_view kPlanting[] = {"schtasks", "at", "useradd", "adduser", "usermod", "chpasswd", "visudo", "launchctl", "sc", "regsvr32", "rundll32", "mshta", "wscript", "cscript", "insmod", "setenforce", "iptables", "ufw", "netsh", "mimikatz", "vssadmin", "wevtutil", "bcdedit", "shred", "wipe", "mkfs", "mkfs.ext4", "chattr", "crontab", "systemctl", "reg"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string program_name(std::string_view word) {
  const size_t slash = word.find_last_of("/\\");
  if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
  std::string out = lower(word);
  if (out.size() > 4 && out.ends_with(".exe")) out.resize(out.size() - 4);
  // python3.11 is python3
  if (out.starts_with("python") || out.starts_with("pip")) {
    if (const size_t dot = out.find('.'); dot != std::string::npos) out.resize(dot);
  }
  return out;
}

// One simple command: its words, where its output goes, and what joins it to the next one.
struct Part {
  std::vector<std::string> words;
  std::vector<std::string> outputs;  // files that it writes to by redirection
  std::vector<std::string> inputs;
  bool piped = false;                // takes the output of the one before
  bool substitutes = false;          // holds $(...) or `...`
  uint32_t line = 0;                 // in which it begins
};

// As a shell takes a line apart: quotes, joins, redirections. Variables stay as they are written.
std::vector<Part> parts_of_line(std::string_view line) {
  std::vector<Part> parts(1);
  uint32_t number = 0;
  std::string word;
  bool quoted = false;
  enum class To : uint8_t { words, outputs, inputs } to = To::words;
  const auto end_word = [&] {
    if (!word.empty() || quoted) (to == To::words ? parts.back().words : to == To::outputs ? parts.back().outputs : parts.back().inputs).push_back(word);
    if (!word.empty() || quoted) to = To::words;
    word.clear();
    quoted = false;
  };
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    number += c == '\n';
    if (word.empty() && parts.back().words.empty()) parts.back().line = number;
    if (c == '\\' && i + 1 < line.size()) {
      // A backslash before a letter is a path of Windows, or an escape that changes nothing.
      if (std::isalnum(static_cast<unsigned char>(line[i + 1]))) word += c;
      else if (line[i + 1] == '\n') ++i, ++number;  // the line goes on
      else word += line[++i];
    } else if (c == '\'' || c == '"') {
      const size_t close = line.find(c, i + 1);
      const std::string_view inner = line.substr(i + 1, (close == std::string_view::npos ? line.size() : close) - i - 1);
      word += inner;
      number += static_cast<uint32_t>(std::count(inner.begin(), inner.end(), '\n'));
      quoted = true;
      if (c == '"' && (inner.find("$(") != std::string_view::npos || inner.find('`') != std::string_view::npos)) parts.back().substitutes = true;
      i = close == std::string_view::npos ? line.size() : close;
    } else if (c == '$' && i + 1 < line.size() && line[i + 1] == '(') {
      parts.back().substitutes = true;
      word += "$(";
      ++i;
      end_word();
      parts.emplace_back();
    } else if (c == '`') {
      parts.back().substitutes = true;
      end_word();
      parts.emplace_back();
    } else if (c == ';' || c == '\n' || c == '&' || c == '|' || c == '(' || c == ')') {
      if (c == '&' && (i + 1 < line.size() && line[i + 1] == '>')) continue;      // &> file
      if (c == '&' && i > 0 && (line[i - 1] == '>' || line[i - 1] == '<')) continue;  // 2>&1
      end_word();
      const bool pipe = c == '|' && (i + 1 >= line.size() || line[i + 1] != '|') && (i == 0 || line[i - 1] != '|');
      parts.emplace_back();
      parts.back().piped = pipe;
    } else if (c == '>' || c == '<') {
      if (!word.empty() && word.find_first_not_of("0123456789") == std::string::npos) word.clear();
      end_word();
      to = c == '>' ? To::outputs : To::inputs;
      while (i + 1 < line.size() && (line[i + 1] == '>' || line[i + 1] == '<' || line[i + 1] == '&' || line[i + 1] == '|')) ++i;
      if (i + 1 < line.size() && line[i + 1] == '(') {  // <( ... ): what a command writes is read as a file
        ++i;
        to = To::words;
        const bool reads = c == '<';
        parts.emplace_back();
        parts.back().substitutes = reads;
      }
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
    } else if (c == '#' && word.empty() && !quoted) {
      const size_t end = line.find('\n', i);
      i = end == std::string_view::npos ? line.size() : end - 1;
    } else {
      word += c;
    }
  }
  end_word();
  std::erase_if(parts, [](const Part& part) { return part.words.empty() && part.outputs.empty(); });
  return parts;
}

bool has(std::span<const std::string_view> table, std::string_view word) { return is_one_of(table, word); }

// The words of a part without assignments and prefixes: the program first.
std::span<const std::string> command_words(const Part& part) {
  std::span<const std::string> words(part.words);
  while (words.size() > 1) {
    const std::string& first = words.front();
    const size_t equals = first.find('=');
    const bool assigns = equals != std::string::npos && equals > 0 && first.find_first_of("/-:") > equals;
    const bool option = first.starts_with('-') && !part.words.front().empty() && words.size() < part.words.size();
    if (!assigns && !option && !has(kPrefixes, lower(first))) break;
    words = words.subspan(1);
  }
  return words;
}

bool any_word(std::span<const std::string> words, auto test) { return std::any_of(words.begin(), words.end(), test); }

bool writes_outside(std::string_view path) {
  if (path.starts_with("/dev/null") || path.starts_with("/dev/std") || path.starts_with("/dev/fd")) return false;
  return path.starts_with('/') || path.starts_with('~') || path.starts_with("$HOME") || path.starts_with("${HOME}");
}

CommandOf judge_line(std::string_view line, int depth, bool image = false);

CommandOf made(Intent intent, std::string why) {
  CommandOf out;
  out.intent = intent;
  out.why = std::move(why);
  return out;
}
CommandOf hostile(std::string why) { return made(Intent::hostile, std::move(why)); }
CommandOf odd(std::string why) { return made(Intent::odd, std::move(why)); }
CommandOf ordinary(std::string why) { return made(Intent::ordinary, std::move(why)); }

// python -c '...': read as the source that it is.
// The address somewhere in a word: "iwr('http://...')".
Address address_in(std::string_view word) {
  const size_t scheme = word.find("http");
  if (scheme == std::string_view::npos) return {};
  word.remove_prefix(scheme);
  return address_of(word.substr(0, word.find_first_of("'\"();, ")));
}

CommandOf judge_inline_code(std::string_view code, std::string_view language) {
  if (language.starts_with("py")) {
    const SourceFacts facts = read_source(code);
    static constexpr std::string_view kDecoders[] = {"b64decode", "b85decode", "decompress", "fromhex", "unhexlify", "rot13"};
    const bool decodes = std::any_of(std::begin(kDecoders), std::end(kDecoders), [&](std::string_view word) { return code.find(word) != std::string_view::npos; });
    const bool executes = code.find("exec(") != std::string_view::npos || code.find("eval(") != std::string_view::npos;
    if (executes && (decodes || code.find("urlopen") != std::string_view::npos || code.find("requests.") != std::string_view::npos)) return hostile("starts Python with code that it hides or fetches");
    const bool shell = code.find("pty.spawn") != std::string_view::npos || (code.find("dup2") != std::string_view::npos && code.find("socket") != std::string_view::npos);
    if (shell) return hostile("starts Python with a shell for somebody else");
    if (facts.acting.starts_with("os.system") || facts.acting.starts_with("subprocess.")) return odd("starts Python only to start something else: " + facts.acting_code);
    return ordinary("starts Python with code that does nothing hostile");
  }
  const bool connects = code.find("ocket") != std::string_view::npos && (code.find("exec") != std::string_view::npos || code.find("/bin/sh") != std::string_view::npos || code.find("spawn") != std::string_view::npos);
  if (connects) return hostile("opens a connection and hands it to a shell");
  return odd("starts an interpreter with code on its command line");
}

// Whether PowerShell is given nothing but questions: "-command get-ciminstance win32_logicaldisk | select-object deviceid".
bool only_asks(std::string_view line) {
  const size_t given = line.find("-command ");
  if (given == std::string_view::npos) return false;
  static constexpr std::string_view kQuestions[] = {"get-", "select-", "where-", "sort-", "measure-", "format-", "convertto-", "out-string", "test-path"};
  for (std::string_view rest = line.substr(given + 9); !rest.empty();) {
    const size_t end = std::min(rest.find_first_of("|;"), rest.size());
    std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    part.remove_prefix(std::min(part.find_first_not_of(" ({\"'"), part.size()));
    if (!part.empty() && std::none_of(std::begin(kQuestions), std::end(kQuestions), [&](std::string_view word) { return part.starts_with(word); })) return false;
    if (part.find("$(") != std::string_view::npos || part.find('&') != std::string_view::npos) return false;
  }
  return true;
}

std::optional<CommandOf> judge_shell(std::string_view program, std::span<const std::string> words, int depth) {
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string option = lower(words[i]);
    const bool unix_shell = has(kShells, program) && option.starts_with('-') && option.find('c') != std::string::npos && option.find('-', 1) == std::string::npos;
    const bool windows = program == "cmd" && (option == "/c" || option == "/k");
    if ((unix_shell || windows) && i + 1 < words.size()) {
      std::string rest = words[i + 1];
      if (windows) for (size_t k = i + 2; k < words.size(); ++k) rest += " " + words[k];
      return judge_line(rest, depth + 1);
    }
    if ((program == "powershell" || program == "pwsh") && option.size() > 2 && std::string_view("-encodedcommand").starts_with(option)) return hostile("gives PowerShell a command in disguise");
    if (option == "-i" && has(kShells, program)) return odd("starts an interactive shell");
  }
  if (program == "powershell" || program == "pwsh") {
    std::string all;
    for (const std::string& word : words) all += lower(word) + " ";
    bool published = false, nameless = false, stranger = false;
    for (const std::string& word : words) {
      const Address address = address_in(word);
      published = published || address.kind == AddressKind::publisher || is_one_of(kInstallers, address.host);
      nameless = nameless || address.kind == AddressKind::number || address.kind == AddressKind::drop;
      stranger = stranger || (address.kind == AddressKind::other && !is_one_of(kInstallers, address.host));
    }
    const auto mentions = [&](std::initializer_list<std::string_view> list) { return std::any_of(list.begin(), list.end(), [&](std::string_view word) { return all.find(word) != std::string::npos; }); };
    const bool hides = mentions({"frombase64string", "-enc", "hidden", "add-mppreference", "tcpclient", "amsi"});
    if (published && !nameless && !stranger && !hides) return ordinary("has PowerShell fetch what its publisher offers");
    if (nameless && mentions({"iwr ", "irm ", "wget ", "curl ", "-outfile", "start-bitstransfer"})) return hostile("has PowerShell fetch something from a bare address");
    static constexpr std::string_view kHostile[] = {"iex", "invoke-expression", "downloadstring", "downloadfile", "frombase64string", "invoke-webrequest", "net.webclient", "-w hidden", "-windowstyle hidden", "add-mppreference", "start-process", "tcpclient", "amsi"};
    for (const std::string_view word : kHostile) {
      if (all.find(word) != std::string::npos) return hostile("has PowerShell " + std::string(word == "add-mppreference" ? "take the guard down" : "fetch, hide or start something"));
    }
    return only_asks(all) ? ordinary("has PowerShell tell about the machine") : odd("starts PowerShell");
  }
  return std::nullopt;
}

// rm of something that is not the program's own.
CommandOf judge_removal(std::span<const std::string> words) {
  for (const std::string& word : words.subspan(1)) {
    if (word == "--no-preserve-root") return hostile("deletes the whole file system");
    static constexpr std::string_view kAll[] = {"/", "/*", "~", "~/", "~/*", "$HOME", "${HOME}", "$HOME/*", "/home", "/root", "/etc", "/usr", "/var", "/bin", "/boot", "/lib", "c:\\", "C:\\", "C:\\*", "/home/*", "--no-preserve-root"};
    if (has(kAll, word)) return hostile("deletes everything under " + word);
  }
  return ordinary("removes files");
}

CommandOf judge_fetch(std::string_view program, std::span<const std::string> words) {
  for (const std::string& word : words.subspan(1)) {
    const Address address = address_of(word);
    if (address.kind == AddressKind::drop) return hostile("sends to or fetches from a place where stolen data is dropped: " + std::string(address.host));
  }
  const auto sends = [](const std::string& word) {
    return word == "-d" || word == "--data" || word == "-F" || word == "--form" || word == "-T" || word == "--upload-file" || word.starts_with("--data-") || word.starts_with("--post-file") || word.starts_with("--post-data") || word.starts_with("-d@");
  };
  const bool sending = any_word(words, sends);
  for (const std::string& word : words) {
    if (sending && (is_secret_place(word) || word.find("$(") != std::string::npos)) return hostile("sends what it finds on the machine elsewhere");
  }
  for (const std::string& word : words.subspan(1)) {
    if (address_of(word).kind == AddressKind::number) return sending ? hostile("sends data to a bare address") : odd("asks a bare address");
  }
  if (program == "certutil" && any_word(words, [](const std::string& word) { return lower(word).find("urlcache") != std::string::npos || lower(word).find("decode") != std::string::npos; })) return hostile("has certutil fetch or decode a program");
  if (sending) return odd("sends data elsewhere");
  return ordinary("fetches a file");
}

CommandOf judge_planting(std::string_view program, std::span<const std::string> words) {
  const auto second = words.size() > 1 ? lower(words[1]) : std::string();
  if (program == "crontab") return second == "-l" ? ordinary("lists what is started by time") : hostile("plants something that is started by time");
  if (program == "systemctl" || program == "sc" || program == "launchctl") {
    const bool plants = second == "enable" || second == "create" || second == "load" || second == "bootstrap" || second == "daemon-reload";
    return plants ? hostile("plants a service that is started with the machine") : odd("deals with services of the machine");
  }
  if (program == "reg") return second == "add" || second == "save" ? hostile("changes or saves the registry") : odd("asks the registry");
  if (program == "at" || program == "ufw" || program == "iptables" || program == "netsh" || program == "shred") return odd("deals with what protects the machine");
  return hostile("plants something on the machine or takes its guards away");
}

CommandOf judge_part(const Part& part, int depth) {
  if (depth > kDeepest) return odd("starts shells inside shells");
  const std::span<const std::string> words = command_words(part);
  if (words.empty()) return ordinary("");
  const std::string program = program_name(words.front());
  for (const std::string& output : part.outputs) {
    if (output.starts_with("/dev/tcp/") || output.starts_with("/dev/udp/")) return hostile("opens a connection by " + output);
    if (is_startup_place(output)) return hostile("writes to " + output + ", which is run or obeyed later");
  }
  for (const std::string& word : part.words) {
    if (word.find("/dev/tcp/") != std::string::npos || word.find("/dev/udp/") != std::string::npos) return hostile("opens a connection by /dev/tcp");
  }
  for (const std::string& input : part.inputs) {
    if (input.starts_with("/dev/tcp/")) return hostile("takes its commands from a connection");
  }
  if (has(kProofs, program) || (program == "open" && any_word(words, [](const std::string& word) { return lower(word).find("calculator") != std::string::npos; }))) return hostile("starts " + program + ", which only shows that code runs");
  if (has(kMiners, program)) return hostile("starts a miner");
  if (any_word(words, [](const std::string& word) { return word.find("stratum+tcp://") != std::string::npos; })) return hostile("mines for somebody else");
  if (has(kPlanting, program)) return judge_planting(program, words);
  if (has(kConnecting, program)) {
    const bool serves = any_word(words, [](const std::string& word) {
      return word == "-e" || word == "-c" || word == "--exec" || word.find("EXEC:") != std::string::npos || word.find("exec:") != std::string::npos || word.find("/bin/sh") != std::string::npos || word.find("/bin/bash") != std::string::npos || word.find("cmd.exe") != std::string::npos;
    });
    return serves ? hostile("hands a shell to whoever is at the other end") : odd("opens a connection of its own with " + program);
  }
  if (has(kAsking, program)) return odd("asks who it runs as");
  if (program == "rm" || program == "del" || program == "rd") return judge_removal(words);
  if (program == "dd" && any_word(words, [](const std::string& word) { return word.starts_with("of=/dev/") && word != "of=/dev/null" && word != "of=/dev/zero"; })) return hostile("overwrites a disk");
  if (program == "chmod" && any_word(words, [](const std::string& word) { return word.find("+s") != std::string::npos || (word.size() == 4 && (word[0] == '4' || word[0] == '6') && word.find_first_not_of("01234567") == std::string::npos); })) return hostile("makes a program run as somebody else");
  if (has(kFetchers, program)) return judge_fetch(program, words);
  if (has(kShells, program) || has(kWindowsShells, program)) {
    if (const auto inner = judge_shell(program, words, depth)) return *inner;
  }
  if (has(kInterpreters, program)) {
    if (words.size() > 2 && words[1] == "-m" && program.starts_with("py")) {
      Part module = part;
      module.words.assign(words.begin() + 2, words.end());
      return judge_part(module, depth + 1);
    }
    for (size_t i = 1; i + 1 < words.size(); ++i) {
      if (words[i] == "-c" || (words[i] == "-e" && !program.starts_with("py")) || (words[i] == "-r" && program == "php")) return judge_inline_code(words[i + 1], program);
    }
  }
  for (const std::string& word : words.subspan(1)) {
    if (!is_secret_place(word)) continue;
    return odd("reads " + word + ", where secrets are kept");
  }
  // Settings by which git starts programs of somebody's own, for all that is ever cloned.
  if (program == "git" && words.size() > 3 && words[1] == "config") {
    static constexpr std::string_view kStarting[] = {"core.hookspath", "core.sshcommand", "core.fsmonitor", "init.templatedir"};
    const bool everywhere = any_word(words.subspan(2), [](const std::string& word) { return word == "--global" || word == "--system"; });
    if (everywhere && any_word(words.subspan(2), [](const std::string& word) { return has(kStarting, lower(word)); })) return odd("makes git start programs of somebody's own");
  }
  const bool touches = program == "touch" && any_word(words.subspan(1), writes_outside);
  const bool leaves = !part.outputs.empty() && std::any_of(part.outputs.begin(), part.outputs.end(), writes_outside);
  if (touches || (leaves && (program == "echo" || program == "printf" || program == "cat"))) return odd("leaves a file outside its own folder");
  if (program == "ssh" || program == "scp" || program == "sftp" || program == "ftp" || program == "tftp") return odd("connects to another machine with " + program);
  if (program == "nslookup" || program == "dig" || program == "host") return part.substitutes ? hostile("tells the name servers of somebody else what it finds") : odd("asks a name server");
  if (program == "pip" || program == "pip3" || program == "uv" || program == "easy_install") {
    for (size_t i = 1; i < words.size(); ++i) {
      const Address address = address_of(words[i]);
      if (address.kind == AddressKind::number || address.kind == AddressKind::drop || (address.plain && address.kind != AddressKind::local)) return odd("installs from " + words[i]);
    }
    for (size_t i = 1; i < words.size(); ++i) {
      const Address address = address_of(words[i]);
      if (address.kind == AddressKind::other && !words[i].starts_with("git+")) return made(Intent::unknown, "installs from " + words[i]);
    }
    return ordinary("installs packages");
  }
  if (has(kTools, program)) return ordinary("starts " + program + ", a tool that programs use");
  static constexpr std::string_view kVersions[] = {"--version", "-version", "-V", "--help"};
  if (part.words.size() == words.size() + 1 && has(kPrefixes, lower(part.words.front())) && has(kVersions, words.front())) return ordinary("asks which " + part.words.front() + " there is");
  if (words.size() == 2 && words.front().find('/') == std::string::npos && has(kVersions, words[1])) return ordinary("asks which " + program + " there is");
  // What is started is named like a library, a picture or weights.
  static constexpr std::string_view kNoPrograms[] = {".so", ".dylib", ".dll", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".txt", ".json", ".safetensors", ".pt", ".pth", ".onnx", ".gguf", ".dat", ".npy", ".csv", ".md", ".log", ".h5"};
  if (words.front().find('/') != std::string::npos && std::any_of(std::begin(kNoPrograms), std::end(kNoPrograms), [&](std::string_view end) { return program.ends_with(end); })) return odd("starts " + program + ", which is named as if it were no program");
  return made(Intent::unknown, "starts " + program);
}

std::string shown_part(const Part& part) {
  std::string out;
  for (const std::string& word : part.words) out += (out.empty() ? "" : " ") + word;
  return out.substr(0, 300);
}


// What follows from piping the answer of an address into a shell.
CommandOf piped_from(Address address, const std::string& program) {
  const std::string why = "pipes what it downloads into " + program;
  if (address.kind == AddressKind::none || address.kind == AddressKind::number || address.kind == AddressKind::drop) return hostile(why);
  if (address.kind == AddressKind::local) return odd(why);
  if (is_one_of(kInstallers, address.host)) return ordinary("runs an installer that " + std::string(address.host) + " publishes");
  return address.plain ? hostile(why) : odd(why + "; whoever answers at " + std::string(address.host) + " decides what runs");
}

// What is only dangerous in one line: fetching, decoding and asking that is joined to running and sending.
std::optional<CommandOf> judge_chain(const std::vector<Part>& parts) {
  bool fetches = false, decodes = false, asks = false;
  std::vector<std::string> fetched;
  Address source;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].piped && i > 0 && !parts[i].substitutes && !parts[i - 1].substitutes) fetches = decodes = asks = false;
    const std::span<const std::string> words = command_words(parts[i]);
    if (words.empty()) continue;
    const std::string program = program_name(words.front());
    const bool runs = has(kShells, program) || has(kInterpreters, program) || program == "xargs" || program == "iex" || program == "eval" || program == "source" || program == ".";
    if (parts[i].piped && runs && (fetches || decodes) && program != "xargs") {
      const bool reads_code = words.size() < 2 || words[1] == "-" || words[1].starts_with("-s") || words[1].starts_with("-e") || has(kShells, program);
      CommandOf found = !fetches || decodes ? hostile("decodes a command and pipes it into " + program) : piped_from(source, program);
      if (!reads_code) continue;
      found.text = shown_part(parts[i - 1]) + " | " + shown_part(parts[i]);
      found.line = parts[i - 1].line;
      return found;
    }
    if (i > 0 && (parts[i].substitutes || parts[i - 1].substitutes) && (has(kFetchers, program))) {
      const std::span<const std::string> outer = command_words(parts[i - 1]);
      const std::string runner = outer.empty() ? "" : program_name(outer.front());
      if (has(kShells, runner) || runner == "eval" || runner == "source" || runner == "." || has(kInterpreters, runner)) {
        for (const std::string& word : words) if (address_of(word).kind != AddressKind::none) source = address_of(word);
        CommandOf found = piped_from(source, runner);
        found.text = shown_part(parts[i - 1]) + " $(" + shown_part(parts[i]) + ")";
        found.line = parts[i].line;
        return found;
      }
    }
    if (asks && has(kFetchers, program) && parts[i].piped) return hostile("sends what it finds on the machine elsewhere");
    if (has(kFetchers, program)) {
      fetches = true;
      for (size_t w = 1; w < words.size(); ++w) {
        const bool names = words[w] == "-o" || words[w] == "-O" || words[w] == "--output" || words[w] == "-OutFile" || words[w] == "--output-document";
        if (names && w + 1 < words.size()) fetched.push_back(words[w + 1]);
        const Address address = address_of(words[w]);
        if (address.kind != AddressKind::none) source = address;
        if (address.kind != AddressKind::none) fetched.push_back(words[w].substr(words[w].rfind('/') + 1));
      }
      for (const std::string& output : parts[i].outputs) fetched.push_back(output);
    }
    const bool decoding = (program == "base64" || program == "base32" || program == "openssl" || program == "xxd" || program == "gpg" || program == "uudecode") &&
                          any_word(words, [](const std::string& word) { return word == "-d" || word == "-D" || word == "--decode" || word == "-r" || word == "-p"; });
    decodes = decodes || decoding || (program == "rev" && parts[i].piped);
    asks = asks || has(kAsking, program) || program == "env" || program == "printenv" || program == "hostname" || program == "ifconfig" || any_word(words, [](const std::string& word) { return is_secret_place(word); });
    for (const std::string& file : fetched) {
      if (file.empty() || file == "-") continue;
      const std::string last = file.substr(file.rfind('/') + 1);
      const auto names_it = [&](const std::string& word) { return word == file || (last.size() > 1 && (word == last || word.ends_with("/" + last) || word.ends_with("\\" + last))); };
      const bool data = last.ends_with(".tar.gz") || last.ends_with(".zip") || last.ends_with(".whl");
      const bool starts = names_it(words.front()) || (runs && words.size() > 1 && any_word(words.subspan(1), names_it));
      if (data || !starts || words.front() == "wget" || words.front() == "curl") continue;
      CommandOf found = is_one_of(kInstallers, source.host) || source.kind == AddressKind::publisher ? ordinary("runs an installer that " + std::string(source.host) + " publishes")
                        : source.plain || source.kind == AddressKind::number || source.kind == AddressKind::drop ? hostile("downloads " + last + " and runs it") : odd("downloads " + last + " from " + std::string(source.host) + " and runs it");
      found.text = shown_part(parts[i]);
      found.line = parts[i].line;
      return found;
    }
  }
  return std::nullopt;
}

// What belongs to the making of an image of a machine and is no attack on one: accounts, services, settings of its shells.
bool is_of_image(const Part& part, std::span<const std::string> words) {
  static constexpr std::string_view kMaking[] = {"useradd", "adduser", "usermod", "groupadd", "chpasswd", "passwd", "visudo", "systemctl", "crontab", "iptables", "ufw", "chattr", "update-rc.d"};
  const auto acts = [](const std::string& word) {
    for (const std::string_view sign : {"curl", "wget", "://", "/dev/tcp", "base64", "ssh-", "nc ", "eval"}) {
      if (word.find(sign) != std::string::npos) return true;
    }
    return false;
  };
  if (std::any_of(part.words.begin(), part.words.end(), acts)) return false;
  const bool settings = !part.outputs.empty() && std::all_of(part.outputs.begin(), part.outputs.end(), [](const std::string& output) {
    return output.find("sudoers") != std::string::npos || output.find("rc") != std::string::npos || output.find("profile") != std::string::npos || output.starts_with("/etc/cron");
  });
  return settings || (!words.empty() && has(kMaking, program_name(words.front())));
}

CommandOf judge_line(std::string_view line, int depth, bool image) {
  line = line.substr(0, kLongest);
  if (depth > kDeepest) return odd("starts shells inside shells");
  const std::string low = lower(line);
  if (low.find(":(){") != std::string::npos || low.find(":() {") != std::string::npos) return hostile("starts itself again and again until the machine stands still");
  const std::vector<Part> parts = parts_of_line(line);
  CommandOf worst = ordinary("");
  bool first = true;
  for (const Part& part : parts) {
    const std::span<const std::string> words = command_words(part);
    CommandOf found = image && is_of_image(part, words) ? ordinary("makes the image of a machine") : judge_part(part, depth);
    if (found.program.empty() && !words.empty()) found.program = program_name(words.front());
    if (found.text.empty()) found.text = shown_part(part), found.line = part.line;
    if (first || found.intent > worst.intent) worst = std::move(found);
    first = false;
  }
  if (auto chain = judge_chain(parts); chain && chain->intent > worst.intent) {
    chain->program = worst.program;
    return *chain;
  }
  // A program prints without a shell: alone, such a command shows that code ran and does nothing else.
  const bool prints = worst.program == "echo" || worst.program == "printf";
  if (parts.size() == 1 && prints && parts.front().outputs.empty() && worst.intent == Intent::ordinary) {
    worst.intent = Intent::unknown;
    worst.why = "prints a text through a shell, which shows that it ran and serves nothing else";
  }
  return worst;
}

}  // namespace

CommandOf command_of(std::string_view line) { return judge_line(line, 0); }

CommandOf command_of_image(std::string_view lines) { return judge_line(lines, 0, true); }

CommandOf command_of(std::span<const std::string_view> words) {
  // Put together as a line in which every word is quoted: what a shell among them gets is one word.
  std::string line;
  for (const std::string_view word : words) {
    if (!line.empty()) line += ' ';
    const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\|&;<>()$`#") == std::string_view::npos;
    const char quote = word.find('\'') == std::string_view::npos ? '\'' : '"';
    line += plain ? std::string(word) : quote + std::string(word) + quote;
  }
  return judge_line(line, 0);
}

}  // namespace winnow::judge
