#include "code/r/deparse.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace winnow::r {
namespace {

constexpr int kDeepest = 40;
constexpr size_t kMostItems = 40;

constexpr std::string_view kInfix[] = {"+",  "-",  "*",  "/",  "^",  "==", "!=", "<",  ">",  "<=", ">=", "&",  "&&", "|",
                                       "||", "<-", "<<-", "=", "~",  ":",  "::", ":::", "$", "@",  "|>", "?",  ":="};
constexpr std::string_view kTight[] = {"^", ":", "::", ":::", "$", "@"};

template <size_t N>
bool is_in(const std::string_view (&table)[N], std::string_view word) {
  return std::find(std::begin(table), std::end(table), word) != std::end(table);
}

bool is_plain_name(std::string_view name) {
  if (name.empty()) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || (c & 0x80) != 0;
  }) && !(name[0] >= '0' && name[0] <= '9') && name[0] != '_';
}

class Writer {
 public:
  Writer(const Pool& pool, size_t most) : pool_(pool), most_(most) {}

  std::string take() { return std::move(out_); }

  void write(Id id, int depth) {
    if (out_.size() > most_ || depth > kDeepest) {
      if (!out_.ends_with("...")) out_ += "...";
      return;
    }
    const Object& object = pool_[id];
    switch (object.type) {
      case Type::null: out_ += "NULL"; return;
      case Type::symbol: put_name(pool_.name(id)); return;
      case Type::chars: out_ += quoted_text(pool_.name(id)); return;
      case Type::function: put_function(pool_.name(id)); return;
      case Type::language: call(id, depth); return;
      case Type::closure: function(object.b, object.c, depth); return;
      case Type::promise: write(object.c, depth + 1); return;
      case Type::bytecode: write(object.b, depth + 1); return;
      case Type::pairlist: case Type::dots: out_ += "pairlist("; arguments(pool_.cells(id), depth); out_ += ")"; return;
      case Type::environment: out_ += id == kGlobal ? ".GlobalEnv" : "<environment>"; return;
      case Type::external: out_ += "<pointer>"; return;
      case Type::weak: out_ += "<weak reference>"; return;
      case Type::object: out_ += "<S4 object>"; return;
      case Type::marker: return;
      case Type::unknown: out_ += "?"; return;
      default: vector(id, depth);
    }
  }

 private:
  void put_name(std::string_view name) { out_ += is_plain_name(name) ? std::string(name) : "`" + std::string(name) + "`"; }

  void put_function(std::string_view name) {
    const size_t colon = name.find("::");
    if (colon == std::string_view::npos) return put_name(name);
    (out_ += name.substr(0, colon)) += "::";
    put_name(name.substr(colon + 2));
  }

  void arguments(const std::vector<Argument>& given, int depth) {
    for (size_t i = 0; i < given.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (i >= kMostItems || out_.size() > most_) {
        out_ += "...";
        return;
      }
      if (!given[i].name.empty()) {
        put_name(given[i].name);
        out_ += given[i].value == kMissing ? " = " : " = ";
      }
      write(given[i].value, depth + 1);
    }
  }

  void function(Id formals, Id body, int depth) {
    out_ += "function(";
    bool first = true;
    for (const Argument& formal : pool_.cells(formals, 64)) {
      if (!first) out_ += ", ";
      first = false;
      put_name(formal.name);
      if (formal.value == kMissing) continue;
      out_ += " = ";
      write(formal.value, depth + 1);
    }
    out_ += ") ";
    write(body, depth + 1);
  }

  void call(Id id, int depth) {
    const Id head = pool_[id].b;
    const std::vector<Argument> given = pool_.cells(id);
    const std::string_view name = pool_.is(head, Type::symbol) ? pool_.name(head) : std::string_view();
    if (!name.empty() && operation(name, given, depth)) return;
    const bool wrap = pool_.is(head, Type::closure) || (pool_.is(head, Type::language) && pool_.is(pool_[head].b, Type::symbol) && pool_.name(pool_[head].b) == "function");
    if (wrap) out_ += "(";
    write(head, depth + 1);
    if (wrap) out_ += ")";
    out_ += "(";
    arguments(given, depth);
    out_ += ")";
  }

