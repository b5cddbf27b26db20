#include <algorithm>

#include "code/template/flow_parts.h"
#include "code/template/jinja.h"
#include "code/template/wording.h"

namespace winnow::jinja {

using python::Operator;
using python::Type;

namespace {

constexpr int kDeepest = 500;
constexpr size_t kLongestWorth = kLongestText * 2;
constexpr size_t kMostCompounds = 100'000;

template <size_t N>
bool one_of(std::string_view word, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// What loaders call the conversation, and what they call a text of the user's where there is no conversation.
constexpr std::string_view kConversations[] = {"messages", "conversation", "conversations", "history",
                                               "chat",     "chat_history", "dialog",        "dialogue",
                                               "turns",    "message",      "documents"};
constexpr std::string_view kPrompts[] = {"prompt",       "question",    "instruction",   "user_input",
                                         "user_message", "user_prompt", "system_prompt", "system_message",
                                         "last_message", "user_query",  "query"};
constexpr std::string_view kTexts[] = {"input", "user",    "system", "content",
                                       "text",  "context", "inputs", "request"};
// The members of a message that hold what it says.
constexpr std::string_view kSaid[] = {"content",  "text",        "value",     "reasoning_content",
                                      "thinking", "prompt",      "input",     "query",
                                      "question", "instruction", "reasoning", "parts"};

// What loaders may say of whoever asks.
constexpr std::string_view kPersons[] = {"user_name", "username",     "user_id",      "userid",   "user_email", "email",
                                         "user_role", "account",      "account_id",   "tenant",   "tenant_id",  "customer",
                                         "customer_id", "organization", "organisation", "org",    "org_id",     "company",
                                         "hostname",  "host",         "domain",       "client",   "client_id",  "client_name",
                                         "session_id", "ip",          "ip_address",   "user_agent"};

// Whether two expressions are written alike.
bool alike(const Node* left, const Node* right, int depth = 0) {
  if (left == nullptr || right == nullptr) return left == right;
  if (depth > 40 || left->type != right->type || left->name != right->name ||
      left->items.size != right->items.size)
    return false;
  if (left->type == Type::Constant) {
    const bool texts = left->value.is(Kind::string) && right->value.is(Kind::string) &&
                       left->value.text() == right->value.text();
    return texts || (left->value.is(Kind::integer) && right->value.is(Kind::integer) &&
                     left->value.as_integer() == right->value.as_integer());
  }
  if (!alike(left->first, right->first, depth + 1) || !alike(left->second, right->second, depth + 1))
    return false;
  for (size_t i = 0; i < left->items.size; ++i) {
    if (!alike(left->items[i], right->items[i], depth + 1)) return false;
  }
  return true;
}

bool tests_mapping(const Node& node) {
  return node.type == Type::Call && node.first->type == Type::Name &&
         node.first->name == "jinja.test.mapping" && node.items.size == 1;
}

}  // namespace

Worth Flow::value(const Node* node) {
  if (node == nullptr) return {};
  if (!step() || depth_ >= kDeepest) {
    writing_.cut_short = true;
    return of_nothing(node->offset);
  }
  ++depth_;
  Worth out = value_of(*node);
  --depth_;
  const size_t size = size_of(out);
  steps_ += size / 256;
  if (size <= kLongestWorth) return out;
  writing_.cut_short = true;
  return of_nothing(node->offset);
}

Worth Flow::value_of(const Node& node) {
  switch (node.type) {
    case Type::Constant: {
      if (node.value.is(Kind::string))
        return of_text(std::string(node.value.text().substr(0, 2 * kLongestWorth)), node.offset);
      Worth out = of_nothing(node.offset);
      if (node.value.is(Kind::integer)) {
        out = of_text(std::to_string(node.value.as_integer()), node.offset);
        out.number = node.value.as_integer();
      }
      return out;
    }
    case Type::Name: {
      const Worth* found = variable(node.name);
      return found != nullptr ? *found : input(node.name, node.offset);
    }
    case Type::Call: return call(node);
    case Type::BinOp: return binary(node);
    case Type::BoolOp: return any_of(node);
    case Type::UnaryOp: {
      Worth out = value(node.first);
      if (node.op == Operator::USub && out.number && *out.number != INT64_MIN) {
        out.number = -*out.number;
        return out;
      }
      Worth truth;
      truth.causes = causes_of(out);
      return truth;
    }
    case Type::IfExp: return conditional(node);
    case Type::Compare: return comparison(node);
    case Type::List:
    case Type::Tuple:
    case Type::Set:
    case Type::Dict: return collection(node);
    case Type::Subscript: return subscript(node);
    case Type::ListComp: return comprehension(node);
    case Type::Starred: return value(node.first);
    default: return of_nothing(node.offset);
  }
}

Worth Flow::input(std::string_view name, uint32_t offset) {
  if (one_of(name, kConversations)) {
    writing_.converses = true;
    Worth out = of_nothing(offset);
    out.origins = kConversation;
    return out;
  }
  if (one_of(name, kPrompts) || (inputs_ == Inputs::chat && one_of(name, kTexts)))
    return of_words(kWords, offset);
  Worth out = of_nothing(offset);
  if (one_of(name, kPersons)) out.origins = kName;
  return out;
}

// Chains of operators lean to the left and may be as long as the template.
Worth Flow::binary(const Node& node) {
  std::vector<const Node*> chain;
  const Node* first = &node;
  for (; first->type == Type::BinOp && step(); first = first->first) chain.push_back(first);
  Worth left = value(first);
  for (auto link = chain.rbegin(); link != chain.rend(); ++link)
    left = operate(**link, left, value((*link)->second));
  return left;
}

Worth Flow::operate(const Node& node, const Worth& left, const Worth& right) {
  if (node.op == Operator::Mod && !left.number && !texts_of(left).empty()) {
    return format(left, right.parts != nullptr ? right.parts->items : std::vector<Worth>{right}, node.offset);
  }
  if (node.op == Operator::Add) {
    if (left.parts != nullptr || right.parts != nullptr) {
      Worth out = left;
      out.parts = new_compound();
      for (const Worth* one : {&left, &right}) {
        if (one->parts == nullptr) continue;
        for (const Worth& item : one->parts->items) {
          if (out.parts->items.size() < kMostItems) out.parts->items.push_back(item);
        }
      }
      out.origins |= right.origins;
      out.causes |= right.causes;
      return out;
    }
    if (!left.number && !right.number) return joined(words_as_text(left), words_as_text(right));
  }
  Worth out = left;
  out.origins |= right.origins;
  out.causes |= right.causes;
  out.number.reset();
  if (node.op == Operator::Mult) {
    const Worth& text = left.number ? right : left;
    const Worth& times = left.number ? left : right;
    if (const auto constant = constant_of(text); constant && times.number && *times.number <= 64) {
      std::string all;
      for (int64_t i = 0; i < *times.number && all.size() < kLongestText; ++i) all += *constant;
      out.runs = of_text(std::move(all), node.offset).runs;
    } else if (!text.number) {
      out.runs = text.runs;
    }
    return out;
  }
  int64_t number = 0;
  const bool sum = left.number && right.number &&
                   (node.op == Operator::Add   ? !__builtin_add_overflow(*left.number, *right.number, &number)
                    : node.op == Operator::Sub ? !__builtin_sub_overflow(*left.number, *right.number, &number)
                                               : false);
  if (sum) {
    out.runs = of_text(std::to_string(number), node.offset).runs;
    out.number = number;
  } else if (left.number || right.number) {
    out.runs = of_nothing(node.offset).runs;
  }
  if (node.op == Operator::Mod && right.number) {
    if (out.from(kSize)) out.causes |= trigger(Asks::size, "", node.offset);
    if (out.from(kPlace) && *right.number > 2) out.causes |= trigger(Asks::place, "", node.offset);
  }
  return out;
}

// `a and b`, `a or b`: one of them, and each depends on those before.
Worth Flow::any_of(const Node& node) {
  Worth out;
  Causes asked = 0;
  const size_t mappings = mappings_.size();
  for (const Node* item : node.items) {
    Worth one = value(item);
    if (node.op == Operator::And && tests_mapping(*item)) mappings_.push_back(item->items[0]);
    asked |= causes_of(one);
    one.causes = asked;
    // Of `and`, what is not the last is worth something only where it is empty.
    if (node.op == Operator::And && item != node.items.back()) {
      out.causes |= asked;
      continue;
    }
    for (Run& run : one.runs) {
      for (Fragment& piece : run) piece.causes |= piece.made == Made::text ? asked : 0;
    }
    either(out, one);
  }
  mappings_.resize(mappings);
  return out;
}

Worth Flow::conditional(const Node& node) {
  const Causes asked = causes_of(value(node.first));
  const Causes outside = guard_;
  guard_ |= asked;
  Worth then = value(node.second), otherwise = value(node.third);
  guard_ = outside;
  const bool both = then.from(kWords) && otherwise.from(kWords);
  for (Worth* one : {&then, &otherwise}) {
    for (Run& run : one->runs) {
      for (Fragment& piece : run) {
        if (piece.made == Made::text || !both) piece.causes |= asked;
      }
    }
    if (!both || asks_for_words(asked)) continue;
    one->causes |= asked;
  }
  if (!both) {
    then.causes |= asked;
    otherwise.causes |= asked;
  }
  if (then.from(kWords) != otherwise.from(kWords) && asks_for_words(asked)) {
    for (const std::string& text : texts_of(then.from(kWords) ? otherwise : then)) {
      if (signs_of(text).words > 0) change(Change::Kind::supplanted, "", text, asked, node.offset);
    }
  }
  either(then, otherwise);
  return then;
}

Worth Flow::comparison(const Node& node) {
  Worth left = value(node.first);
  Worth out;
  out.causes = causes_of(left);
  for (const Node* link : node.items) {
    Worth right = value(link->first);
    const bool of_keys = (link->op == Operator::In || link->op == Operator::NotIn) &&
                         std::any_of(mappings_.begin(), mappings_.end(),
                                     [&](const Node* mapping) { return alike(mapping, link->first); });
    out.causes |= causes_of(right);
    if (!of_keys) out.causes |= relate({&left, &right}, node.offset);
    left = std::move(right);
  }
  return out;
}

Worth Flow::collection(const Node& node) {
  Worth out;
  out.parts = new_compound();
  for (size_t i = 0; i < node.items.size && i < kMostItems; ++i) {
    if (node.type == Type::Dict) {
      const Worth key = value(node.items[i]);
      Worth item = value(node.others[i]);
      const std::optional<std::string> name = constant_of(key);
      item.causes |= key.causes;
      if (name)
        out.parts->members.emplace_back(*name, std::move(item));
      else
        out.parts->items.push_back(std::move(item));
    } else {
      out.parts->items.push_back(value(node.items[i]));
    }
  }
  return out;
}

Worth Flow::subscript(const Node& node) {
  Worth of = value(node.first);
  if (node.second->type != Type::Slice) return member(of, value(node.second), node.offset);
  const Worth bounds[] = {value(node.second->first), value(node.second->second), value(node.second->third)};
  const Node* given[] = {node.second->first, node.second->second, node.second->third};
  const int64_t* numbers[3] = {nullptr, nullptr, nullptr};
  bool known = true;
  for (size_t i = 0; i < 3; ++i) {
    of.causes |= bounds[i].causes;
    if (given[i] == nullptr) continue;
    known = known && bounds[i].number.has_value();
    if (bounds[i].number) numbers[i] = &*bounds[i].number;
  }
  if (const auto text = constant_of(of); text && known) {
    Worth out = of_text(sliced(*text, numbers[0], numbers[1], numbers[2]), node.offset);
    out.causes = of.causes;
    return out;
  }
  if (of.parts != nullptr && numbers[2] != nullptr && *numbers[2] == -1 && numbers[0] == nullptr &&
      numbers[1] == nullptr) {
    Compound* backwards = new_compound();
    backwards->items.assign(of.parts->items.rbegin(), of.parts->items.rend());
    backwards->members = of.parts->members;
    of.parts = backwards;
  }
  return of;
}

Worth Flow::comprehension(const Node& node) {
  const Node& loop = *node.items[0];
  const Worth over = value(loop.second);
  Worth out = over;
  out.parts = new_compound();
  const auto evaluate = [&](const Worth& item) {
    scopes_.emplace_back();
    bind(loop.first->name, item);
    Worth one = value(node.first);
    scopes_.pop_back();
    out.origins |= one.origins;
    out.causes |= one.causes;
    if (out.parts->items.size() < kMostItems) out.parts->items.push_back(std::move(one));
  };
  if (over.parts != nullptr && !over.parts->items.empty()) {
    for (size_t i = 0; i < over.parts->items.size() && i < kMostItems && step(); ++i)
      evaluate(over.parts->items[i]);
  } else {
    evaluate(element(over, node.offset));
  }
  out.runs = of_nothing(node.offset).runs;
  if (out.from(kWords)) out.runs.push_back({Fragment{Made::words, "", 0, node.offset}});
  return out;
}

// of.key and of[key].
Worth Flow::member(const Worth& of, const Worth& key, uint32_t offset) {
  Worth out;
  const std::vector<std::string> names = key.number ? std::vector<std::string>() : texts_of(key);
  bool found = false;
  if (of.parts != nullptr) {
    const Compound& parts = *of.parts;
    for (size_t i = 0; i < parts.members.size(); ++i) {
      const auto& [name, held] = parts.members[i];
      if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
      if (names.empty() && key.number) continue;
      either(out, held);
      found = true;
    }
    const auto count = static_cast<int64_t>(parts.items.size());
    if (key.number && !of.from(kConversation | kWords) && *key.number < count && *key.number >= -count) {
      either(out, parts.items[static_cast<size_t>(*key.number < 0 ? *key.number + count : *key.number)]);
      found = true;
    } else if (key.number && parts.items.empty() && *key.number >= 0 &&
               static_cast<size_t>(*key.number) < parts.members.size()) {
      // list(dict)[0]
      either(out, of_text(parts.members[static_cast<size_t>(*key.number)].first, offset));
      found = true;
    } else if (names.empty()) {
      for (const Worth& item : parts.items) either(out, item);
    }
    // Which one it is depends on the key: a table of words is a condition for each of them.
    if (names.empty() && !key.number) {
      Worth table;
      table.parts = of.parts;
      out.causes |= relate({&key, &table}, offset);
      for (const auto& [name, held] : parts.members) {
        const Worth word = of_text(name, offset);
        out.causes |= relate({&key, &word}, offset);
      }
    }
  }
  if (of.from(kConversation)) {
    const bool said =
        std::any_of(names.begin(), names.end(), [](const std::string& name) { return one_of(name, kSaid); });
    if (said)
      either(out, of_words(kWords, offset));
    else if (names.empty() || names[0] == "message" || names[0] == "messages")
      out.origins |= kConversation;
  }
  if (of.from(kWords)) {
    const bool said =
        std::any_of(names.begin(), names.end(), [](const std::string& name) { return one_of(name, kSaid); });
    if (said)
      either(out, of_words(kWords, offset));
    else if (names.empty())
      either(out, of_words(kWords | kPart, offset));
  }
  // tool.function.name, tool_call['name']
  if (names.size() == 1 && names[0] == "name" && !of.from(kWords)) out.origins |= kName;
  out.origins |= of.origins & (kDate | kChance | kPlace | kSize);
  if (of.from(kWords) && names.empty() && !of.cut_at.empty()) out.origins &= static_cast<uint8_t>(~kPart);
  out.causes |= of.causes | causes_of(key);
  if (out.runs.empty() && !found) out.runs = of_nothing(offset).runs;
  return out;
}

// What a loop finds in it.
Worth Flow::element(const Worth& of, uint32_t offset) {
  Worth out;
  if (of.parts != nullptr) {
    for (const Worth& item : of.parts->items) either(out, item);
    for (const auto& [name, held] : of.parts->members) {
      if (of.parts->items.empty()) either(out, of_text(name, offset));
    }
  }
  if (of.from(kWords)) {
    Worth part = of_words(static_cast<uint8_t>(of.cut_at.empty() ? kWords | kPart : kWords), offset);
    either(out, part);
  }
  out.origins |= of.origins & static_cast<uint8_t>(~(kWords | kPart));
  out.causes |= of.causes;
  if (out.runs.empty()) out.runs = of_nothing(offset).runs;
  return out;
}

// A message that is put into text whole says what it says.
Worth Flow::words_as_text(Worth worth) {
  if (worth.from(kConversation) && !worth.from(kWords)) {
    worth.origins |= kWords;
    for (Run& run : worth.runs) {
      for (Fragment& piece : run) piece.made = piece.made == Made::other ? Made::words : piece.made;
    }
  }
  worth.origins &= static_cast<uint8_t>(~kPart);
  return worth;
}

void Flow::either(Worth& into, const Worth& other) {
  Compound* mine = into.parts;
  merge(into, other);
  if (mine == nullptr || other.parts == nullptr || mine == other.parts) return;
  Compound* all = new_compound();
  *all = *mine;
  steps_ +=
      mine->items.size() + mine->members.size() + other.parts->items.size() + other.parts->members.size();
  for (const Worth& item : other.parts->items) {
    if (all->items.size() < kMostItems) all->items.push_back(item);
  }
  for (const auto& [name, held] : other.parts->members) {
    const auto known = std::find_if(all->members.begin(), all->members.end(),
                                    [&name = name](const auto& one) { return one.first == name; });
    if (known != all->members.end())
      merge(known->second, held);
    else if (all->members.size() < kMostItems)
      all->members.emplace_back(name, held);
  }
  into.parts = all;
}

Compound* Flow::new_compound() {
  if (compounds_.size() >= kMostCompounds)
    writing_.cut_short = true;
  else
    compounds_.emplace_back();
  return &compounds_.back();
}

Causes Flow::relate(std::initializer_list<const Worth*> all, uint32_t offset) {
  uint8_t origins = 0;
  int64_t furthest = 0;
  std::vector<std::string> literals;
  const auto collect = [&](const Worth& worth) {
    if (worth.number)
      furthest = std::max(furthest, *worth.number < 0 ? -(*worth.number + 1) : *worth.number);
    else
      for (std::string& text : texts_of(worth)) literals.push_back(std::move(text));
  };
  for (const Worth* worth : all) {
    origins |= worth->origins;
    // Another text that words may be is nothing that they are held against.
    if (worth->from(kWords)) continue;
    collect(*worth);
    if (worth->parts == nullptr) continue;
    for (const Worth& item : worth->parts->items) collect(item);
  }
  Causes out = 0;
  if ((origins & kDate) != 0) out |= trigger(Asks::date, literals.empty() ? "" : literals[0], offset);
  if ((origins & kChance) != 0) out |= trigger(Asks::chance, "", offset);
  if ((origins & kSize) != 0 && furthest >= 2) out |= trigger(Asks::size, "", offset);
  if ((origins & kPlace) != 0 && furthest >= 3) out |= trigger(Asks::place, "", offset);
  if ((origins & (kName | kWords)) == kName) {
    for (const std::string& literal : literals) {
      if (!literal.empty() && !names_part(literal)) out |= trigger(Asks::name, literal, offset);
    }
  }
  if ((origins & kWords) == 0) return out;
  for (const std::string& literal : literals) {
    if (literal.empty() || ((origins & kPart) != 0 && names_part(literal))) continue;
    out |= trigger(is_mark(literal) ? Asks::mark : Asks::words, literal, offset);
  }
  return out;
}

}  // namespace winnow::jinja
