// Packages run code when they are installed, so where they come from matters: requirements.txt and constraints (pip's own
// format, one requirement or option a line), environment.yml and conda.yaml, Pipfile, pyproject.toml, setup.cfg. All of
// them say it in words that stand on one line; what else their formats hold is of no interest here.
#include "formats/dependencies/dependencies.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "core/print.h"

namespace winnow::dependencies {
namespace {

constexpr size_t kLongest = size_t{4} << 20;
constexpr size_t kMostLines = 20'000;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

enum class Style : uint8_t { none, pip, other };

Style style_of(const Artifact& artifact) {
  const std::string name = lower(artifact.path.substr(artifact.path.find_last_of("/!\\") + 1));
  const bool text = name.ends_with(".txt") || name.ends_with(".in") || name.ends_with(".pip");
  if (text && (name.find("requirements") != std::string::npos || name.starts_with("constraints") || name == "packages.txt" || name == "pip.txt" || name == "reqs.txt")) return name == "packages.txt" ? Style::none : Style::pip;
  static constexpr std::string_view kOthers[] = {"environment.yml", "environment.yaml", "conda.yaml", "conda.yml", "env.yml", "env.yaml", "python_env.yaml", "pipfile", "pyproject.toml", "setup.cfg"};
  return std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers) ? Style::other : Style::none;
}

struct Link {
  std::string_view whole, host;
  bool encrypted = true, repository = false, local = false, number = false;
};

// The address in a word: git+https://host/..., https://host/....
Link link_in(std::string_view word) {
  Link out;
  const size_t at = word.find("://");
  if (at == std::string_view::npos) return out;
  size_t start = at;
  while (start > 0 && (std::isalnum(static_cast<unsigned char>(word[start - 1])) || word[start - 1] == '+')) --start;
  out.whole = word.substr(start);
  out.whole = out.whole.substr(0, out.whole.find_first_of("\"',; \t)]}"));
  const std::string scheme = lower(word.substr(start, at - start));
  out.repository = scheme.find('+') != std::string::npos || scheme == "git" || scheme == "ssh";
  const std::string plain = scheme.substr(scheme.find('+') == std::string::npos ? 0 : scheme.find('+') + 1);
  out.encrypted = plain != "http" && plain != "ftp" && plain != "git";
  if (plain == "file") {
    out.local = true;
    return out;
  }
  std::string_view host = word.substr(at + 3);
  host = host.substr(0, host.find_first_of("/?#\"' "));
  if (const size_t user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
  host = host.substr(0, host.find(':'));
  out.host = host;
  out.number = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) || c == '.'; });
  out.local = host == "localhost" || host.starts_with("127.") || (out.number && (host.starts_with("10.") || host.starts_with("192.168."))) || host.ends_with(".local") || host.ends_with(".internal");
  return out;
}

// Packages that everybody uses, and those beside them that are what they are.
constexpr std::string_view kPopular[] = {"torch", "torchvision", "torchaudio", "tensorflow", "keras", "transformers", "diffusers", "accelerate", "datasets", "tokenizers", "safetensors", "huggingface-hub", "sentencepiece", "numpy", "pandas", "scipy", "scikit-learn", "matplotlib", "requests", "urllib3", "pillow", "opencv-python", "gradio", "streamlit", "fastapi", "pydantic", "bitsandbytes", "xformers", "einops", "sentence-transformers", "langchain", "openai", "ultralytics", "onnxruntime", "lightgbm", "xgboost", "protobuf", "cryptography", "setuptools", "colorama", "beautifulsoup4", "pyyaml", "jupyter", "flash-attn", "deepspeed", "pytorch-lightning", "python-dateutil"};
constexpr std::string_view kNeighbours[] = {"request", "panda", "dataset", "tokenizer", "transformer", "kera", "scipy", "touch", "numpyro", "pytorch", "torchx", "tensorflow2", "urllib", "requests2", "pandas2", "openai2", "fastapis", "streamlit2", "tensorflows", "diffuser", "scikitlearn"};

// Whether one slip makes one of the other: a letter left out, put in, changed, or two exchanged.
bool one_slip(std::string_view a, std::string_view b) {
  if (a == b) return false;
  size_t start = 0;
  while (start < a.size() && start < b.size() && a[start] == b[start]) ++start;
  const std::string_view left = a.substr(start), right = b.substr(start);
  if (left.size() == right.size() + 1) return left.substr(1) == right;
  if (left.size() + 1 == right.size()) return left == right.substr(1);
  if (left.size() != right.size() || left.empty()) return false;
  if (left.substr(1) == right.substr(1)) return true;
  return left.size() > 1 && left[0] == right[1] && left[1] == right[0] && left.substr(2) == right.substr(2);
}

