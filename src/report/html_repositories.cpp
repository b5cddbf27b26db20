// Repositories: folders that are loaded as one model. What the verdict of the whole is made of, which of its files are
// loaded by what, and what comes from elsewhere.
#include <algorithm>

#include "report/html_parts.h"
#include "report/words.h"

namespace winnow::report {
namespace {

constexpr size_t kOpenRepositories = 4;  // more than these stay folded
constexpr size_t kMostLoads = 200;
constexpr size_t kMostName = 420;

const char* meaning_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::malicious: return "A threat is confirmed in one of its files: do not load it as a whole.";
    case Verdict::suspicious: return "One of its files holds something that could be neither confirmed nor dismissed.";
    case Verdict::incomplete: return "Nothing was found, but not all of its files could be read.";
    case Verdict::clean: return "All of its files were read, and nothing in them acts against whoever loads it.";
    case Verdict::skipped: return "None of its files is a model.";
  }
  return "";
}

// What is taken, by what: a file of the repository with its verdict, or something from elsewhere.
void put_load(Html& html, const RepositoryLoad& load) {
  if (load.verdict) {
    put_tone(html.put("<li><span class=\"tag"), tone_of(*load.verdict)).put("\">").text(verdict_name(*load.verdict));
  } else {
    html.put("<li><span class=\"tag\">").text(load.kind);
  }
  html.put("</span> <code>").text(clip(load.target, kMostName)).put("</code> <span class=\"place\">");
  html.text(when(load.trigger)).put(", by <bdi>").text(clip(load.by, 200)).put("</bdi>");
  if (!load.from.empty()) html.put(", named in <bdi>").text(clip(load.from, kMostName)).put("</bdi>");
  html.put(load.verdict || load.kind == "file" ? Markup("</span></li>") : Markup("; from elsewhere, not scanned here</span></li>"));
}

void put_loads(Html& html, const RepositoryReport& repository) {
  if (repository.loads.empty()) return;
  std::vector<const RepositoryLoad*> loads;
  for (const RepositoryLoad& load : repository.loads) loads.push_back(&load);
  // The worst first; what comes from elsewhere stands behind the files, as their verdicts are not known.
  std::stable_sort(loads.begin(), loads.end(), [](auto* a, auto* b) { return a->verdict > b->verdict; });
  html.put("<section class=\"part\"><h4>Loaded with it</h4><ul>");
  for (size_t i = 0; i < std::min(loads.size(), kMostLoads); ++i) put_load(html, *loads[i]);
  if (loads.size() > kMostLoads) html.put("<li>\u2026 ").text(in_digits(loads.size() - kMostLoads)).put(" more</li>");
  html.put("</ul></section>");
}

void put_repository(PageState& state, const RepositoryReport& repository, bool open) {
  Html& html = state.page;
  put_tone(html.put("<details class=\"file"), tone_of(repository.verdict)).put("\"").attribute("id", "r" + std::to_string(++state.repositories));
  html.put(open ? Markup(" open=\"\"><summary>") : Markup("><summary>"));
  put_tone(html.put("<span class=\"badge"), tone_of(repository.verdict)).put("\">").text(verdict_name(repository.verdict));
  html.put("</span><h3><span class=\"path\"><bdi><b>").text(repository.path).put("</b></bdi></span></h3><span class=\"meta\">");
  html.text(counted(repository.files, "file") + ", " + counted(repository.models, "model"));
  html.put("</span></summary><div class=\"body\"><p class=\"why\">").text(meaning_of(repository.verdict)).put("</p>");
  put_loads(html, repository);
  html.put("</div></details>");
}

}  // namespace

void put_repositories(PageState& state) {
  if (state.report.repositories.empty()) return;
  std::vector<const RepositoryReport*> repositories;
  for (const RepositoryReport& repository : state.report.repositories) repositories.push_back(&repository);
  std::stable_sort(repositories.begin(), repositories.end(), [](auto* a, auto* b) { return a->verdict > b->verdict; });
  Html& html = state.page;
  html.put("<section class=\"overview\" aria-label=\"Repositories\"><h2>Repositories <span class=\"count\">").text(in_digits(repositories.size()));
  html.put("</span></h2><p class=\"meaning\">Folders that are loaded as one model: the worst of their files is their verdict.</p>");
  for (const RepositoryReport* repository : repositories) put_repository(state, *repository, repositories.size() <= kOpenRepositories);
  html.put("</section>");
}

}  // namespace winnow::report
