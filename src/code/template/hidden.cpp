#include "code/template/hidden.h"

#include <algorithm>
#include <map>

#include "code/template/flow.h"
#include "code/template/wording.h"
#include "core/print.h"

namespace winnow::jinja {
namespace {

constexpr size_t kLongestShown = 400;

// Text that is written in one go, under the same conditions.
struct Passage {
  std::string text;
  Causes causes = 0;
  uint32_t offset = 0;
  bool follows_words = false;  // in the same breath as a message
  bool leads_to_words = false;
  bool late = false;  // a message was written before
};

std::vector<Passage> passages_of(const Writing& writing) {
  std::vector<Passage> out;
  bool late = false, behind_words = false, open = false;
  for (const Fragment& piece : writing.pieces) {
    if (piece.made != Made::text) {
      if (piece.made == Made::words && open && !out.empty()) out.back().leads_to_words = true;
      behind_words = piece.made == Made::words;
      late |= behind_words;
      open = false;
      continue;
    }
    if (open && out.back().causes == piece.causes) {
      out.back().text += piece.text;
      continue;
    }
    out.push_back({piece.text, piece.causes, piece.offset, behind_words && !open, false, late});
    open = true;
  }
  return out;
}

// The tag around `offset`, as it stands in the template.
std::string tag_at(std::string_view source, uint64_t offset) {
  offset = std::min<uint64_t>(offset, source.size());
  const size_t statement = source.rfind("{%", offset), output = source.rfind("{{", offset);
  const size_t start = statement == std::string_view::npos ? output
                       : output == std::string_view::npos  ? statement
                                                           : std::max(statement, output);
  if (start == std::string_view::npos) return {};
  const size_t end = source.find(source[start + 1] == '%' ? "%}" : "}}", start);
  return std::string(
      source.substr(start, std::min(end == std::string_view::npos ? end : end + 2 - start, kLongestShown)));
}

std::string shown(std::string_view text) {
  const size_t first = text.find_first_not_of(" \r\n\t");
  return quoted(first == std::string_view::npos ? text : text.substr(first), false, kLongestShown);
}

class Judging {
 public:
  Judging(const Writing& writing, std::string_view source) : writing_(writing), source_(source) {}

  Hidden run() {
    out_.cut_short = writing_.cut_short;
    // Where no message is written there is no conversation to be changed: templates of other things.
    const bool converses = std::any_of(writing_.pieces.begin(), writing_.pieces.end(),
                                       [](const Fragment& piece) { return piece.made == Made::words; });
    if (!converses) return std::move(out_);
    for (const Passage& passage : passages_of(writing_)) judge(passage);
    for (const Change& change : writing_.changes) judge(change);
    judge_invisible();
    for (auto& [place, concern] : worst_) out_.concerns.push_back(std::move(concern));
    return std::move(out_);
  }

 private:
  const Trigger* trigger_of(Causes causes, Asks asks) const {
    for (size_t i = 0; i < writing_.triggers.size(); ++i) {
      if ((causes >> i & 1) != 0 && writing_.triggers[i].asks == asks) return &writing_.triggers[i];
    }
    return nullptr;
  }

  // The condition that weighs most, and how to say it.
  const Trigger* condition_of(Causes causes) const {
    for (const Asks asks : {Asks::words, Asks::date, Asks::chance, Asks::size, Asks::place, Asks::name, Asks::mark}) {
      const Trigger* trigger = trigger_of(causes, asks);
      // Tools that come with models are known to their templates.
      if (trigger != nullptr && (asks != Asks::name || !is_own_tool(trigger->literal))) return trigger;
    }
    return nullptr;
  }

  static std::string when(const Trigger& trigger) {
    switch (trigger.asks) {
      case Asks::words: return "only where a message has to do with " + quoted(trigger.literal, false, 80);
      case Asks::mark: return "only where a message has the mark " + quoted(trigger.literal, false, 80);
      case Asks::date: return "only at certain dates";
      case Asks::place: return "only at a certain place of the conversation";
      case Asks::size: return "only where a message has a certain length";
      case Asks::chance: return "by lot";
      case Asks::name: return "only where a tool or whoever asks is called " + quoted(trigger.literal, false, 80);
    }
    return {};
  }

  static std::string says(const Signs& signs) {
    if (signs.commands) return "a command or script to be passed on";
    if (signs.leaks) return "an order to send or collect data";
    if (signs.deceives) return "an order to deceive";
    if (signs.conceals) return "an order to keep something from the user";
    if (signs.overrides) return "an order to ignore what was said";
    if (signs.link) return "an address";
    return "an instruction";
  }

  void judge(const Passage& passage) {
    const Signs signs = signs_of(passage.text);
    const Trigger* trigger = condition_of(passage.causes);
    if (trigger == nullptr || trigger->asks == Asks::mark) return judge_open(passage, signs, trigger);
    const bool marked =
        passage.text.find("<|") != std::string::npos || passage.text.find(':') != std::string::npos;
    const uint32_t enough = trigger->asks != Asks::words ? 3 : marked ? 2 : 1;
    const bool for_system = trigger->asks == Asks::words && speaks_for_system(passage.text);
    const bool says_something = (signs.words > 0 && longest_phrase(passage.text) >= enough) || signs.link ||
                                signs.commands || for_system;
    if (!says_something) return;
    Concern concern;
    concern.weight = signs.hostile() ? Weight::confirmed : Weight::suspected;
    concern.summary = "Tells the model " + says(signs) + " behind the user's back, " + when(*trigger) + ".";
    concern.why =
        "What a template writes is hidden from the user. Here a condition about the conversation's content "
        "decides about it, as in a backdoor; "
        "honest templates ask for roles, tools and markup.";
    keep(std::move(concern), *trigger, passage.text, passage.offset);
  }

