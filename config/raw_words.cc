#include "config/raw_words.h"

#include <vector>

namespace holdfast::config {
namespace {

bool is_byte(const Atom& atom, char byte) {
  return atom.kind != Atom::Kind::kBreak && atom.byte == byte;
}

// A `${NAME}` that nobody defines is left as it stands, and its braces are braces.
bool may_be_brace(const Atom& atom) {
  return atom.opaque && !atom.quoted && (atom.byte == '{' || atom.byte == '}');
}

// Tokenizer A: every double quote begins or ends a word, escaped or not.
void mark_plain_quotes(std::span<const Atom> atoms, bool braces, std::vector<bool>& inside) {
  bool quoted = false;
  for (size_t at = 0; at < atoms.size(); ++at) {
    if (is_byte(atoms[at], '"')) quoted = !quoted;
    if (braces && may_be_brace(atoms[at])) quoted = false;
    if (quoted) inside[at] = true;
  }
}

// Tokenizer B: both quotes, and escapes of one or, `\cX`, two characters. A quote without its
// other half is none: the line is not one for this tokenizer.
void mark_script_quotes(std::span<const Atom> atoms, bool braces, std::vector<bool>& inside) {
  char quote = 0;
  size_t start = 0;
  bool escaped = false;
  bool control = false;
  for (size_t at = 0; at < atoms.size(); ++at) {
    const Atom& atom = atoms[at];
    if (atom.kind == Atom::Kind::kBreak) continue;
    if (braces && may_be_brace(atom)) {
      quote = 0;
      escaped = control = false;
      continue;
    }
    if (escaped || control) {
      control = escaped && atom.byte == 'c';
      escaped = false;
      inside[at] = true;
    } else if (atom.byte == '\\') {
      escaped = true;
    } else if (quote == 0 && (atom.byte == '"' || atom.byte == '\'')) {
      quote = atom.byte;
      start = at;
    } else if (quote != 0 && atom.byte == quote) {
      for (size_t i = start; i < at; ++i) inside[i] = true;
      quote = 0;
    }
  }
}

}  // namespace

std::span<const Atom> trimmed(std::span<const Atom> atoms) {
  while (!atoms.empty() && is_blank(atoms.front())) atoms = atoms.subspan(1);
  while (!atoms.empty() && is_blank_at_end(atoms.back())) atoms = atoms.first(atoms.size() - 1);
  return atoms;
}

std::string words_text(std::span<const Atom> atoms, size_t indent) {
  std::vector<bool> inside(atoms.size());
  for (const bool braces : {false, true}) {
    mark_plain_quotes(atoms, braces, inside);
    mark_script_quotes(atoms, braces, inside);
  }
  std::string text;
  for (size_t at = 0; at < atoms.size();) {
    bool space = false;
    bool broken = false;
    for (; at < atoms.size() && is_blank(atoms[at]) && !inside[at]; ++at) {
      (atoms[at].kind == Atom::Kind::kBreak ? broken : space) = true;
    }
    if (space) text += ' ';
    if (broken) text += "\\\n";
    // A word that goes on in the next line has no space there.
    if (space && broken) text.append(indent, ' ');
    if (at < atoms.size()) text += atoms[at++].raw;
  }
  return text;
}

}  // namespace holdfast::config
