// What a reload does to one router, and the words that `holdfast diff` uses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/difference.h"

namespace holdfast::config {

// One router in the files of three processes; all there.
struct RouterParts {
  const Compiled* config = nullptr;
  const compiled::EngineRouter* engine = nullptr;
  const compiled::NetRouter* net = nullptr;
  const compiled::NotifierRouter* notifier = nullptr;
};

// Empty: it is not touched.
std::vector<std::string> router_changes(const RouterParts& before, const RouterParts& next);
std::string addition_words(const RouterParts& router);
std::string removal_words(const RouterParts& router);

// Fit for a line of text: cut when long, control characters replaced.
std::string plain_words(std::string_view words);
std::string time_words(uint32_t ms);
std::string command_words(const compiled::Command& command);
// Leaves what decides what runs.
void reduce_to_work(compiled::Command& command);
bool same_work(const compiled::Command& one, const compiled::Command& other);

}  // namespace holdfast::config
