// `holdfast diff`: what a reload would do, in words.
#pragma once

#include <string>
#include <vector>

#include "checker_config.pb.h"
#include "engine_config.pb.h"
#include "net_config.pb.h"
#include "notifier_config.pb.h"

namespace holdfast::config {

struct Compiled {
  compiled::EngineConfig engine;
  compiled::NetConfig net;
  compiled::CheckerConfig checker;
  compiled::NotifierConfig notifier;
};

// One line for each thing, each naming what it is about: "router myr: priority 100 -> 90, ...".
struct Difference {
  std::vector<std::string> changes;
  std::vector<std::string> untouched;
};

// What the four processes do when they read `next` after `before`: see Engine::reconfigure(),
// Helper::reload(), Checker::load() and the notifier's Service::reload(). Never holds a password.
Difference difference(const Compiled& before, const Compiled& next);

}  // namespace holdfast::config
