#include "common/command_form.h"

#include "common/runner_user.h"

namespace holdfast {

Result<CommandForm> command_form(const compiled::Command& command) {
  CommandForm form;
  form.text = command.text();
  switch (command.form_case()) {
    case compiled::Command::kExec:
      form.argv.assign(command.exec().argv().begin(), command.exec().argv().end());
      break;
    case compiled::Command::kShell:
      if (command.shell().script().empty()) return failure("a shell without words");
      form.shell = true;
      form.argv = {command.shell().interpreter(), "-c", command.shell().script()};
      break;
    case compiled::Command::kRemote:
      if (!is_runner_user(command.remote().user()) || command.remote().script_id() == 0) {
        return failure("a user's script without its user or its id");
      }
      form.remote = {.user = command.remote().user(), .id = command.remote().script_id()};
      return form;
    case compiled::Command::FORM_NOT_SET:
      break;
  }
  if (form.argv.empty() || form.argv.front().empty()) return failure("no command");
  // It would end the word early for exec, and the script would run with other words.
  for (const std::string& word : form.argv) {
    if (word.find('\0') != std::string::npos) return failure("a zero byte in the command");
  }
  return form;
}

ScriptCommand with_arguments(const CommandForm& form, const std::vector<std::string>& arguments) {
  ScriptCommand command{
      .argv = form.argv, .text = form.text, .environment = {}, .remote = form.remote};
  if (arguments.empty() || form.remote) return command;
  if (form.shell) {
    std::string& words = command.argv.back();
    // A line end after the author's words would make the arguments a command of their own.
    words.erase(words.find_last_not_of(" \t\r\n") + 1);
    words += " \"$@\"";
    command.argv.push_back(form.argv.front());  // $0
  }
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace holdfast