std::string_view meant(std::string_view name) {
  std::string plain = lower(name);
  std::replace(plain.begin(), plain.end(), '_', '-');
  std::replace(plain.begin(), plain.end(), '.', '-');
  if (plain.size() < 6) return {};
  if (std::find(std::begin(kPopular), std::end(kPopular), plain) != std::end(kPopular) || std::find(std::begin(kNeighbours), std::end(kNeighbours), plain) != std::end(kNeighbours)) return {};
  for (const std::string_view popular : kPopular) {
    if (popular.size() >= 6 && one_slip(plain, popular)) return popular;
  }
  return {};
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact, Style style) : scan_(scan), artifact_(artifact), style_(style) {}

  void run() {
    std::string_view text = as_text(artifact_.bytes);
    for (number_ = 1; !text.empty(); ++number_) {
      if (number_ > kMostLines) return scan_.gap(artifact_, Fault::limit, artifact_.bytes.size() - text.size(), "the list has more lines than are read");
      const size_t end = text.find('\n');
      line(text.substr(0, end));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
  }

 private:
  void line(std::string_view whole) {
    line_ = whole.substr(0, whole.find(" #"));
    while (!line_.empty() && std::isspace(static_cast<unsigned char>(line_.front()))) line_.remove_prefix(1);
    while (!line_.empty() && std::isspace(static_cast<unsigned char>(line_.back()))) line_.remove_suffix(1);
    if (line_.empty() || line_.starts_with('#')) return;
    const Link link = link_in(line_);
    // Web pages of a project are no places that packages come from.
    const std::string low = lower(line_.substr(0, 80));
    static constexpr std::string_view kInstalling[] = {"index", "find-links", "find_links", "git", "url", "extra", "trusted", "source", "@", "channel", "- http", "-e", "path"};
    const bool installs = style_ == Style::pip || link.repository || std::any_of(std::begin(kInstalling), std::end(kInstalling), [&](std::string_view word) { return low.find(word) != std::string::npos; });
    static constexpr std::string_view kPages[] = {"homepage", "documentation", "repository", "changelog", "issues", "source =", "bug", "url =", "download", "funding", "license"};
    const bool page = style_ == Style::other && !link.repository && std::any_of(std::begin(kPages), std::end(kPages), [&](std::string_view word) { return low.starts_with(word) || low.starts_with("\"" + std::string(word)); });
    if (!link.whole.empty()) {
      if (installs && !page) address(link);
      return;
    }
    if (style_ == Style::pip && !line_.starts_with('-')) name(line_.substr(0, line_.find_first_of("=<>!~[;@ \t(,")));
    if (style_ == Style::other && line_.starts_with("- ")) name(line_.substr(2, line_.find_first_of("=<>!~[;@ \t(,", 2) - 2));
  }

  void address(const Link& link) {
    if (link.local) return;
    scan_.refer(artifact_, {link.repository ? "code" : "url", std::string(link.whole), "pip install", Trigger::other, {}});
    if (link.number) return tell(Ruling::suspected, "Takes packages from the bare address " + std::string(link.host) + ".", "An index that people rely on has a name; packages run code when they are installed.");
    if (!link.encrypted) return tell(Ruling::suspected, "Takes packages over a connection that is not encrypted: " + std::string(link.whole) + ".", "Whoever stands on the way can put something else in their place, and packages run code when they are installed.");
    tell(Ruling::dismissed, "Takes packages from " + std::string(link.whole) + ".", "It is fetched over an encrypted connection from a place with a name; what is fetched is not part of this scan.");
  }

  void name(std::string_view package) {
    const std::string_view popular = meant(package);
    if (popular.empty()) return;
    tell(Ruling::suspected, "Installs " + quoted(package, false) + ", whose name is one slip away from " + std::string(popular) + ".", "Packages under such names wait for those who mistype; they run code when they are installed.");
  }

  void tell(Ruling ruling, std::string summary, std::string why) {
    Finding finding;
    finding.threat = "dependency-source";
    finding.ruling = ruling;
    finding.trigger = Trigger::other;
    finding.summary = std::move(summary);
    finding.why = std::move(why);
    Evidence evidence;
    const std::string safe = quoted(line_, false, 300);
    evidence.code = safe.substr(1, safe.size() - 2);
    evidence.location.line = number_;
    finding.evidence.push_back(std::move(evidence));
    scan_.finding(artifact_, std::move(finding));
  }

  Scan& scan_;
  const Artifact& artifact_;
  Style style_;
  std::string_view line_;
  uint64_t number_ = 1;
};

}  // namespace

bool is_list(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.empty() || style_of(artifact) == Style::none) return false;
  const std::string_view head = as_text(artifact.bytes).substr(0, 4096);
  return std::none_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f';
  });
}

void read_list(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "dependencies");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the list is longer than is read");
  Reading(scan, artifact, style_of(artifact)).run();
}

}  // namespace winnow::dependencies
