// Models as XML. PMML and OpenVINO's networks are data: what their readers compute stands in a fixed list of elements. Two
// things can still act: the document type, by which a reader that resolves entities opens files and addresses or runs out
// of memory (XXE), and names of Java classes, which JPMML takes for functions. Objects that java.beans.XMLDecoder reads
// are a program: every element is a call. XStream makes objects of the classes that elements name.
#include "formats/xml_model/xml_model.h"

#include <algorithm>

#include "containers/xml.h"
#include "core/print.h"
#include "knowledge/knowledge.h"

namespace winnow::xml_model {
namespace {

using containers::Xml;
using containers::XmlElement;

enum class Kind : uint8_t { none, pmml, openvino, decoder, objects };

constexpr size_t kLongest = size_t{1} << 30;
constexpr size_t kMostNames = 8;

// A class of Java by its elements' name, as XStream writes them: java.util.PriorityQueue, dynamic-proxy.
bool is_class_name(std::string_view name) {
  static constexpr std::string_view kTops[] = {"java.", "javax.", "com.sun.", "org.", "sun.", "jdk.", "net.", "com."};
  return std::count(name.begin(), name.end(), '.') >= 2 && std::any_of(std::begin(kTops), std::end(kTops), [&](std::string_view top) { return name.starts_with(top); });
}

Kind kind_of(std::string_view root, Bytes bytes) {
  if (root == "PMML") return Kind::pmml;
  const std::string_view start = as_text(bytes).substr(0, 65536);
  if (root == "net" && start.find("<layers") != std::string_view::npos) return Kind::openvino;
  if (root == "java" && start.find("XMLDecoder") != std::string_view::npos) return Kind::decoder;
  if (is_class_name(root)) return Kind::objects;
  static constexpr std::string_view kCollections[] = {"sorted-set", "tree-map", "tree-set", "linked-hash-set", "map", "list", "dynamic-proxy", "entry"};
  const bool collection = std::find(std::begin(kCollections), std::end(kCollections), root) != std::end(kCollections);
  return collection && start.find("dynamic-proxy") != std::string_view::npos ? Kind::objects : Kind::none;
}

bool is_address(std::string_view target) { return target.find("://") != std::string_view::npos && !target.starts_with("file:"); }

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact, Kind kind) : scan_(scan), artifact_(artifact), kind_(kind), xml_(containers::read_xml(artifact.bytes)) {}

  void run() {
    static constexpr std::string_view kNames[] = {"", "pmml", "openvino-ir", "java-xml", "java-xml"};
    scan_.recognise(artifact_, kNames[static_cast<size_t>(kind_)]);
    if (xml_.damage && !xml_.explodes) scan_.gap(artifact_, *xml_.damage);
    if (!scan_.step(xml_.elements.size())) scan_.gap(artifact_, Fault::limit, 0, "the budget for work is used up");
    look_at_entities();
    look_at_type();
    switch (kind_) {
      case Kind::pmml: look_at_pmml(); break;
      case Kind::openvino: look_at_layers(); break;
      default: look_at_objects(); break;
    }
  }

 private:
  void add(std::string threat, Ruling ruling, std::string summary, std::string why, std::string callee, std::string code, uint64_t offset) {
    const Trigger trigger = callee.empty() ? Trigger::other : Trigger::load;
    scan_.note(artifact_, threat, {ruling, trigger, std::move(summary), std::move(why), std::move(callee), std::move(code), offset});
  }

  void look_at_entities() {
    if (xml_.explodes) {
      add("xml-entity", Ruling::confirmed, "Declares entities that grow without measure.", "They are made of each other many times over, so that a reader which puts them in takes all memory.",
          "ENTITY", xml_.entities.empty() ? "" : "<!ENTITY " + xml_.entities.back().name + " ...>", xml_.entities.empty() ? 0 : xml_.entities.back().offset);
    }
    for (const containers::XmlEntity& entity : xml_.entities) {
      if (!entity.external) continue;
      const bool address = is_address(entity.target);
      const bool sensitive = knowledge::sensitive_path(entity.target) != nullptr;
      const bool acts = entity.used || entity.parameter;
      if (address) scan_.references.push_back({"url", entity.target, "DOCTYPE"});
      add("xml-entity", acts || sensitive ? Ruling::confirmed : Ruling::suspected, std::string(address ? "Makes a reader fetch " : "Makes a reader open ") + quoted(entity.target, false) + ".",
          "An entity of the document type stands for a file or address, which a reader that resolves entities opens" +
              std::string(acts ? " and puts into the document." : ". It is declared and not used.") + " No model needs one.",
          "ENTITY", "<!ENTITY " + std::string(entity.parameter ? "% " : "") + entity.name + " SYSTEM " + quoted(entity.target, false) + ">", entity.offset);
    }
  }

  void look_at_type() {
    if (xml_.type.empty()) return;
    const bool own = xml_.type.find("dmg.org") != std::string::npos || xml_.type.find("java.sun.com") != std::string::npos;
    const bool elsewhere = is_address(xml_.type) || xml_.type.find('/') != std::string::npos || xml_.type.find('\\') != std::string::npos;
    add("xml-entity", own || !elsewhere ? Ruling::dismissed : Ruling::suspected, "Names the document type " + quoted(xml_.type, false) + ".",
        own || !elsewhere ? "It is the published one of the format, or lies beside the model." : "A reader that checks documents fetches it, and it can declare entities.", "DOCTYPE", xml_.type, 0);
  }

