#include "judge/places.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>

namespace winnow::judge {
namespace {

constexpr std::string_view kSecrets[] = {
    "/.ssh/", "~/.ssh", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "/.gnupg", "/.password-store", "/.aws/", "~/.aws", "/.azure/", "/.config/gcloud", "application_default_credentials", "/.boto", "/.s3cfg", "/.kube/", "serviceaccount/token", "/.docker/config.json",
    "/.netrc", "/_netrc", "/.git-credentials", "/.config/gh/hosts", "/.npmrc", "/.pypirc", "/.cargo/credentials", "/.vault-token", "/.pgpass", "/.my.cnf", "/.kaggle/kaggle.json", "/huggingface/token", "/.huggingface/token", "huggingface/stored_tokens", "/.databrickscfg",
    "/keychains/", "/.local/share/keyrings", "/microsoft/credentials", "/microsoft/protect", "/config/sam", "/login data", "login data", "/cookies.sqlite", "/logins.json", "/key4.db", "/local state", "leveldb", "/discord", "discordcanary", "discordptb", "/telegram desktop/tdata", "tdata/", "/wallet.dat", "wallet.dat", "/.bitcoin", "/.ethereum",
    "/ethereum/keystore", "/.electrum", "/electrum/wallets", "/exodus", "exodus.wallet", "/atomic/local storage", "/.config/solana", "metamask", "nkbihfbeogaeaoehlefnkodbefgpgknn", "/etc/passwd", "/etc/shadow", "/proc/self/environ", "/proc/1/environ", "169.254.169.254", "metadata.google.internal",
    "google/chrome/user data", "google-chrome/default", "bravesoftware", "opera software", "/microsoft/edge/user data", "firefox/profiles", ".mozilla/firefox", "/.bash_history", "/.zsh_history", "consolehost_history", "/.zsh_history", "/.python_history", "steam/config", "/.env"};
constexpr std::string_view kStartups[] = {"/transformers_modules/", "/.ipython/profile_default/startup", 
    "authorized_keys", "/.bashrc", "/.bash_profile", "/.bash_login", "/.bash_logout", "/.bash_aliases", "/.profile", "/.zshrc", "/.zshenv", "/.zprofile", "/.zlogin", "/.cshrc", "/.kshrc", "/.config/fish", "/.xinitrc", "/.xprofile", "/.xsession", "/.pam_environment", "/.config/autostart", "/autostart/",
    "/etc/profile", "/etc/bash", "/etc/zsh", "/etc/rc.", "/etc/init", "/etc/systemd", "/lib/systemd", "/systemd/user", "/systemd/system", "/etc/cron", "/spool/cron", "crontabs/", "/etc/at.", "/etc/ld.so", "/etc/sudoers", "/etc/pam.d", "/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/ssh/", "/etc/udev", "/.ssh/config", "/.ssh/rc",
    "/launchagents", "/launchdaemons", "/startupitems", "/programs/startup", "/start menu/programs", "currentversion/run", "sitecustomize", "usercustomize", "easy-install.pth", "distutils-precedence.pth", ".git/hooks", "/.pythonstartup", "/.pdbrc", "/.ipython/profile_default/startup", "/drivers/etc/hosts", "system32/tasks", "windows/tasks", "/powershell/profile", "/windowspowershell/", "/.vimrc", "/.gitconfig", "/.config/pip/pip.conf", "/.pip/pip.conf", "/.pydistutils.cfg", "/etc/motd", "/update-motd.d"};

std::string folded(std::string_view text) {
  std::string out(text.substr(0, 1024));
  for (char& c : out) c = c == '\\' ? '/' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// A pattern that begins like a word begins a part of the path.
bool names(std::span<const std::string_view> patterns, std::string_view path) {
  if (path.size() < 4 || path.find('\n') != std::string_view::npos) return false;
  std::string text = folded(path);
  if (text.starts_with('.')) text.insert(text.begin(), '/');  // ".bashrc", joined to a folder
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    for (size_t at = text.find(pattern); at != std::string::npos; at = text.find(pattern, at + 1)) {
      const char before = at == 0 ? '/' : text[at - 1];
      const size_t end = at + pattern.size();
      const bool begins = !std::isalnum(static_cast<unsigned char>(pattern.front())) || !std::isalnum(static_cast<unsigned char>(before));
      // "/.profile" is no "/.profiles", "/etc/hosts" no "/etc/hostsfile"
      const bool ends = end >= text.size() || !std::isalpha(static_cast<unsigned char>(text[end])) || !std::isalnum(static_cast<unsigned char>(pattern.back())) || pattern == "/etc/cron" || pattern == "/etc/init" || pattern == "/etc/bash" || pattern == "/etc/zsh";
      if (begins && ends) return true;
    }
    return false;
  });
}

}  // namespace

bool is_secret_place(std::string_view path) { return names(kSecrets, path); }
bool is_startup_place(std::string_view path) { return names(kStartups, path); }

bool is_secret_variable(std::string_view name) {
  std::string upper(name.substr(0, 128));
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  static constexpr std::string_view kWords[] = {"TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL", "AUTH_KEY", "PWD_", "SESSION_KEY"};
  if (upper.find("TOKENIZER") != std::string::npos) return false;
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) { return upper.find(word) != std::string::npos; });
}

}  // namespace winnow::judge
