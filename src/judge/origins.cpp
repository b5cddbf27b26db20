#include "judge/origins.h"

#include <algorithm>

#include "judge/addresses.h"
#include "judge/names.h"
#include "judge/places.h"
#include "knowledge/knowledge.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;

constexpr size_t kMostParts = 400;

// What tells of the machine and who uses it.
constexpr std::string_view kFacts[] = {"socket.gethostname", "socket.getfqdn", "platform.node", "platform.uname", "platform.platform", "getpass.getuser", "os.getlogin", "os.uname", "uuid.getnode", "uuid.uuid1", "pwd.getpwuid", "os.getuid", "os.geteuid", "psutil.users", "os.getcwd", "os.path.expanduser", "pathlib.Path.home", "pathlib.Path.cwd", "psutil.net_if_addrs", "socket.gethostbyname", "platform.version", "platform.system", "platform.machine", "platform.processor"};
// Of these alone nobody can be told from others.
constexpr std::string_view kWeakFacts[] = {"os.path.expanduser", "platform.version", "platform.system", "platform.machine", "platform.processor", "platform.platform", "pathlib.Path.home", "pathlib.Path.cwd", "socket.gethostbyname"};
constexpr std::string_view kSpying[] = {"PIL.ImageGrab.", "pyautogui.screenshot", "mss.", "pyperclip.paste", "pynput.", "keyboard.", "pyscreenshot.", "win32clipboard.", "browser_cookie3.", "browsercookie.", "keyring.get_", "win32crypt.CryptUnprotectData", "pycookiecheat."};
constexpr std::string_view kTokens[] = {"huggingface_hub.get_token", "huggingface_hub.HfFolder.get_token", "huggingface_hub.utils.get_token", "huggingface_hub.hf_api.HfFolder.get_token", "huggingface_hub.utils._auth.get_token", "huggingface_hub.utils.HfFolder.get_token"};
constexpr std::string_view kOpeners[] = {"builtins.open", "io.open", "codecs.open", "os.open", "pathlib.Path", "pathlib.PosixPath", "shutil.copy", "shutil.copyfile", "zipfile.ZipFile", "sqlite3.connect", "tarfile.open", "aiofiles.open"};
constexpr std::string_view kDecoders[] = {"base64.", "binascii.", "zlib.decompress", "gzip.decompress", "bz2.decompress", "lzma.decompress", "codecs.decode", "builtins.bytes.fromhex", "marshal.loads", "cryptography.fernet.", "Crypto.Cipher.", "Cryptodome.Cipher."};
// Modules whose functions give on what they are given in another form.
constexpr std::string_view kPassing[] = {"builtins.", "base64.", "binascii.", "json.", "zlib.", "gzip.", "bz2.", "lzma.", "codecs.", "urllib.parse.", "urllib.request.Request", "pickle.", "marshal.", "struct.", "io.", "re.", "html.", "pathlib.", "os.path.", "yaml.", "shutil.", "zipfile.", "tarfile.", "itertools.", "collections.", "copy.", "operator.", "os.environ", "os.getenv", "os.fspath", "string.", "textwrap.", "quopri.", "sqlite3.", "cryptography.", "Crypto.", "Cryptodome.", "functools.partial", "os.fdopen", "os.read", "simplejson.", "orjson.", "ujson.", "glob.", "os.listdir", "os.walk", "tempfile.", "aiofiles.", "email.mime.", "requests.utils.", "six.moves.urllib.", "platform.", "getpass.", "socket.", "uuid.", "pwd.", "dataclasses.asdict", "configparser.", "ast.", "winreg.", "_winreg.", "site.", "sysconfig.", "distutils.sysconfig.", "os.memfd_create", "types."};
// Methods that do so, of whatever object.
constexpr std::string_view kPassingMethods[] = {"read", "readline", "readlines", "read_text", "read_bytes", "encode", "decode", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "replace", "join", "format", "upper", "lower", "title", "json", "text", "content", "getvalue", "items", "values", "keys", "get", "copy", "hex", "hexdigest", "digest", "communicate", "stdout", "stderr", "recv", "recvfrom", "recv_into", "makefile", "accept", "iter_content", "iter_lines", "raw", "data", "read1", "fileno", "detach", "encrypt", "update", "pop", "setdefault", "__getitem__", "fetchall", "fetchone", "execute", "cursor", "decrypt", "compress", "decompress", "b64encode", "group", "findall", "search", "getbuffer", "tobytes", "node", "result", "expanduser", "joinpath", "open", "zfill", "center", "encodebytes", "as_string", "as_bytes", "swapcase", "translate", "splitext", "glob", "rglob", "iterdir", "get_payload", "getsockname", "receive", "recv_bytes", "__enter__", "stream", "body", "value", "output", "start"};

