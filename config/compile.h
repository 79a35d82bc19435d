// keepalived.conf to the compiled configuration of the four processes and of the runners of users.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "checker_config.pb.h"
#include "config/command.h"
#include "config/diagnostics.h"
#include "config/model.h"
#include "config/preprocessor.h"
#include "config/script_files.h"
#include "config/script_users.h"
#include "engine_config.pb.h"
#include "net_config.pb.h"
#include "notifier_config.pb.h"
#include "runner_config.pb.h"

namespace holdfast::config {

struct CompileOptions {
  std::string host_name = "localhost";  // for what a configuration leaves to it
  // Looks into check scripts for signal 0; without it only the configuration's words count.
  ReadScript read_script;
  // What the preprocessor asks: included files, the id of `@id` (keepalived takes the host's name
  // up to its first dot), the environment.
  PreprocessorOptions text;
  // Unknown and misplaced keywords are warnings, and skipped with their blocks.
  bool lenient = false;
  // Leaves the model in the result, for check_cluster().
  bool keep_model = true;
  // Looks at the files that commands name; without it nothing is said about them.
  StatFile stat_file = {};
  ScriptUsers script_users = ScriptUsers::kNamed;
  FindAccount find_account = {};
  FindGroup find_group = {};  // without it nothing is said about groups
};

// What is handed to the runner of one user.
struct RunnerFile {
  uint32_t uid = 0;
  compiled::RunnerConfig config;
};

struct CompileResult {
  // Meaningful only if ok(). The same text and options give the same bytes.
  compiled::EngineConfig engine;
  compiled::NetConfig net;
  compiled::CheckerConfig checker;
  compiled::NotifierConfig notifier;
  std::map<std::string, RunnerFile> runners;  // by user

  // What the configuration says, right or wrong.
  Model model;
  Diagnostics diagnostics;
  Sources sources;     // what the places of the diagnostics are in
  std::string report;  // the diagnostics as text for a person; empty if there are none

  bool ok() const { return !diagnostics.has_errors(); }
};

// Never throws on bad input. `name` stands in messages.
CompileResult compile(std::string text, const std::string& name,
                      const CompileOptions& options = {});

// What was compiled, in a few lines for a person.
std::string summary(const CompileResult& result);

}  // namespace holdfast::config
