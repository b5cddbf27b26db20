// Java's object streams. A reader makes an object of every class that the stream names and finds, and calls what these
// classes do when they are read. Models are made of arrays, collections and the classes of their library. Streams that
// attack are made of classes of other libraries whose reading ends in a call that the stream chooses ("gadgets"): a
// method by its name, compiled Java code, an address that objects are fetched from. Those classes are listed in
// knowledge/java.toml, as jvm.CLASS.
#include "formats/java/java.h"

#include <algorithm>

#include "containers/java_stream.h"
#include "core/print.h"
#include "knowledge/knowledge.h"

namespace winnow::java {
namespace {

constexpr size_t kMostTexts = 12;  // in the evidence

using containers::JavaClass;
using containers::JavaStream;

// Lambda expressions and proxies are no gadgets by themselves; with what they call they are.
bool is_array_of(std::string_view name) { return name.starts_with('['); }

// The texts of the stream that a person wants to see: no names of types and packages.
std::string texts_of(const JavaStream& stream) {
  std::string out;
  size_t shown = 0;
  for (const containers::JavaText& text : stream.texts) {
    const bool type = (text.text.starts_with('L') && text.text.ends_with(';')) || text.text.starts_with('[');
    if (type || text.text.empty()) continue;
    if (shown++ == kMostTexts) {
      out += ", ...";
      break;
    }
    (out += out.empty() ? "" : ", ") += quoted(text.text, false, 120);
  }
  return out;
}

}  // namespace

bool is_objects(const Artifact& artifact) {
  return (artifact.hint == Hint::none || artifact.hint == Hint::unclaimed) && containers::is_java_stream(artifact.bytes);
}

void read_objects(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "java-objects");
  const JavaStream stream = containers::read_java_stream(artifact.bytes);
  if (stream.damage) scan.gap(artifact, *stream.damage);
  bool told = false;
  const std::string texts = texts_of(stream);
  for (const JavaClass& cls : stream.classes) {
    if (cls.proxy) {
      told = true;
      scan.note(artifact, kThreat, {Ruling::suspected, Trigger::load, "Makes a proxy for " + cls.name + ".",
          "A proxy hands every call of an interface to a handler from the stream. Libraries do not put one into a model; attacks use it to be called.", "java.lang.reflect.Proxy",
          "Proxy(" + cls.name + ")", cls.offset});
      continue;
    }
    if (is_array_of(cls.name)) continue;
    std::string dotted = "jvm." + cls.name;
    std::replace(dotted.begin(), dotted.end(), '$', '.');
    const knowledge::Callable* known = knowledge::find(dotted);
    if (known == nullptr || knowledge::is_trusted(known)) continue;
    told = true;
    const bool network = known->effect == knowledge::Effect::network;
    const Ruling ruling = known->effect == knowledge::Effect::call ? Ruling::suspected : cls.instantiated || !network ? Ruling::confirmed : Ruling::suspected;
    scan.note(artifact, kThreat, {ruling, Trigger::load, "Makes an object of " + cls.name + " when it is loaded.", std::string(known->why), cls.name, cls.name + "(" + texts + ")", cls.offset});
  }
  for (const Bytes array : stream.arrays) {
    if (!as_text(array).starts_with("\xca\xfe\xba\xbe")) continue;
    told = true;
    scan.note(artifact, kThreat, {Ruling::confirmed, Trigger::load, "Carries compiled Java code.", "A class file stands among the objects. No model holds one; gadgets define the class and run it.",
        "java.lang.ClassLoader.defineClass", "<class file, " + std::to_string(array.size()) + " bytes>", static_cast<uint64_t>(array.data() - artifact.bytes.data())});
  }
  if (told) return;
  scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::load, "Holds objects of " + std::to_string(stream.classes.size()) + " classes.",
      "None of them is known to call what a stream chooses. They are data, or classes of the program that loads them.", stream.classes.empty() ? std::string() : stream.classes[0].name,
                        stream.classes.empty() ? std::string() : stream.classes[0].name, 0});
}

}  // namespace winnow::java
