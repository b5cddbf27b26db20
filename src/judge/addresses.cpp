#include "judge/addresses.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "judge/names.h"

namespace winnow::judge {
namespace {

// Where data is dropped and picked up without a name: the end of most thefts by packages and models.
constexpr std::string_view kDrops[] = {
    "discord.com/api/webhooks", "discordapp.com/api/webhooks", "canary.discord.com/api/webhooks", "ptb.discord.com/api/webhooks", "api.telegram.org/bot", "webhook.site", "pipedream.net", "requestbin.", "requestcatcher.com", "hookbin.com", "beeceptor.com",
    "oast.fun", "oast.pro", "oast.live", "oast.site", "oast.online", "oast.me", "oastify.com", "interact.sh", "burpcollaborator.net", "canarytokens.", "dnslog.cn", "ceye.io", "bxss.me", "ngrok.io", "ngrok-free.app", "ngrok.app", "loca.lt", "serveo.net",
    "trycloudflare.com", "localhost.run", "pagekite.me", "portmap.io", "playit.gg", "transfer.sh", "file.io", "anonfiles.com", "gofile.io", "bashupload.com", "oshi.at", "0x0.st", "temp.sh", "catbox.moe", "uguu.se", "pastebin.com/raw", "paste.ee", "hastebin.", "rentry.co",
    "ghostbin.", "dpaste.", "controlc.com", "pastie.", "termbin.com", "ix.io", "sprunge.us", "privatebin.", "hooks.slack.com", "grabify.link", "iplogger.", "bit.ly/", "tinyurl.com/", "cutt.ly/", ".onion", "webhook.", "eoxxxx", "m2.requestbin", "smee.io", "hook.eu1.make.com", "duckdns.org", "no-ip.", "ddns.net", "hopto.org", "zapto.org", "serveftp.com", "mocky.io"};
constexpr std::string_view kPublishers[] = {
    "huggingface.co", "hf.co", "hf-mirror.com", "cdn-lfs.huggingface.co", "cdn-media.huggingface.co", "github.com", "githubusercontent.com", "gitlab.com", "pypi.org", "pythonhosted.org", "python.org", "pytorch.org", "dl.fbaipublicfiles.com", "fbaipublicfiles.com",
    "storage.googleapis.com", "googleapis.com", "tfhub.dev", "kaggle.com", "tensorflow.org", "openaipublic.azureedge.net", "openaipublic.blob.core.windows.net", "zenodo.org", "modelscope.cn", "modelscope.co", "drive.google.com", "docs.google.com", "dropbox.com", "onedrive.live.com",
    "s3.amazonaws.com", "amazonaws.com", "blob.core.windows.net", "cloudfront.net", "nvidia.com", "ngc.nvidia.com", "anaconda.com", "anaconda.org", "conda.io", "debian.org", "ubuntu.com", "apache.org", "gnu.org", "stanford.edu", "mit.edu", "berkeley.edu", "cmu.edu", "tuebingen.mpg.de", "mpg.de",
    "archive.org", "figshare.com", "osf.io", "paddlepaddle.org.cn", "bcebos.com", "baidubce.com", "readthedocs.io", "wikipedia.org", "wikimedia.org", "arxiv.org", "cocodataset.org", "openslr.org", "image-net.org", "kernel.org", "sourceforge.net", "nist.gov", "nih.gov", "ebi.ac.uk", "rcsb.org", "jsdelivr.net", "unpkg.com", "cloudflare.com", "microsoft.com", "apple.com", "googlesource.com", "google.com", "gstatic.com", "gitee.com", "tsinghua.edu.cn", "aliyun.com", "aliyuncs.com", "npmjs.org", "mozilla.org", "keras.io", "scikit-learn.org", "openml.org", "allennlp.org", "allenai.org", "ai2-public-datasets", "paperswithcode.com", "thudm.ai", "sberbank.ru", "ox.ac.uk", "uci.edu", "yann.lecun.com", "gwdg.de", "ethz.ch"};
constexpr std::string_view kServices[] = {"openai.com", "anthropic.com", "cohere.ai", "cohere.com", "mistral.ai", "groq.com", "together.xyz", "together.ai", "replicate.com", "deepseek.com", "openrouter.ai", "fireworks.ai", "perplexity.ai", "ai21.com", "stability.ai", "elevenlabs.io", "deepinfra.com", "x.ai", "wandb.ai", "comet.com", "neptune.ai", "mlflow.org", "sentry.io", "openweathermap.org", "alphavantage.co", "serpapi.com", "tavily.com", "bing.com", "azure.com", "azure-api.net", "openai.azure.com", "gradio.app", "streamlit.io", "voyageai.com", "jina.ai", "pinecone.io", "weaviate.io", "qdrant.io", "assemblyai.com", "deepgram.com", "hf.space", "endpoints.huggingface.cloud", "spotify.com", "twitter.com", "x.com", "reddit.com", "themoviedb.org", "newsapi.org", "yahoo.com", "dashscope.aliyuncs.com", "baidu.com", "moonshot.cn", "zhipuai.cn", "bigmodel.cn", "lingyiwanwu.com", "siliconflow.cn"};

bool same_domain(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

// Four numbers with dots, or one large number: what browsers and libraries take for a machine.
bool is_number(std::string_view host) {
  if (host.empty()) return false;
  if (host.starts_with('[')) return true;
  const bool digits = std::all_of(host.begin(), host.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) || c == '.'; });
  if (digits) return std::count(host.begin(), host.end(), '.') == 3 || host.size() >= 8;
  return host.starts_with("0x") && host.size() > 8 && std::all_of(host.begin() + 2, host.end(), [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) || c == '.'; });
}

