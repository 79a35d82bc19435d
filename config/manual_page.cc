// holdfast.conf(5), made from the keyword table.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "config/describe.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kHead = R"(.\" Made from the keyword table; do not edit.
.TH HOLDFAST.CONF 5 "" holdfast "File formats"
.SH NAME
holdfast.conf \- the configuration of holdfast
.SH SYNOPSIS
.I /etc/holdfast/holdfast.conf
.br
.I /etc/keepalived/keepalived.conf
.SH DESCRIPTION
The language is that of
.BR keepalived.conf (5),
so that an existing file can be used as it is.
.BR "holdfast compile" ,
the only program that reads the text, says what is wrong with it, where, and how to mend it, and
hands each process a compiled file with no more than it needs.
.PP
A line begins with a keyword, and the values that it takes follow.
Some keywords open a block: a brace behind them, lines inside, and a closing brace.
In a list, each line is an item without a keyword.
Below, capitals stand for values, square brackets for what may be left out, a bar for a choice,
and three dots for more of the same.
.PP
Every keyword of keepalived 2.4.3 is here.
Of those that do not work,
.I not yet
says what is missing, and
.I never
why it is not needed.
Using one is an error where ignoring it could change who holds an address or lose a check, and a
warning or a note elsewhere.
.B holdfast explain KEYWORD
prints the same as this page.
.SH LINES AND WORDS
White space separates words.
Braces stand anywhere outside of double quotes, also without a space.
A comment runs from
.B #
or
.B !
outside of double quotes to the end of the line; a backslash in front takes that meaning away.
A backslash at the end of a line joins the next one to it.
.PP
A value with white space in it stands in double quotes.
Commands know single quotes, too, and a backslash in them makes one character of what follows:
a control character as in C, a byte in octal or hexadecimal, or the character itself.
Parts without white space between them are one word.
.PP
Times are seconds with up to six decimals.
A switch is
.BR on ,
.B true
or
.BR yes ,
or
.BR off ,
.B false
or
.BR no ;
without a value it is on.
Upper and lower case differ, in keywords and in values.
.SH PREPROCESSOR
Before keywords are looked up, lines pass a preprocessor.
.TP
.B include PATTERN
Reads the files that match, in order of their names, relative to the file that has this line.
The forms
.BR includer ,
.BR includem ,
.BR includew ,
.B includeb
and
.B includea
say which of a missing, unreadable or unmatched file is an error.
.TP
.BR "@ID LINE" ", " "@^ID LINE"
Keeps a line if the id of this configuration is, or is not, ID.
The id is the short name of the host unless another is given.
.TP
.B $NAME=VALUE
Defines what
.B $NAME
and
.B ${NAME}
stand for from here on.
A value that ends in a backslash goes on in the next line.
Names that are not defined stay as they are.
.TP
.BR ~SEQ ", " ~SEQx ", " ~LST
Repeat their line, once for each number or value.
)";

constexpr std::string_view kTail = R"(.SH DIFFERENCES TO KEEPALIVED
A configuration with an error is not used at all; keepalived drops or mends what it does not
understand and goes on.
Unknown keywords, lost braces, words left over behind a value, numbers that are out of their range
and names that nothing defines are errors, all of which are reported in one run.
.PP
Scripts may be defined behind the instances that track them.
.PP
No process runs as root, and scripts run as an unprivileged user.
A check that sends signal 0 to the processes of others gets that one right and no other.
A command with operators or syntax of a shell runs under that shell, not without one.
.PP
Addresses are leased: when the process that elects dies or stands still, they are withdrawn.
.SH SEE ALSO
.BR keepalived.conf (5)
)";

// Text in roff: no escape, no request, no hyphenation where a dash is meant.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '`':
      case '"':
        out += c == '"' ? "\\(dq" : "";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '^':
        out += "\\(ha";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void write_row(const Keyword& row, std::string& out) {
  const std::string line = syntax(row);
  const std::string_view rest = std::string_view(line).substr(row.name.size());
  out += ".TP\n";
  if (row.name.empty()) {
    out += fmt::format("{}\n", roff(rest));
  } else {
    out += fmt::format("\\fB{}\\fP{}\n", roff(row.name), roff(rest));
  }
  if (!row.doc.empty()) out += roff(row.doc) + "\n";
  const auto sentence = [&out](std::string_view what, std::string_view value) {
    if (!value.empty()) out += fmt::format("{} {}.\n", what, roff(value));
  };
  sentence("Default:", row.otherwise);
  sentence("Range:", range_text(row));
  sentence("Example:", row.example);
  if (row.support == Support::kNotYet) sentence("\\fINot yet\\fP:", row.why);
  if (row.support == Support::kNever) sentence("\\fINever\\fP:", row.why);
  sentence("Instead:", row.instead);
  sentence("An old name of", row.new_name);
}

}  // namespace

std::string manual_page(std::span<const Keyword> rows) {
  std::string out(kHead);
  std::vector<Block> blocks;
  for (const Keyword& row : rows) {
    if (std::ranges::find(blocks, row.where) == blocks.end()) blocks.push_back(row.where);
  }
  std::ranges::sort(blocks);
  for (const Block block : blocks) {
    const bool root = block == Block::kRoot;
    out += fmt::format(".SH {}\n", root ? "AT THE TOP OF THE FILE" : roff(info(block).name));
    for (const Keyword& row : rows) {
      if (row.where == block) write_row(row, out);
    }
  }
  return out + std::string(kTail);
}

}  // namespace holdfast::config