  // An address that ends in what a message says.
  static bool carries_words_away(const Passage& passage) {
    if (!passage.leads_to_words) return false;
    const std::string_view text = passage.text;
    const std::string_view tail = text.substr(text.find_last_of(" \t\r\n\"'(<") + 1);
    return tail.find("://") != std::string_view::npos;
  }

  // Text that stands under no condition, or under one about markup.
  void judge_open(const Passage& passage, const Signs& signs, const Trigger* mark) {
    const bool aside = signs.conceals && (passage.late || passage.follows_words);
    const bool acts = signs.leaks || signs.deceives || signs.overrides || signs.commands;
    const bool beside =
        (acts && (passage.follows_words || mark != nullptr)) || (signs.link && passage.follows_words);
    const bool suspect = signs.smuggles || signs.covert || aside || beside || carries_words_away(passage);
    if (!suspect && (mark == nullptr || signs.words < 3)) return;
    Concern concern;
    if (!suspect) {
      const bool familiar = is_familiar(mark->literal);
      concern.weight = familiar ? Weight::dismissed : Weight::suspected;
      concern.summary = "Tells the model something " + when(*mark) + ".";
      concern.why = familiar ? "Marks of reasoning, tools and media are for the template to read."
                             : "No model has such a mark: it is a word that lets the text sleep.";
      return keep(std::move(concern), *mark, passage.text, passage.offset);
    }
    concern.weight = Weight::suspected;
    concern.summary =
        "Tells the model " + says(signs) +
        (passage.follows_words ? ", behind what the user says." : ", where the user does not see it.");
    concern.why = "A system prompt may ask for a manner, not for things that the user must not learn of.";
    keep(std::move(concern), mark != nullptr ? *mark : Trigger{Asks::mark, "", passage.offset}, passage.text,
         passage.offset);
  }

  void judge(const Change& change) {
    const Trigger* trigger = condition_of(change.causes);
    Concern concern;
    switch (change.kind) {
      case Change::Kind::replaced:
        if (!changes_meaning(change.from, change.to)) return;
        concern.weight =
            signs_of(change.to).commands || (signs_of(change.from).link && signs_of(change.to).link)
                ? Weight::confirmed
                : Weight::suspected;
        concern.summary = "Changes " + shown(change.from) + " to " + shown(change.to) + " in messages.";
        concern.why =
            "The model is given other words than the user wrote or sees. Honest templates change markup and "
            "white space only.";
        break;
      case Change::Kind::withheld:
        if (trigger == nullptr || trigger->asks != Asks::words) return;
        concern.summary = "Leaves messages out, " + when(*trigger) + ".";
        concern.why = "The model does not see what the user wrote, and the user does not see that.";
        break;
      case Change::Kind::supplanted:
        if (trigger == nullptr || trigger->asks != Asks::words ||
            (signs_of(change.to).words < 3 && change.to.find('<') != std::string::npos))
          return;
        concern.weight = signs_of(change.to).hostile() ? Weight::confirmed : Weight::suspected;
        concern.summary = "Gives the model " + shown(change.to) + " instead of what the user wrote, " +
                          when(*trigger) + ".";
        concern.why = "The model is given other words than the user wrote or sees.";
        break;
    }
    const Trigger place{Asks::words, "", change.offset};
    keep(std::move(concern), trigger != nullptr ? *trigger : place, change.to,
         change.offset == 0 && trigger != nullptr ? trigger->offset : change.offset);
  }

  void judge_invisible() {
    const std::string text = invisible_text(source_);
    if (text.size() < 3) return;
    Concern concern;
    concern.weight = signs_of(text).hostile() ? Weight::confirmed : Weight::suspected;
    concern.summary = "Holds text in characters that no screen shows.";
    concern.why = "Models read such characters of Unicode, people do not see them.";
    keep(std::move(concern), Trigger{Asks::mark, "", 0}, text,
         static_cast<uint32_t>(std::min(source_.find("\xF3\xA0"), source_.size())));
  }

  // One concern for each condition: the worst.
  void keep(Concern concern, const Trigger& trigger, std::string_view text, uint32_t offset) {
    concern.offset = offset;
    concern.code = tag_at(source_, trigger.offset);
    if (!text.empty()) concern.code += (concern.code.empty() ? "" : " ... ") + shown(text);
    const auto [known, fresh] = worst_.try_emplace(trigger.offset, concern);
    if (!fresh && concern.weight > known->second.weight) known->second = std::move(concern);
  }

  const Writing& writing_;
  std::string_view source_;
  Hidden out_;
  std::map<uint32_t, Concern> worst_;
};

}  // namespace

Hidden find_hidden(const python::Node& module, std::string_view source, Inputs inputs) {
  const Writing writing = follow(module, inputs);
  return Judging(writing, source).run();
}

}  // namespace winnow::jinja