class Walk {
 public:
  Walk(const Heap& heap, Origin& out) : heap_(heap), out_(out) {}

  void run(Value value) {
    pending_.push_back(value);
    for (size_t i = 0; i < pending_.size() && i < kMostParts; ++i) visit(pending_[i]);
    if (pending_.size() >= kMostParts) out_.given = true;
    const bool opened = out_.read;
    for (const std::string_view text : out_.texts) {
      if (opened && is_secret_place(text)) out_.secret = true, out_.what = std::string(text);
    }
    if (opened && joined_.size() < 1024 && is_secret_place(joined_)) out_.secret = true, out_.what = joined_;
  }

 private:
  void push_items(Value container) {
    const Items& items = heap_.items(container);
    const uint32_t most = std::min<uint32_t>(items.size, 128);
    pending_.insert(pending_.end(), items.begin(), items.begin() + most);
  }

  void note_name(const Name& name) {
    const std::string_view canonical = name.canonical;
    static constexpr std::string_view kWhole[] = {"os.environ", "os.environb", "os.environ.items", "os.environ.values", "os.environ.copy"};
    if (is_one_of(kWhole, canonical)) out_.everything = true, out_.what = "os.environ";
    if (is_one_of(kFacts, canonical)) {
      out_.facts += is_one_of(kWeakFacts, canonical) ? 0 : 1;
      if (out_.what.empty()) out_.what = canonical;
    }
    if (starts_with_one_of(kSpying, canonical)) out_.spied = true, out_.what = canonical;
    if (is_one_of(kTokens, canonical)) out_.variables.push_back("HF_TOKEN");
    if (is_one_of(kOpeners, canonical)) out_.read = true;
    if (canonical == "os.memfd_create") out_.memory = true;
    if (canonical.ends_with(".__file__")) out_.module_file = true;
    static constexpr std::string_view kLibrary[] = {"site.get", "site.USER_SITE", "sysconfig.get_path", "distutils.sysconfig.get_python_lib", "sysconfig.get_paths"};
    out_.library = out_.library || starts_with_one_of(kLibrary, canonical);
    out_.path = out_.path || canonical.starts_with("pathlib.");
    static constexpr std::string_view kNumbers[] = {"numpy.", "torch.", "PIL.", "safetensors.", "cv2.", "h5py.", "tensorflow.", "imageio.", "skimage.", "soundfile.", "librosa."};
    out_.numbers = out_.numbers || starts_with_one_of(kNumbers, canonical);
    if (starts_with_one_of(kDecoders, canonical)) out_.decoded = true;
    if (name.known != nullptr && name.known->effect == Effect::process) out_.output = true;
  }