  bool operation(std::string_view name, const std::vector<Argument>& given, int depth) {
    const size_t n = given.size();
    const auto part = [&](size_t i) { write(given[i].value, depth + 1); };
    const auto put = [&](std::string_view text) { out_ += text; };
    const bool percent = name.size() >= 2 && name.front() == '%' && name.back() == '%';
    if (n == 2 && (is_in(kInfix, name) || percent)) {
      part(0);
      if (is_in(kTight, name)) put(name); else put(" " + std::string(name) + " ");
      part(1);
    } else if (n == 1 && (name == "-" || name == "+" || name == "!" || name == "~" || name == "?")) {
      put(name);
      part(0);
    } else if (name == "(" && n == 1) {
      put("(");
      part(0);
      put(")");
    } else if (name == "{") {
      put("{ ");
      for (size_t i = 0; i < n && out_.size() <= most_; ++i) {
        if (i > 0) put("; ");
        part(i);
      }
      put(" }");
    } else if ((name == "[" || name == "[[") && n >= 1) {
      part(0);
      put(name);
      arguments({given.begin() + 1, given.end()}, depth);
      put(name == "[" ? "]" : "]]");
    } else if (name == "if" && n >= 2) {
      put("if (");
      part(0);
      put(") ");
      part(1);
      if (n > 2) put(" else "), part(2);
    } else if (name == "for" && n == 3) {
      put("for (");
      part(0);
      put(" in ");
      part(1);
      put(") ");
      part(2);
    } else if (name == "while" && n == 2) {
      put("while (");
      part(0);
      put(") ");
      part(1);
    } else if (name == "repeat" && n == 1) {
      put("repeat ");
      part(0);
    } else if ((name == "break" || name == "next") && n == 0) {
      put(name);
    } else if (name == "function" && n >= 2) {
      function(given[0].value, given[1].value, depth);
    } else {
      return false;
    }
    return true;
  }

  void number(Id id, size_t index) {
    const Object& object = pool_[id];
    const auto value = pool_.number_at(id, index);
    char text[40];
    if (object.type == Type::complex) out_ += "?";
    else if (!value) out_ += "NA";
    else if (object.type == Type::logical) out_ += *value != 0 ? "TRUE" : "FALSE";
    else if (object.type == Type::raw) std::snprintf(text, sizeof text, "0x%02x", static_cast<unsigned>(*value)), out_ += text;
    else std::snprintf(text, sizeof text, object.type == Type::integer ? "%.0fL" : "%.15g", *value), out_ += text;
  }

  void vector(Id id, int depth) {
    const Object& object = pool_[id];
    const size_t count = object.type == Type::list || object.type == Type::expression || object.type == Type::strings ? object.count : pool_.length(id);
    const bool list = object.type == Type::list || object.type == Type::expression;
    const bool single = count == 1 && !list && object.type != Type::raw && pool_.attribute(id, "names") == kNull;
    if (count == 0 && !list) {
      out_ += object.type == Type::strings ? "character(0)" : object.type == Type::raw ? "raw(0)" : object.type == Type::logical ? "logical(0)" : "numeric(0)";
      return;
    }
    if (!single) out_ += object.type == Type::list ? "list(" : object.type == Type::expression ? "expression(" : object.type == Type::raw ? "as.raw(c(" : "c(";
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ", ";
      if (i >= kMostItems || out_.size() > most_) {
        out_ += "... " + std::to_string(count) + " items";
        break;
      }
      if (const std::string_view name = pool_.name_of_item(id, i); !name.empty()) put_name(name), out_ += " = ";
      if (list) write(pool_.item(id, static_cast<uint32_t>(i)), depth + 1);
      else if (object.type == Type::strings) out_ += pool_.string_at(id, i) ? quoted_text(*pool_.string_at(id, i)) : "NA";
      else number(id, i);
    }
    if (!single) out_ += object.type == Type::raw ? "))" : ")";
  }

  const Pool& pool_;
  size_t most_;
  std::string out_;
};

}  // namespace

std::string quoted_text(std::string_view text, size_t most) {
  std::string out = "\"";
  for (const char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    char escape[8];
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (byte < 0x20 || byte >= 0x7f) std::snprintf(escape, sizeof escape, "\\x%02x", byte), out += escape;
    else out += c;
  }
  if (text.size() > most) out += "[... " + std::to_string(text.size()) + " characters]";
  return out + "\"";
}

std::string deparse(const Pool& pool, Id id, size_t most) {
  Writer writer(pool, most);
  writer.write(id, 0);
  return writer.take();
}

}  // namespace winnow::r