bool is_local(std::string_view host) {
  static constexpr std::string_view kStarts[] = {"127.", "10.", "192.168.", "169.254.0", "0.0.0.0", "[::1", "[::]", "172.16.", "172.17.", "172.18.", "172.19.", "172.2", "172.30.", "172.31.", "255.255.255.255"};
  if (host == "localhost" || host.ends_with(".local") || host.ends_with(".internal") || host.ends_with(".localhost")) return true;
  return is_number(host) && starts_with_one_of(kStarts, host);
}

// Numbers that programs use to find out their own address, or that documents use.
bool is_example(std::string_view host) {
  static constexpr std::string_view kKnown[] = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "114.114.114.114", "223.5.5.5", "208.67.222.222", "10.255.255.255", "1.2.3.4"};
  return is_one_of(kKnown, host);
}

}  // namespace

Address host_of(std::string_view host) {
  Address out;
  if (host.starts_with('[')) host = host.substr(0, host.find(']') == std::string_view::npos ? host.size() : host.find(']') + 1);
  else host = host.substr(0, host.find(':'));
  out.host = host;
  std::string low(host);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (low.empty()) return out;
  if (is_local(low) || is_example(low)) out.kind = AddressKind::local;
  else if (is_number(low)) out.kind = AddressKind::number;
  else if (std::any_of(std::begin(kPublishers), std::end(kPublishers), [&](std::string_view domain) { return same_domain(low, domain); })) out.kind = AddressKind::publisher;
  else if (std::any_of(std::begin(kServices), std::end(kServices), [&](std::string_view domain) { return same_domain(low, domain); })) out.kind = AddressKind::service;
  else out.kind = AddressKind::other;
  return out;
}

Address address_of(std::string_view text) {
  if (text.starts_with("git+") || text.starts_with("hg+") || text.starts_with("svn+")) text.remove_prefix(text.find('+') + 1);
  static constexpr std::string_view kSchemes[] = {"http", "https", "ftp", "ftps", "ws", "wss", "tcp", "udp", "ssh", "stratum+tcp", "git", "smb"};
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon > 12 || text.size() > 4096) return {};
  std::string scheme(text.substr(0, colon));
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!is_one_of(kSchemes, scheme)) return {};
  std::string_view rest = text.substr(colon + 3);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#\\ "));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    rest.remove_prefix(at + 1);
    authority.remove_prefix(at + 1);
  }
  Address out = host_of(authority);
  if (out.host.empty()) return {};
  out.plain = scheme == "http" || scheme == "ftp" || scheme == "ws" || scheme == "tcp";
  std::string low(rest.substr(0, 256));
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  // The place begins at the host or at one of its parts: evil-webhook.site.example is not it.
  for (const std::string_view drop : kDrops) {
    const size_t at = low.find(drop);
    if (at == std::string::npos || at > authority.size()) continue;
    const bool begins = at == 0 || low[at - 1] == '.' || drop.starts_with('.') || drop.ends_with('.');
    if (begins && out.kind != AddressKind::local) out.kind = AddressKind::drop;
  }
  return out;
}

}  // namespace winnow::judge
