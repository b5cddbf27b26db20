// What source sends and fetches: what goes out, where to, and what becomes of what comes in.
#include <algorithm>

#include "judge/addresses.h"
#include "judge/names.h"
#include "judge/origins.h"
#include "judge/places.h"
#include "judge/weigher.h"

namespace winnow::judge {

using knowledge::Effect;

namespace {

// A service that a variable of the environment is meant for, and the domains that it may be sent to.
struct Owner { std::string_view variable, domain; };
constexpr Owner kOwners[] = {{"HF_", "huggingface.co"}, {"HUGGING", "huggingface.co"}, {"HF_", "hf.co"}, {"HF_", "hf.space"}, {"HF_", "hf-mirror.com"}, {"HUGGING", "hf-mirror.com"}, {"HF_", "huggingface.cloud"}, {"HUGGING", "huggingface.cloud"}, {"HF_", "huggingface.tech"},
                            {"OPENAI", "openai.com"}, {"OPENAI", "azure.com"}, {"ANTHROPIC", "anthropic.com"}, {"GITHUB", "github.com"}, {"GITHUB", "githubusercontent.com"}, {"GH_", "github.com"}, {"AWS", "amazonaws.com"}, {"WANDB", "wandb.ai"}, {"KAGGLE", "kaggle.com"}, {"GOOGLE", "googleapis.com"}, {"GOOGLE", "google.com"}, {"AZURE", "azure.com"}, {"GITLAB", "gitlab.com"}};
// Everybody who works with models has these.
constexpr std::string_view kWorthwhile[] = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GH_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "WANDB_API_KEY", "KAGGLE_KEY", "GOOGLE_API_KEY", "AZURE_CLIENT_SECRET", "GITLAB_TOKEN", "PYPI_TOKEN", "TWINE_PASSWORD", "NPM_TOKEN"};

bool belongs(std::string_view variable, std::string_view host) {
  for (const Owner& owner : kOwners) {
    if (variable.starts_with(owner.variable) && (host == owner.domain || host.ends_with("." + std::string(owner.domain)))) return true;
  }
  // MY_SERVICE_KEY for api.my-service.com
  std::string word;
  for (const char c : variable) {
    if (c == '_') break;
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return word.size() >= 4 && host.find(word) != std::string_view::npos;
}

bool sends_only_headers(std::string_view keyword) { return keyword == "headers" || keyword == "auth" || keyword == "cookies" || keyword == "token" || keyword == "api_key" || keyword == "proxies" || keyword == "timeout" || keyword == "cert" || keyword == "verify"; }

}  // namespace

// Where a call goes, told by the constants among its arguments and of the connection that it belongs to.
Address Weigher::destination_of(const Event& event, const Name& name) {
  std::vector<Value> values = arguments_of(event);
  if (event.callee.is(Kind::attribute)) values.push_back(heap_.attribute(event.callee).base);
  Address worst;
  for (const Value& value : values) {
    const std::string put_together = value.is_derived() ? text_with_holes(heap_, value) : std::string();
    if (const Address address = address_of(put_together); address.kind > worst.kind) {
      worst = address;
      const size_t at = put_together.find(address.host);
      spelled_ = put_together.substr(at == std::string::npos ? 0 : at, address.host.size());
      std::replace(spelled_.begin(), spelled_.end(), kHole, '*');
      worst.host = spelled_;
    }
    const Origin origin = origin_of(heap_, value);
    for (const auto* texts : {&origin.texts, &origin.addresses}) {
      for (const std::string_view text : *texts) {
        const Address address = address_of(text);
        if (address.kind > worst.kind) worst = address;
      }
    }
  }
  const bool socket = name.canonical.starts_with("socket.") || name.canonical.starts_with("http.client.") || name.canonical.starts_with("asyncio.") || name.canonical.starts_with("smtplib.") || name.canonical.starts_with("ftplib.");
  if (worst.kind != AddressKind::none || !socket) return worst;
  // connect(('1.2.3.4', 4444)): a host without a scheme.
  for (const Value& value : values) {
    const Origin origin = origin_of(heap_, value);
    for (const std::string_view text : origin.texts) {
      const bool plausible = text.size() > 3 && text.size() < 256 && text.find('.') != std::string_view::npos && text.find_first_of(" /\n\t(){}<>@") == std::string_view::npos;
      if (plausible) return host_of(text);
    }
  }
  return worst;
}

// What a call of the network sends, without what says who asks.
Origin Weigher::sent_by(const Event& event) const {
  std::vector<Value> parts;
  if (event.arguments.is_sequence()) {
    const Items& given = heap_.items(event.arguments);
    parts.assign(given.begin(), given.end());
  }
  if (event.keywords.is(Kind::dict)) {
    const Items& given = heap_.items(event.keywords);
    for (uint32_t i = 0; i + 1 < given.size; i += 2) {
      if (given[i].is_text() && sends_only_headers(given[i].text())) continue;
      parts.push_back(given[i + 1]);
    }
  }
  Origin all;
  for (const Value& part : parts) {
    Origin origin = whole_origin(part);
    all.secret |= origin.secret;
    all.everything |= origin.everything;
    all.output |= origin.output;
    all.spied |= origin.spied;
    all.decoded |= origin.decoded;
    all.given |= origin.given;
    all.read |= origin.read;
    all.facts += origin.facts;
    all.variables.insert(all.variables.end(), origin.variables.begin(), origin.variables.end());
    all.texts.insert(all.texts.end(), origin.texts.begin(), origin.texts.end());
    if (!origin.what.empty()) all.what = origin.what;
  }
  return all;
}

void Weigher::weigh_network(uint32_t index, const Event& event, const Name& name) {
  const Address address = destination_of(event, name);
  const Origin sent = sent_by(event);
  for (const std::string_view text : sent.texts) {
    if (address_of(text).kind != AddressKind::none && address_of(text).kind != AddressKind::local && text.size() < 512) refer_to(event, text, "url", name.canonical);
  }
  Opinion opinion{"-network-access", Ruling::dismissed, "Reaches into the network when the model is loaded: " + call_text(index) + ".", "Programs ask servers; nothing of the machine goes out with it.", name.canonical};
  const bool unasked = runs_unasked(event);
  const bool away = address.kind == AddressKind::number || address.kind == AddressKind::drop;
  const bool stranger = away || address.kind == AddressKind::other;
  const bool uploads = name.canonical.find("upload") != std::string_view::npos;
  const bool secret_itself = uploads && std::any_of(sent.texts.begin(), sent.texts.end(), [](std::string_view text) { return is_secret_place(text); });
  // Processes of one training tell each other their numbers.
  const bool own_group = name.canonical.starts_with("torch.distributed.");
  if (!own_group && (sent.everything || sent.secret || sent.spied || secret_itself)) {
    opinion.ruling = Ruling::confirmed;
    opinion.summary = "Sends secrets of the machine over the network when the model is loaded: " + call_text(index) + ".";
    opinion.why = "What goes out holds " + (sent.spied ? "what its user sees, types or keeps (" + sent.what + ")" : sent.everything ? "the whole environment, in which tokens and keys are kept" : "what is kept in " + sent.what) + ".";
    return add(index, std::move(opinion));
  }
  Origin all = sent;
  for (const Value& argument : arguments_of(event)) {
    const Origin one = origin_of(heap_, argument);
    all.variables.insert(all.variables.end(), one.variables.begin(), one.variables.end());
  }
  if (const std::string_view stolen = stolen_variable(all, address); !stolen.empty()) {
    opinion.ruling = Ruling::confirmed;
    opinion.summary = "Sends the secret " + std::string(stolen) + " to " + std::string(address.host) + " when the model is loaded.";
    opinion.why = "The variable belongs to a service that this is not.";
    return add(index, std::move(opinion));
  }
  const bool looks_up = name.canonical.starts_with("socket.get") || name.canonical.starts_with("dns.");
  if (sent.facts >= 2 || (sent.facts == 1 && (away || looks_up)) || (sent.output && stranger)) {
    if (stranger) {
      opinion.ruling = unasked || away ? Ruling::confirmed : Ruling::suspected;
      opinion.summary = "Tells " + std::string(address.host) + " about the machine and its user when the model is loaded: " + call_text(index) + ".";
      opinion.why = "It sends " + (sent.output ? std::string("the output of programs that it starts") : sent.what + " and the like") + "; this is how intruders learn where they are.";
      return add(index, std::move(opinion));
    }
  } else if (sent.facts == 1 && stranger && unasked) {
    opinion.ruling = Ruling::suspected;
    opinion.why = "It tells " + std::string(address.host) + " about the machine: " + sent.what + ".";
    return add(index, std::move(opinion));
  }
  if (away) {
    opinion.ruling = Ruling::suspected;
    opinion.why = address.kind == AddressKind::drop ? std::string(address.host) + " is a place where anybody drops and fetches what nobody shall trace." : "A server that programs rely on has a name; this is a bare number.";
    if (address.kind == AddressKind::drop && sent.given && event.trigger == Trigger::inference) {
      opinion.ruling = Ruling::confirmed;
      opinion.summary = "Tells " + std::string(address.host) + " what the model is asked: " + call_text(index) + ".";
    }
  }
  if (address.kind == AddressKind::none && opinion.ruling == Ruling::dismissed) return;
  add(index, std::move(opinion));
}

// A secret variable among what is sent to a place that it does not belong to; empty where there is none.
std::string_view Weigher::stolen_variable(const Origin& sent, const Address& address) const {
  const bool away = address.kind == AddressKind::number || address.kind == AddressKind::drop;
  if (!away && address.kind != AddressKind::other) return {};
  for (const std::string_view variable : sent.variables) {
    if (belongs(variable, address.host)) continue;
    if (away || is_one_of(kWorthwhile, variable)) return variable;
  }
  return {};
}

// Remembers what was fetched and where it was put.
void Weigher::note_download(const Event& event, const Name& name) {
  const std::string_view last = last_part(name.canonical);
  static constexpr std::string_view kSavers[] = {"urlretrieve", "download", "download_file", "urlopen_to_file"};
  std::vector<Value> given = arguments_of(event);
  AddressKind kind = AddressKind::none;
  if (name.known != nullptr && name.known->effect == Effect::network && is_one_of(kSavers, last)) {
    for (const std::string_view text : texts_of(event)) kind = std::max(kind, address_of(text).kind);
    for (const std::string_view text : texts_of(event)) {
      if (address_of(text).kind == AddressKind::none && text.size() > 2) downloads_.push_back({std::string(text), kind, {}});
      else if (text.find('/') != std::string_view::npos && given.size() == 1) downloads_.push_back({std::string(text.substr(text.rfind('/') + 1)), kind, {}});
    }
    for (const Value& value : given) {
      if (value.is_text()) continue;
      for (const std::string_view text : origin_of(heap_, value).texts) {
        if (address_of(text).kind == AddressKind::none && text.size() > 4 && text.find('.') != std::string_view::npos) downloads_.push_back({std::string(text), kind, {}});
      }
    }
    return;
  }
  const bool writes = last == "write" || last == "write_bytes" || last == "write_text" || last == "copyfileobj" || last == "writelines";
  if (!writes) return;
  bool received = false;
  std::vector<std::string_view> paths;
  for (const Value& value : given) {
    const Origin origin = origin_of(heap_, value);
    received = received || origin.received;
    for (const std::string_view text : origin.addresses) kind = std::max(kind, address_of(text).kind);
    if (origin.read && !origin.received) paths.insert(paths.end(), origin.texts.begin(), origin.texts.end());
  }
  if (!received) return;
  if (event.callee.is(Kind::attribute)) {
    const Origin file = origin_of(heap_, heap_.attribute(event.callee).base);
    paths.insert(paths.end(), file.texts.begin(), file.texts.end());
  }
  for (const std::string_view path : paths) {
    if (path.size() > 2 && path.find_first_of("./\\") != std::string_view::npos) downloads_.push_back({std::string(path), kind, {}});
  }
  // A path that is not known, and a file that is known by what made it.
  if (!event.callee.is(Kind::attribute)) return;
  for (const uint32_t made : origin_of(heap_, heap_.attribute(event.callee).base).made) {
    const Name* maker = made < trace_.events.size() ? resolved(trace_.events[made].callee) : nullptr;
    if (maker != nullptr && (maker->canonical.starts_with("tempfile.") || maker->canonical == "os.path.join")) downloads_.push_back({{}, kind, made});
  }
}

std::string Weigher::downloaded_among(const Origin& origin) const {
  for (const Download& download : downloads_) {
    for (const std::string_view text : origin.texts) {
      const std::string_view path = download.path;
      const bool same = text == path || (path.size() > 3 && text.ends_with(path)) || (text.size() > 3 && text.find('.') != std::string_view::npos && path.ends_with(text));
      if (!path.empty() && same) return download.path;
    }
    if (download.file && std::find(origin.made.begin(), origin.made.end(), *download.file) != origin.made.end()) return download.path.empty() ? "a file" : download.path;
  }
  return {};
}

// What is put into files and buffers, to be found again where these are read: shutil.copy(cookies, 'x.db').
void Weigher::note_kept(const Event& event, const Name& name) {
  static constexpr std::string_view kKeeping[] = {"write", "writelines", "write_text", "write_bytes", "writestr", "save", "dump", "copy", "copyfile", "copy2", "copytree", "copyfileobj", "make_archive", "add", "extend", "savefig", "to_csv", "to_json", "writerow", "writerows"};
  const std::string_view last = last_part(name.canonical);
  if (!is_one_of(kKeeping, last) || kept_.size() > 256) return;
  std::vector<Value> parts = arguments_of(event);
  if (event.callee.is(Kind::attribute)) parts.push_back(heap_.attribute(event.callee).base);
  if (parts.size() < 2) return;
  Origin all;
  for (const Value& part : parts) {
    const Origin one = origin_of(heap_, part);
    all.secret |= one.secret;
    all.everything |= one.everything;
    all.spied |= one.spied;
    all.output |= one.output;
    all.facts += one.facts;
    all.variables.insert(all.variables.end(), one.variables.begin(), one.variables.end());
    all.texts.insert(all.texts.end(), one.texts.begin(), one.texts.end());
    if (!one.what.empty()) all.what = one.what;
  }
  const bool matters = all.secret || all.everything || all.spied || all.output || all.facts > 1 || !all.variables.empty() || std::any_of(all.texts.begin(), all.texts.end(), [](std::string_view text) { return is_secret_place(text); });
  if (!matters) return;
  Kept kept;
  kept.origin = all;
  for (const Value& part : parts) {
    const Origin one = origin_of(heap_, part);
    for (const std::string_view text : one.texts) {
      if (text.size() > 3 && text.size() < 256 && text.find_first_of("./\\") != std::string_view::npos && !is_secret_place(text)) kept.paths.push_back(text);
    }
    kept.made.insert(kept.made.end(), one.made.begin(), one.made.end());
  }
  if (last.starts_with("copy") || last == "make_archive") kept.origin.secret = true;
  if (kept.origin.what.empty()) {
    for (const std::string_view text : all.texts) if (is_secret_place(text)) kept.origin.what = std::string(text);
  }
  kept_.push_back(std::move(kept));
}

// Where a value comes from, also by way of files and buffers that the program filled itself.
Origin Weigher::whole_origin(Value value) const {
  Origin out = origin_of(heap_, value);
  for (const Kept& kept : kept_) {
    const bool path = std::any_of(kept.paths.begin(), kept.paths.end(), [&](std::string_view known) {
      return std::any_of(out.texts.begin(), out.texts.end(), [&](std::string_view text) { return text == known || (text.size() > known.size() && text.starts_with(known) && text[known.size()] == '.'); });
    });
    const bool object = std::any_of(kept.made.begin(), kept.made.end(), [&](uint32_t made) { return std::find(out.made.begin(), out.made.end(), made) != out.made.end(); });
    if (!(path && out.read) && !object) continue;
    out.secret |= kept.origin.secret;
    out.everything |= kept.origin.everything;
    out.spied |= kept.origin.spied;
    out.output |= kept.origin.output;
    out.facts += kept.origin.facts;
    out.variables.insert(out.variables.end(), kept.origin.variables.begin(), kept.origin.variables.end());
    if (!kept.origin.what.empty()) out.what = kept.origin.what;
  }
  return out;
}

AddressKind Weigher::download_kind(std::string_view path) const {
  for (const Download& download : downloads_) {
    if (download.path == path) return download.from;
  }
  return AddressKind::none;
}

}  // namespace winnow::judge
