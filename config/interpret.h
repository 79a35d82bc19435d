// Statements to the model: each statement's row of the keyword table is applied.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "config/keyword.h"
#include "config/model.h"

namespace holdfast::config {

// Statement by statement of the root. Of these the model has but what is asked for by name, and
// only for as long as there is the interpreter.
class Interpreter {
 public:
  // Both must outlive the interpreter.
  Interpreter(Model& model, Diagnostics& diagnostics);
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter() { model_.statements = nullptr; }

  void read(const Statement& statement) { read(statement, seen_); }
  // A keyword that stood in a wrong block is what the right one lacks.
  void excuse(const std::vector<std::string>& misplaced, const Grammar& grammar);

 private:
  using Seen = std::vector<std::pair<const Keyword*, Place>>;  // of one block; the first of each
  void read(const Statement& statement, Seen& seen);

  Model& model_;
  Diagnostics& diagnostics_;
  Seen seen_;
  std::vector<Statement> kept_;
};

// Those of this keyword wherever they stand, be they right, wrong or not supported. Of a model
// they can be had for the keywords that interpret.cc keeps.
std::vector<const Statement*> statements_named(const std::vector<Statement>& statements,
                                               std::string_view keyword);

// Whether a block says nothing about the keyword, be it right or wrong, and should.
bool lacks(const Contents* block, std::string_view keyword);

}  // namespace holdfast::config
