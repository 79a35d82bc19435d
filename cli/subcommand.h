// The subcommands of `holdfast`: one file each, one line each in main.cc.
#pragma once

#include <CLI/CLI.hpp>

namespace holdfast::cli {

// Adds its subcommand to the application; its callback stores the exit status.
using AddSubcommand = void (*)(CLI::App& app, int& exit_status);

constexpr const char* kDefaultRuntimeDirectory = "/run/holdfast";

void add_audit(CLI::App& app, int& exit_status);
void add_audit_log(CLI::App& audit, int& exit_status);  // below `audit`
void add_check(CLI::App& app, int& exit_status);
void add_compile(CLI::App& app, int& exit_status);
void add_diff(CLI::App& app, int& exit_status);
void add_explain(CLI::App& app, int& exit_status);
void add_fmt(CLI::App& app, int& exit_status);
void add_maintenance(CLI::App& app, int& exit_status);
void add_run(CLI::App& app, int& exit_status);
void add_status(CLI::App& app, int& exit_status);

// Exit statuses that the subcommands share.
constexpr int kExitSuccess = 0;
constexpr int kExitFailure = 1;    // the input is wrong
constexpr int kExitUsage = 2;      // it could not be read, or the command line is wrong
constexpr int kExitFault = 3;      // `status`: the engine answers, and a router is in Fault
constexpr int kExitAbandoned = 3;  // `maintenance`: nobody was heard to take an address

}  // namespace holdfast::cli
