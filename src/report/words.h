// The words that the reports for people share.
#pragma once

#include <string>

#include "core/report.h"

namespace winnow::report {

// "when the model is loaded"
const char* when(Trigger trigger);

// "1.7 MiB"
std::string in_bytes(uint64_t size);

// "12,345"
std::string in_digits(uint64_t number);

// "1 file", "2 files"
std::string counted(uint64_t count, const char* noun);

// `text` up to `size` bytes, cut between characters.
std::string_view clip(std::string_view text, size_t size);

// Whether anything was read without a layer around it; where nothing could be read, no layer was needed.
bool read_unconfined(const Report& report);

uint64_t count_dismissed(const ArtifactReport& artifact);

}  // namespace winnow::report
