// Everything that `holdfast compile` can say about a configuration, each with a stable id.
//
// HF00xx the bytes, HF01xx keywords and braces, HF02xx the arguments of one keyword, HF03xx what
// the keywords mean together, HF04xx lints and notes, HF05xx includes, conditions, definitions and
// sequences. An id is never reused.
#pragma once

#include "config/diagnostics.h"

namespace holdfast::config {

// The bytes.
inline constexpr Finding kLineTooLong{"HF0001", Severity::kError,
                                      "this line is longer than {} bytes"};
inline constexpr Finding kNulByte{"HF0002", Severity::kError, "this line contains a NUL byte"};
inline constexpr Finding kTextTooLarge{"HF0003", Severity::kError,
                                       "the configuration is larger than {} MiB"};
inline constexpr Finding kForeignSpace{"HF0004", Severity::kWarning,
                                       "a no-break space stands where a space is meant"};
inline constexpr Finding kUnmatchedQuote{"HF0005", Severity::kError,
                                         "this quote is never closed on its line"};
inline constexpr Finding kNotUtf8{"HF0006", Severity::kError, "this word is not UTF-8 text"};
inline constexpr Finding kEscapedNul{"HF0007", Severity::kError,
                                     "this word contains a NUL byte, written as an escape"};

// Keywords and braces.
inline constexpr Finding kUnknownKeyword{"HF0101", Severity::kError, "unknown keyword {} in {}"};
inline constexpr Finding kMisplacedKeyword{"HF0102", Severity::kError, "{} cannot stand in {}"};
inline constexpr Finding kMissingBrace{"HF0103", Severity::kError,
                                       "{} opens a block, but its `{{` is missing"};
inline constexpr Finding kUnclosedBlock{"HF0104", Severity::kError,
                                        "the block of {} is never closed"};
inline constexpr Finding kStrayBrace{"HF0105", Severity::kError, "this `}}` closes no block"};
inline constexpr Finding kNoBlockHere{"HF0106", Severity::kError, "{} takes no block"};
inline constexpr Finding kTooDeep{"HF0107", Severity::kError,
                                  "blocks are nested more than {} deep"};
inline constexpr Finding kNamelessBlock{"HF0108", Severity::kError, "this `{{` follows no keyword"};
inline constexpr Finding kUnsupported{"HF0109", Severity::kError, "{} is not supported yet"};
inline constexpr Finding kHasNoUse{"HF0110", Severity::kWarning, "{} is ignored"};
inline constexpr Finding kMeansNothing{"HF0111", Severity::kNote, "{} has no effect here"};

inline constexpr Finding kEarlyBrace{"HF0112", Severity::kError,
                                     "one `}}` too many: more of {} follows"};

inline constexpr Finding kObsolete{"HF0113", Severity::kWarning, "{} is obsolete and does nothing"};
inline constexpr Finding kForeign{"HF0114", Severity::kError, "{} is a keyword of another program"};

inline constexpr Finding kUnknownSkipped{"HF0120", Severity::kWarning,
                                         "unknown keyword {} in {} is skipped"};
inline constexpr Finding kMisplacedSkipped{"HF0121", Severity::kWarning,
                                           "{} cannot stand in {} and is skipped"};
inline constexpr Finding kSecondStatement{"HF0122", Severity::kError,
                                          "{} starts a second statement on this line"};

// The arguments of one keyword.
inline constexpr Finding kMissingArgument{"HF0201", Severity::kError, "{} needs {}"};
inline constexpr Finding kExtraArgument{"HF0202", Severity::kError,
                                        "{} has more words than it takes"};
inline constexpr Finding kNotANumber{"HF0203", Severity::kError, "{} needs a whole number"};
inline constexpr Finding kOutOfRange{"HF0204", Severity::kError, "{} must be between {} and {}"};
inline constexpr Finding kNotATime{"HF0205", Severity::kError, "{} needs a time in seconds"};
inline constexpr Finding kNotASwitch{"HF0206", Severity::kError, "{} is either on or off"};
inline constexpr Finding kNotAChoice{"HF0207", Severity::kError, "{} must be {}"};
inline constexpr Finding kNotAnAddress{"HF0208", Severity::kError, "{} needs an IPv4 address"};
inline constexpr Finding kBadPrefix{"HF0209", Severity::kError,
                                    "a prefix length is a whole number from 0 to 32"};
inline constexpr Finding kBadInterface{"HF0210", Severity::kError,
                                       "this cannot be the name of an interface"};
inline constexpr Finding kUnknownOption{"HF0211", Severity::kError, "unknown option {} of {}"};
inline constexpr Finding kRepeated{"HF0212", Severity::kWarning,
                                   "{} is set twice, the last one counts"};
inline constexpr Finding kOddState{"HF0213", Severity::kWarning,
                                   "{} is no state, BACKUP is assumed"};
inline constexpr Finding kUnquotedCommand{"HF0214", Severity::kError,
                                          "the arguments of this command are outside its quotes"};
inline constexpr Finding kEmptyCommand{"HF0215", Severity::kError, "{} names no command"};
inline constexpr Finding kCommandQuote{"HF0216", Severity::kError,
                                       "a quote inside this command is never closed"};

inline constexpr Finding kWrongKind{"HF0217", Severity::kError, "{} needs {}"};

// What the keywords mean together.
inline constexpr Finding kNoInterface{"HF0301", Severity::kError,
                                      "vrrp_instance {} has no `interface`"};
inline constexpr Finding kNoVrid{"HF0302", Severity::kError,
                                 "vrrp_instance {} has no `virtual_router_id`"};
inline constexpr Finding kNoAddress{"HF0303", Severity::kError,
                                    "vrrp_instance {} has no virtual address"};
inline constexpr Finding kSameVrid{"HF0304", Severity::kError,
                                   "virtual_router_id {} is used twice on interface {}"};
inline constexpr Finding kSameName{"HF0305", Severity::kError, "{} {} is defined twice"};
inline constexpr Finding kUndefinedScript{"HF0306", Severity::kError,
                                          "vrrp_script {} is not defined"};
inline constexpr Finding kSameId{"HF0307", Severity::kError,
                                 "the names {} and {} give the same internal id"};
inline constexpr Finding kFractionalInterval{
    "HF0308", Severity::kError, "VRRP version 2 advertises in whole seconds, from 1 to 255"};
inline constexpr Finding kPasswordTooLong{"HF0309", Severity::kError,
                                          "auth_pass is {} bytes long, and VRRP carries 8"};
inline constexpr Finding kAuthenticationIncomplete{"HF0310", Severity::kError,
                                                   "this authentication block has no {}"};
inline constexpr Finding kNoScript{"HF0311", Severity::kError, "vrrp_script {} has no `script`"};
inline constexpr Finding kAddressTwice{"HF0312", Severity::kWarning,
                                       "address {} is listed twice in vrrp_instance {}"};
inline constexpr Finding kNotMulticast{"HF0313", Severity::kError, "{} is not a multicast address"};
inline constexpr Finding kNowhereToMail{"HF0314", Severity::kWarning,
                                        "smtp_alert is on, but there is no {}"};
inline constexpr Finding kTrackedTwice{
    "HF0315", Severity::kWarning, "{} is tracked twice in vrrp_instance {}, the last one counts"};
inline constexpr Finding kNopreemptMaster{"HF0316", Severity::kWarning,
                                          "nopreempt does nothing together with `state MASTER`"};
inline constexpr Finding kTooManyAddresses{
    "HF0317", Severity::kError, "an advertisement carries 255 addresses, this is number 256"};
inline constexpr Finding kNoRouter{"HF0318", Severity::kWarning,
                                   "this configuration has no vrrp_instance"};
inline constexpr Finding kDelayUnused{"HF0319", Severity::kWarning,
                                      "preempt_delay does nothing together with {}"};

// Lints and notes.
inline constexpr Finding kNoPrefix{"HF0401", Severity::kLint,
                                   "{} has no prefix length and becomes a /32"};
inline constexpr Finding kUntracked{"HF0402", Severity::kLint,
                                    "nothing tracks vrrp_script {}, so it never runs"};
inline constexpr Finding kUnderShell{"HF0403", Severity::kNote, "this command runs under {}"};
inline constexpr Finding kOwnerIgnoresWeights{"HF0404", Severity::kLint,
                                              "priority 255 ignores the weight of {}"};
inline constexpr Finding kPasswordCut{"HF0405", Severity::kWarning,
                                      "auth_pass ends at a comment sign"};
inline constexpr Finding kRelativeCommand{
    "HF0406", Severity::kLint, "this command is named relative to a directory nobody knows"};
inline constexpr Finding kMayKill{"HF0407", Severity::kNote,
                                  "this command may send signal 0 to processes of other users"};

// Includes, conditions, definitions and sequences.
inline constexpr Finding kIncludeMissing{"HF0501", Severity::kError, "there is no file {}"};
inline constexpr Finding kIncludesNothing{"HF0502", Severity::kNote,
                                          "no file matches {}, nothing is included"};
inline constexpr Finding kIncludeSkipped{"HF0503", Severity::kWarning, "{} is not included: {}"};
inline constexpr Finding kIncludeUnreadable{"HF0504", Severity::kError,
                                            "{} cannot be included: {}"};
inline constexpr Finding kIncludeCycle{"HF0505", Severity::kError, "{} includes itself"};
inline constexpr Finding kIncludeLimit{"HF0506", Severity::kError, "this includes more than {} {}"};
inline constexpr Finding kIncludeImpossible{"HF0507", Severity::kError,
                                            "{} cannot be included: no file is read here"};
inline constexpr Finding kIncludeNameless{"HF0508", Severity::kError, "{} names no file"};
inline constexpr Finding kNoConditionId{"HF0509", Severity::kWarning,
                                        "this condition names no id, so the line is {}"};
inline constexpr Finding kUndefined{"HF0510", Severity::kError, "{} is not defined"};
inline constexpr Finding kUndefinedInQuotes{"HF0511", Severity::kNote, "{} is not defined"};
inline constexpr Finding kNotReplaced{"HF0512", Severity::kWarning, "{} is not replaced here"};
inline constexpr Finding kLinesInsideLine{
    "HF0513", Severity::kError, "{} has several lines and can only stand at the end of a line"};
inline constexpr Finding kInItself{"HF0514", Severity::kError, "{} stands in its own value"};
inline constexpr Finding kBadSequence{"HF0515", Severity::kError, "this {} cannot be read"};
inline constexpr Finding kExpandsTooFar{"HF0516", Severity::kError,
                                        "writing this out gives more than {} {}"};
inline constexpr Finding kExpandsTooDeep{"HF0517", Severity::kError,
                                         "definitions and sequences are nested more than {} deep"};
inline constexpr Finding kNoDefinition{"HF0518", Severity::kError, "this defines nothing"};
inline constexpr Finding kIncludeInLine{"HF0519", Severity::kError, "{} must begin its line"};

}  // namespace holdfast::config