  void visit(Value part) {
    if (part.is_text()) {
      out_.texts.push_back(part.text());
      if (part.text().size() < 256 && joined_.size() < 1024) (joined_ += '/') += part.text();
    } else if (part.is(Kind::name)) {
      // A module of numbers is none; what its functions give is.
      const bool numbers = out_.numbers;
      note_name(heap_.name(part));
      out_.numbers = numbers;
    } else if (part.is(Kind::attribute)) {
      visit_attribute(heap_.attribute(part));
    } else if (part.is(Kind::object)) {
      visit_object(heap_.object(part));
    } else if (part.is_derived() || part.is_sequence() || part.is(Kind::dict) || part.is(Kind::frozen_set)) {
      push_items(part);
    } else if (part.is(Kind::iterator)) {
      pending_.push_back(heap_.link(part).first);
    } else if (part.is(Kind::generator)) {
      pending_.push_back(heap_.link(part).third);
    } else if (part.is(Kind::instance)) {
      const Instance& instance = heap_.instance(part);
      if (instance.attributes.is(Kind::dict) && ++instances_ < 8) push_items(instance.attributes);
      pending_.push_back(instance.held);
    } else if (part.is(Kind::byte_array)) {
      push_items(part);
    } else if (!part.is_known()) {
      out_.given = true;
    }
  }

  // os.environ['HF_TOKEN'], response.text, file.read
  void visit_attribute(const AttributeOf& of) {
    const Name* base = of.base.is(Kind::name) ? &heap_.name(of.base) : nullptr;
    if (base != nullptr && base->canonical == "os.environ") {
      if (of.name.starts_with("['")) return note_variable(of.name.substr(2, of.name.size() > 4 ? of.name.size() - 4 : 0));
    }
    if (of.resolved.is(Kind::name)) note_name(heap_.name(of.resolved));
    if (of.name == "__file__" && base != nullptr) out_.module_file = true;
    pending_.push_back(of.base);
  }

  void note_variable(std::string_view name) {
    if (is_secret_variable(name)) out_.variables.push_back(name);
    out_.texts.push_back(name);
  }

  void visit_object(const Object& made) {
    if (out_.made.size() < 64) out_.made.push_back(made.event);
    // The number of a port of one's own is nothing that somebody else has sent.
    if (made.callee.is(Kind::attribute) && heap_.attribute(made.callee).name == "getsockname") {
      out_.given = true;
      return;
    }
    const Name* maker = made.callee.is(Kind::name) ? &heap_.name(made.callee)
                        : made.callee.is(Kind::attribute) && heap_.attribute(made.callee).resolved.is(Kind::name) ? &heap_.name(heap_.attribute(made.callee).resolved) : nullptr;
    const bool method = made.callee.is(Kind::attribute);
    if (maker != nullptr) {
      const std::string_view canonical = maker->canonical;
      if (canonical == "os.getenv" || canonical == "os.environ.get" || canonical == "os.environ.pop" || canonical == "os.environ.__getitem__" || canonical == "os.environ.setdefault" || canonical == "os.getenvb") {
        const Items none;
        const Items& given = made.arguments.is_sequence() ? heap_.items(made.arguments) : none;
        if (given.size > 0 && given[0].is_text()) note_variable(given[0].text());
        else out_.given = true;
        if (given.size > 1) pending_.push_back(given[1]);
        return;
      }
      note_name(*maker);
      const bool fact = is_one_of(kFacts, canonical);
      if (!fact && maker->known != nullptr && maker->known->effect == Effect::network) {
        out_.received = true;
        static constexpr std::string_view kConnections[] = {"socket.", "asyncio.", "ssl.", "websocket", "telnetlib.", "multiprocessing.connection.", "paramiko.", "_socket."};
        const bool within = canonical == "socket.socketpair";  // both ends are the program's own
        out_.connection = out_.connection || (starts_with_one_of(kConnections, canonical) && !within);
        note_addresses(made);
        for (const std::string_view address : out_.addresses) {
          if (is_secret_place(address)) out_.secret = true, out_.what = std::string(address);
        }
        return;
      }
    }
    if (method && (heap_.attribute(made.callee).name == "encrypt" || heap_.attribute(made.callee).name == "encrypt_and_digest")) out_.encrypted = true;
    const bool passes_on = method ? is_one_of(kPassingMethods, heap_.attribute(made.callee).name) : maker != nullptr && starts_with_one_of(kPassing, maker->canonical);
    const bool made_by_value = !made.callee.is(Kind::name) && !method;  // what a call of something unknown gave
    if (method) pending_.push_back(made.callee);
    if (made_by_value) pending_.push_back(made.callee);
    if (maker != nullptr && maker->known != nullptr && maker->known->effect == Effect::fetch_model) note_model(made);
    if (method && heap_.attribute(made.callee).name.starts_with("download")) note_asked_for(made);
    if (!passes_on && maker != nullptr && !(maker->known != nullptr && maker->known->effect == Effect::process)) {
      if (!method) out_.given = true;
      return;
    }
    for (const Value inner : {made.arguments, made.keywords}) {
      if (inner.is_sequence() || inner.is(Kind::dict)) push_items(inner);
    }
    const Growth& growth = heap_.growth(made);
    for (const Items& held : {growth.entries, growth.appended}) {
      pending_.insert(pending_.end(), held.begin(), held.begin() + std::min<uint32_t>(held.size, 32));
    }
  }