  // Functions with a point in their name are classes for JPMML (org.jpmml.evaluator.functions).
  void look_at_pmml() {
    size_t named = 0;
    for (const XmlElement& element : xml_.elements) {
      const std::string_view function = element.name == "Apply" ? element.attribute("function") : std::string_view();
      if (function.find('.') == std::string_view::npos) continue;
      if (const knowledge::Callable* known = knowledge::find("jvm." + std::string(function)); known != nullptr && !knowledge::is_trusted(known)) {
        add("custom-operation", Ruling::suspected, "Names the Java class " + quoted(function, false) + " as a function.", std::string(known->why), std::string(function), "Apply(" + std::string(function) + ")", element.offset);
      } else if (named++ < kMostNames) {
        scan_.references.push_back({"code", std::string(function), "PMML"});
        add("custom-operation", Ruling::dismissed, "Needs the Java class " + quoted(function, false) + " as a function.",
            "JPMML looks for the class among those of the program that loads the model. The file brings no code.", std::string(function), "Apply(" + std::string(function) + ")", element.offset);
      }
    }
    if (named == 0) {
      add("custom-operation", Ruling::dismissed, "Has no function of its own.", "Nothing in this format is executed: expressions are elements of a fixed list. Text in extensions is data.", {}, {}, 0);
    }
  }

  void look_at_layers() {
    size_t named = 0;
    for (const XmlElement& element : xml_.elements) {
      if (element.name != "layer") continue;
      const std::string_view set = element.attribute("version"), type = element.attribute("type");
      const bool own = set.empty() || set.starts_with("opset") || set == "experimental" || set == "ie_internal_opset" || set == "util";
      if (own || named++ >= kMostNames) continue;
      scan_.references.push_back({"code", std::string(set) + ":" + std::string(type), "OpenVINO"});
      add("custom-operation", Ruling::dismissed, "Needs the operation " + quoted(type, false) + " of an extension.",
          "OpenVINO has operations of extensions only from libraries that the program adds. The file brings no code and names no library.", std::string(type), std::string(set) + ":" + std::string(type), element.offset);
    }
    if (named == 0) add("custom-operation", Ruling::dismissed, "Has no operation of its own.", "Nothing in this format is executed: operations are those of OpenVINO.", {}, {}, 0);
  }

  void look_at_objects() {
    bool told = false;
    for (const XmlElement& element : xml_.elements) {
      const std::string_view cls = kind_ == Kind::decoder ? element.attribute("class") : !element.attribute("class").empty() ? element.attribute("class") : std::string_view(element.name);
      const std::string_view method = element.attribute("method");
      if (element.name == "dynamic-proxy") {
        told = true;
        add("java-deserialisation", Ruling::suspected, "Makes a proxy.", "A proxy hands every call of an interface to a handler from the document. Libraries do not put one into a model.",
            "java.lang.reflect.Proxy", "<dynamic-proxy>", element.offset);
      }
      std::string name(cls);
      std::replace(name.begin(), name.end(), '$', '.');
      const knowledge::Callable* known = knowledge::find("jvm." + name);
      if (known == nullptr || knowledge::is_trusted(known)) {
        const bool calls = kind_ == Kind::decoder && !method.empty() && is_class_name(cls) && !cls.starts_with("java.util.") && !cls.starts_with("java.awt.");
        if (!calls) continue;
        told = true;
        add("java-deserialisation", Ruling::suspected, "Calls " + std::string(cls) + "." + std::string(method) + " when it is loaded.",
            "XMLDecoder calls the methods that the document names.", std::string(cls) + "." + std::string(method), "<" + element.name + " class=" + quoted(cls, false) + " method=" + quoted(method, false) + ">", element.offset);
        continue;
      }
      told = true;
      add("java-deserialisation", known->effect == knowledge::Effect::call ? Ruling::suspected : Ruling::confirmed, "Makes an object of " + std::string(cls) + " when it is loaded.",
          std::string(known->why), std::string(cls), "<" + element.name + ">" + texts_below(element), element.offset);
    }
    if (!told) add("java-deserialisation", Ruling::dismissed, "Holds objects of Java.", "None of their classes is known to call what a document chooses.", {}, {}, 0);
  }

  // What stands in the elements within: the arguments.
  std::string texts_below(const XmlElement& element) const {
    std::string out;
    const auto index = static_cast<size_t>(&element - xml_.elements.data());
    for (size_t i = index; i < xml_.elements.size() && i < index + 64 && (i == index || xml_.elements[i].depth > element.depth); ++i) {
      std::string_view text = xml_.elements[i].text;
      while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
      while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
      if (!text.empty() && out.size() < 300) out += " " + quoted(text, false, 120);
    }
    return out;
  }

  Scan& scan_;
  const Artifact& artifact_;
  Kind kind_;
  Xml xml_;
};

}  // namespace

bool is_model(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  const std::string_view root = containers::xml_root(artifact.bytes);
  return !root.empty() && kind_of(root, artifact.bytes) != Kind::none;
}

void read_model(Scan& scan, const Artifact& artifact) {
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the document is longer than is read");
  Reading(scan, artifact, kind_of(containers::xml_root(artifact.bytes), artifact.bytes)).run();
}

}  // namespace winnow::xml_model
