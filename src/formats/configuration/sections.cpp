// TOML and INI: what stands under sections.
//
//   logging.config.fileConfig   [handler_x] class, args, kwargs and [formatter_x] class: given to eval in logging's namespace
//   pyproject.toml              build-backend with backend-path, hooks of Hatch, cmdclass of setuptools: files that run when it is built
//   spaCy's config.cfg          @registry = "name": functions of packages that must be installed
//   any                         what stands in JSON and YAML under the same keys: _target_, class_path, trust_remote_code
#include "containers/sections.h"

#include <algorithm>

#include "containers/paths.h"
#include "core/print.h"
#include "formats/configuration/configuration.h"
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

constexpr size_t kLongestSections = size_t{4} << 20;

bool is_toml(std::string_view path) { return path.ends_with(".toml"); }

bool is_ini(std::string_view path) {
  return path.ends_with(".ini") || path.ends_with(".cfg") || path.ends_with(".conf");
}

}  // namespace

bool may_be_sections(const Artifact& artifact) {
  if ((artifact.hint != Hint::none && artifact.hint != Hint::unclaimed) || artifact.bytes.empty() || artifact.bytes.size() > kLongestSections) return false;
  const std::string_view text = as_text(artifact.bytes);
  const bool textual = std::none_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(text.size(), 1024)), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f';
  });
  return textual && (is_toml(artifact.path) || is_ini(artifact.path)) && containers::begins_with_section(text);
}

void read_sections(Scan& scan, const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  const auto parsed = is_toml(artifact.path) ? containers::parse_toml(text) : containers::parse_ini(text);
  if (parsed) {
    Reading(scan, artifact, parsed->document, Syntax::sections).run();
    return;
  }
  // A broken text is refused by its loader as a whole; one that is too large is not.
  if (parsed.error().fault != Fault::limit) return;
  scan.recognise(artifact, "configuration");
  scan.gap(artifact, parsed.error());
}

void Reading::read_section_root(NodeId id) {
  read_logging(id);
  read_build(id);
  if (document_.find(id, "nlp") && document_.find(id, "components")) {
    name_format("spacy-config");
    read_registered(id, 0);
    std::sort(registered_.begin(), registered_.end());
    registered_.erase(std::unique(registered_.begin(), registered_.end()), registered_.end());
    for (const std::string_view name : registered_) refer("code", name, "spacy.registry");
  }
}

// Handlers and formatters of logging's own form: the texts go to eval with logging's names, among them os and sys.
void Reading::read_logging(NodeId root) {
  if (!document_.find(root, "loggers") || !document_.find(root, "handlers")) return;
  name_format("logging-config");
  run_source("import logging, logging.handlers, os, sys, io, time, re, threading, warnings, weakref, traceback, string, collections", 0);
  run_source("from logging import *", 0);
  const Node& sections = document_[root];
  for (uint32_t i = 0; i + 1 < sections.count; i += 2) {
    const std::string_view name = text_of(document_.child(sections, i));
    const NodeId section = document_.child(sections, i + 1);
    if (!document_.is(section, NodeKind::map) || (!name.starts_with("handler_") && !name.starts_with("formatter_"))) continue;
    for (const std::string_view key : {"class", "args", "kwargs"}) {
      const auto value = document_.find(section, key);
      if (value && document_.is_text(*value)) run_source(document_[*value].text, document_[*value].offset);
    }
  }
}

void Reading::read_build(NodeId root) {
  if (const auto system = document_.find(root, "build-system"); system && document_.is(*system, NodeKind::map)) {
    const auto paths = document_.find(*system, "backend-path");
    const std::string_view backend = document_.text(*system, "build-backend");
    const std::string_view module = backend.substr(0, backend.find(':'));
    for (uint32_t i = 0; paths && document_.is(*paths, NodeKind::list) && i < document_[*paths].count && i < 16; ++i) {
      std::string path = std::string(text_of(document_.child(document_[*paths], i))) + "/" + std::string(module);
      std::replace(path.begin() + static_cast<std::ptrdiff_t>(path.size() - module.size()), path.end(), '.', '/');
      name_format("build-config");
      refer("code", path + ".py", "pip (build-backend)");
    }
  }
  const auto tool = document_.find(root, "tool");
  if (!tool || !document_.is(*tool, NodeKind::map)) return;
  const auto under = [&](std::initializer_list<std::string_view> path) -> std::optional<NodeId> {
    std::optional<NodeId> at = tool;
    for (const std::string_view name : path) at = at && document_.is(*at, NodeKind::map) ? document_.find(*at, name) : std::nullopt;
    return at;
  };
  if (const auto hook = under({"hatch", "build", "hooks", "custom"})) {
    name_format("build-config");
    const std::string_view path = document_.text(*hook, "path");
    refer("code", path.empty() ? "hatch_build.py" : path, "hatchling");
  }
  if (const auto commands = under({"setuptools", "cmdclass"}); commands && document_.is(*commands, NodeKind::map)) {
    const Node& map = document_[*commands];
    for (uint32_t i = 1; i < map.count; i += 2) {
      const std::string_view name = text_of(document_.child(map, i));
      name_format("build-config");
      refer_to_module(name.substr(0, name.rfind('.')), "setuptools");
    }
  }
  if (const auto script = under({"poetry", "build", "script"})) {
    name_format("build-config");
    refer("code", text_of(script), "poetry");
  }
}

// @architectures = "package.Name.v1", factory = "name": what spaCy looks up in its registries.
void Reading::read_registered(NodeId map, int depth) {
  const Node& node = document_[map];
  if (depth > 32 || node.kind != NodeKind::map) return;
  for (uint32_t i = 0; i + 1 < node.count; i += 2) {
    const std::string_view name = text_of(document_.child(node, i));
    const NodeId value = document_.child(node, i + 1);
    if (name.starts_with('@') && !text_of(value).starts_with("spacy.") && !text_of(value).starts_with("thinc.") && !text_of(value).starts_with("spacy-")) {
      if (const std::string_view text = text_of(value); text.find('.') != std::string_view::npos && registered_.size() < 1000) registered_.push_back(text);
    }
    read_registered(value, depth + 1);
  }
}

}  // namespace winnow::configuration