  // hf_hub_download('owner/name', 'notes.txt')
  void note_model(const Object& made) {
    for (const Value inner : {made.arguments, made.keywords}) {
      if (!inner.is_sequence() && !inner.is(Kind::dict)) continue;
      for (const Value& given : heap_.items(inner)) {
        if (given.is_text() && given.text().find('/') != std::string_view::npos) out_.models.push_back(given.text());
        if (given.is_text() && given.text().find('.') != std::string_view::npos) out_.texts.push_back(given.text());
      }
    }
  }

  // manager.download_and_extract('http://...'), of whatever object.
  void note_asked_for(const Object& made) {
    if (!made.arguments.is_sequence()) return;
    for (const Value& given : heap_.items(made.arguments)) {
      if (!given.is_text() || address_of(given.text()).kind == AddressKind::none) continue;
      out_.asked_for = true;
      out_.addresses.push_back(given.text());
    }
  }

  void note_addresses(const Object& made) {
    for (const Value inner : {made.arguments, made.keywords}) {
      if (!inner.is_sequence() && !inner.is(Kind::dict)) continue;
      for (const Value& given : heap_.items(inner)) {
        if (given.is_text()) out_.addresses.push_back(given.text());
        if (given.is_derived()) {
          for (const Value& part : heap_.items(given)) if (part.is_text()) out_.addresses.push_back(part.text());
        }
        if (given.is(Kind::object)) {
          const Object& request = heap_.object(given);
          if (request.arguments.is_sequence()) for (const Value& part : heap_.items(request.arguments)) if (part.is_text()) out_.addresses.push_back(part.text());
        }
      }
    }
  }

  const Heap& heap_;
  Origin& out_;
  std::vector<Value> pending_;
  std::string joined_;  // os.path.join(home, '.ssh', 'id_rsa')
  uint32_t instances_ = 0;
};

void append_text(const Heap& heap, Value value, std::string& out, int depth) {
  if (out.size() > 64 * 1024 || depth > 12) return;
  if (value.is_text()) {
    out += value.text();
  } else if (value.is(Kind::integer)) {
    out += std::to_string(value.as_integer());
  } else if (value.is_derived()) {
    bool any = false;
    for (const Value& part : heap.items(value)) {
      if (part.is(Kind::ellipsis)) continue;  // ends a text of which only parts are known
      if (part.is_text() || part.is_derived()) append_text(heap, part, out, depth + 1), any = true;
      else out += kHole;
    }
    if (!any) out += kHole;
  } else {
    out += kHole;
  }
}

}  // namespace

Origin origin_of(const Heap& heap, Value value) {
  Origin out;
  Walk(heap, out).run(value);
  return out;
}

std::string text_with_holes(const Heap& heap, Value value) {
  std::string out;
  append_text(heap, value, out, 0);
  return out;
}

}  // namespace winnow::judge
