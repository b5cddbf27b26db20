#include "containers/xml.h"

#include <expat.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace winnow::containers {
namespace {

constexpr size_t kMostText = size_t{1} << 20;       // of one element
constexpr size_t kMostTexts = size_t{256} << 20;    // of all
constexpr uint32_t kDeepest = 10'000;
constexpr size_t kPiece = size_t{1} << 20;

std::string_view local(const char* name) {
  const std::string_view text(name);
  const size_t colon = text.rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

struct State {
  XML_Parser parser = nullptr;
  Xml* out = nullptr;
  size_t most = 0, texts = 0;
  std::vector<uint32_t> open;

  uint64_t offset() const { return static_cast<uint64_t>(XML_GetCurrentByteIndex(parser)); }
  void stop(Fault fault, const char* what) {
    if (!out->damage) out->damage = Error{fault, offset(), what};
    XML_StopParser(parser, XML_FALSE);
  }
};

void start(void* data, const XML_Char* name, const XML_Char** attributes) {
  auto& state = *static_cast<State*>(data);
  if (state.out->elements.size() >= state.most) return state.stop(Fault::limit, "the document has too many elements");
  if (state.open.size() >= kDeepest) return state.stop(Fault::limit, "elements are nested too deeply");
  XmlElement element;
  element.name = local(name);
  element.offset = state.offset();
  element.parent = state.open.empty() ? 0 : state.open.back();
  element.depth = static_cast<uint32_t>(state.open.size());
  for (size_t i = 0; attributes[i] != nullptr; i += 2) element.attributes.push_back({std::string(local(attributes[i])), attributes[i + 1]});
  state.open.push_back(static_cast<uint32_t>(state.out->elements.size()));
  state.out->elements.push_back(std::move(element));
}

void end(void* data, const XML_Char*) { static_cast<State*>(data)->open.pop_back(); }

void characters(void* data, const XML_Char* text, int size) {
  auto& state = *static_cast<State*>(data);
  if (state.open.empty()) return;
  std::string& held = state.out->elements[state.open.back()].text;
  if (held.size() > kMostText || state.texts > kMostTexts) return;
  held.append(text, static_cast<size_t>(size));
  state.texts += static_cast<size_t>(size);
}

void type(void* data, const XML_Char*, const XML_Char* system, const XML_Char*, int) {
  if (system != nullptr) static_cast<State*>(data)->out->type = system;
}

void entity(void* data, const XML_Char* name, int parameter, const XML_Char*, int, const XML_Char*, const XML_Char* system, const XML_Char*, const XML_Char*) {
  auto& state = *static_cast<State*>(data);
  if (state.out->entities.size() >= 10'000) return;
  XmlEntity made;
  made.name = name;
  made.parameter = parameter != 0;
  made.external = system != nullptr;
  made.offset = state.offset();
  if (system != nullptr) made.target = system;
  state.out->entities.push_back(std::move(made));
}

// Called where an external entity is used; nothing is loaded.
int external(XML_Parser parser, const XML_Char* context, const XML_Char*, const XML_Char* system, const XML_Char*) {
  auto& state = *static_cast<State*>(XML_GetUserData(parser));
  (void)context;
  for (XmlEntity& one : state.out->entities) {
    if (system != nullptr && one.target == system) one.used = true;
  }
  return XML_STATUS_OK;
}

}  // namespace

Xml read_xml(Bytes bytes, size_t most) {
  Xml out;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr), &XML_ParserFree);
  State state;
  state.parser = parser.get();
  state.out = &out;
  state.most = most;
  XML_SetUserData(parser.get(), &state);
  XML_SetElementHandler(parser.get(), start, end);
  XML_SetCharacterDataHandler(parser.get(), characters);
  XML_SetStartDoctypeDeclHandler(parser.get(), type);
  XML_SetEntityDeclHandler(parser.get(), entity);
  XML_SetExternalEntityRefHandler(parser.get(), external);
  XML_SetParamEntityParsing(parser.get(), XML_PARAM_ENTITY_PARSING_NEVER);
  const std::string_view text = as_text(bytes);
  for (size_t at = 0; at < text.size() || at == 0; at += kPiece) {
    const std::string_view piece = text.substr(std::min(at, text.size()), kPiece);
    const bool last = at + kPiece >= text.size();
    if (XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), last ? 1 : 0) == XML_STATUS_OK) continue;
    const XML_Error error = XML_GetErrorCode(parser.get());
    out.explodes = error == XML_ERROR_AMPLIFICATION_LIMIT_BREACH || error == XML_ERROR_RECURSIVE_ENTITY_REF;
    const bool short_of = error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN || error == XML_ERROR_PARTIAL_CHAR ||
                          error == XML_ERROR_UNCLOSED_CDATA_SECTION || (error == XML_ERROR_NO_ELEMENTS && last);
    if (!out.damage) out.damage = Error{short_of ? Fault::truncated : Fault::malformed, state.offset(), std::string("the document cannot be read: ") + XML_ErrorString(error)};
    break;
  }
  return out;
}

std::string_view xml_root(Bytes bytes) {
  std::string_view text = as_text(bytes).substr(0, 16384);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  size_t at = text.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos || text[at] != '<') return {};
  int brackets = 0;
  while (at < text.size()) {
    at = text.find('<', at);
    if (at == std::string_view::npos || at + 1 >= text.size()) return {};
    const char next = text[at + 1];
    if (text.substr(at).starts_with("<!--")) {
      at = text.find("-->", at);
    } else if (next == '?') {
      at = text.find("?>", at);
    } else if (next == '!') {
      // A document type, whose declarations stand in brackets.
      for (++at; at < text.size() && (text[at] != '>' || brackets > 0); ++at) brackets += text[at] == '[' ? 1 : text[at] == ']' ? -1 : 0;
    } else {
      const size_t end = text.find_first_of(" \t\r\n/>", at + 1);
      std::string_view name = text.substr(at + 1, end == std::string_view::npos ? 0 : end - at - 1);
      const size_t colon = name.rfind(':');
      return colon == std::string_view::npos ? name : name.substr(colon + 1);
    }
  }
  return {};
}

}  // namespace winnow::containers
