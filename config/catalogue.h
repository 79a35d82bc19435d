// Everything that `holdfast compile` can say about a configuration, each with a stable id.
//
// HF00xx the bytes, HF01xx keywords and braces, HF02xx the arguments of one keyword, HF03xx what
// the keywords mean together, HF04xx lints and notes, HF05xx includes, conditions, definitions and
// sequences, HF06xx the nodes of one cluster. An id is never reused.
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
inline constexpr Finding kTemplate{"HF0115", Severity::kError,
                                   "this is a template, whose blanks have not been filled in"};

inline constexpr Finding kNotBalanced{"HF0116", Severity::kWarning,
                                      "nothing balances the traffic of {}"};

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
inline constexpr Finding kSignBehindWord{"HF0218", Severity::kWarning,
                                         "the `{}` behind the value of {} is part of it"};

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
inline constexpr Finding kUndefinedName{"HF0327", Severity::kError, "{} {} is not defined"};

inline constexpr Finding kIntervalRounded{
    "HF0328", Severity::kWarning,
    "VRRP version 3 advertises in steps of 0.01 s: {} s are rounded to {} s"};
inline constexpr Finding kIntervalTooLong{"HF0329", Severity::kError,
                                          "VRRP version 3 cannot say an interval over 40.95 s"};
inline constexpr Finding kAuthenticationIgnored{
    "HF0330", Severity::kWarning, "authentication is ignored: VRRP version 3 has none"};
inline constexpr Finding kAddressOfTwo{"HF0331", Severity::kError,
                                       "{} is an address of vrrp_instance {} already"};
inline constexpr Finding kTooMany{"HF0332", Severity::kError,
                                  "a host has at most {} {}, this is one more"};

// The files that commands name.
inline constexpr Finding kScriptMissing{"HF0320", Severity::kWarning, "there is no file {}"};
inline constexpr Finding kScriptNotExecutable{"HF0321", Severity::kWarning, "{} is not executable"};
inline constexpr Finding kScriptNotForUs{"HF0322", Severity::kWarning,
                                         "an unprivileged user cannot run {}"};
inline constexpr Finding kScriptNotAFile{"HF0323", Severity::kWarning, "{} is not a regular file"};
inline constexpr Finding kStopsSuite{"HF0324", Severity::kWarning,
                                     "this check stops the service that runs it"};
inline constexpr Finding kNeedsRoot{"HF0325", Severity::kWarning,
                                    "this command runs unprivileged, and {} needs root"};
inline constexpr Finding kNoInterpreter{"HF0326", Severity::kWarning,
                                        "the interpreter {} of {} does not exist"};

// As whom scripts run.
inline constexpr Finding kCannotRunAs{"HF0340", Severity::kWarning, "no script can run as {} here"};
inline constexpr Finding kRootNotEnabled{"HF0341", Severity::kWarning,
                                         "scripts run as root only where that is enabled"};
inline constexpr Finding kGroupNotFirst{
    "HF0342", Severity::kWarning,
    "scripts run with the groups of {}, and the first of them is not {}"};
inline constexpr Finding kNotThisUser{"HF0343", Severity::kError, "scripts cannot run as {}"};

// Lints and notes.
inline constexpr Finding kNoPrefix{"HF0401", Severity::kLint,
                                   "{} has no prefix length and becomes a /32"};
inline constexpr Finding kUntracked{"HF0402", Severity::kLint,
                                    "nothing tracks vrrp_script {}, so it never runs"};
inline constexpr Finding kUnderShell{"HF0403", Severity::kNote, "this command runs under {}"};
inline constexpr Finding kOwnerIgnoresWeights{"HF0404", Severity::kLint,
                                              "priority 255 ignores the weight of {}"};
inline constexpr Finding kPasswordCut{"HF0405", Severity::kError,
                                      "auth_pass ends at a comment sign"};
inline constexpr Finding kRelativeCommand{
    "HF0406", Severity::kLint, "this command is named relative to a directory nobody knows"};
inline constexpr Finding kMayKill{"HF0407", Severity::kNote,
                                  "this command may send signal 0 to processes of other users"};

inline constexpr Finding kSampleVrid{"HF0408", Severity::kLint,
                                     "virtual_router_id 51 is the one that everybody copies"};
inline constexpr Finding kSampleRouterId{"HF0409", Severity::kLint,
                                         "router_id {} is the name in the sample configuration"};
inline constexpr Finding kTrivialPassword{"HF0410", Severity::kLint,
                                          "this password protects nothing"};
inline constexpr Finding kSmallWeight{"HF0411", Severity::kLint,
                                      "a weight of {} is hardly enough to move an address"};
inline constexpr Finding kStrictContradiction{"HF0412", Severity::kLint, "{} contradicts {}"};
inline constexpr Finding kClaimsOwnership{"HF0413", Severity::kLint,
                                          "priority 255 claims that this host owns the addresses"};
inline constexpr Finding kSampleAddress{"HF0414", Severity::kLint,
                                        "{} is an address of the sample configuration"};
inline constexpr Finding kSampleMail{"HF0415", Severity::kLint, "{} was copied from an example"};
inline constexpr Finding kNoTimeout{"HF0416", Severity::kLint,
                                    "vrrp_script {} has no `timeout` of its own"};
inline constexpr Finding kNoFall{"HF0417", Severity::kLint,
                                 "one failed run of vrrp_script {} is enough to act"};
inline constexpr Finding kNoWeight{"HF0418", Severity::kNote,
                                   "vrrp_script {} has no weight, so a failure means FAULT"};
inline constexpr Finding kAlwaysPasses{"HF0419", Severity::kLint, "this check can never fail"};
inline constexpr Finding kNoShebang{"HF0420", Severity::kLint, "{} does not begin with `#!`"};
inline constexpr Finding kScriptWritable{"HF0421", Severity::kLint,
                                         "others than root may change what {} does"};
inline constexpr Finding kBashismInSh{"HF0422", Severity::kLint, "{} is run by sh, but is not sh"};
inline constexpr Finding kFindsItself{"HF0423", Severity::kLint,
                                      "this check looks for {}, and finds itself"};
inline constexpr Finding kCurlTakesErrors{"HF0424", Severity::kLint,
                                          "this curl takes an error page for success"};
inline constexpr Finding kFetchMayHang{"HF0425", Severity::kLint, "this {} may wait for long"};
inline constexpr Finding kSameCheck{"HF0426", Severity::kLint,
                                    "vrrp_script {} and {} run the same command"};
inline constexpr Finding kBareScript{"HF0427", Severity::kLint,
                                     "{} is looked for in a fixed list of directories"};
inline constexpr Finding kForeignLineEnds{"HF0428", Severity::kNote,
                                          "{} lines of this file end with CR LF"};
inline constexpr Finding kTrackedAbove{"HF0434", Severity::kLint,
                                       "vrrp_script {} is defined below what tracks it"};

inline constexpr Finding kGroupOfOne{"HF0432", Severity::kLint,
                                     "vrrp_sync_group {} has one member only"};

inline constexpr Finding kTracksItself{"HF0433", Severity::kLint,
                                       "{} is the interface of vrrp_instance {}, tracked anyway"};

// Comments that silence findings.
inline constexpr Finding kUnusedAllow{"HF0429", Severity::kLint, "this comment silences nothing"};
inline constexpr Finding kAllowedError{"HF0430", Severity::kLint,
                                       "{} is an error, which no comment silences"};
inline constexpr Finding kEmptyAllow{"HF0431", Severity::kLint,
                                     "this comment names no id that it allows"};

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
inline constexpr Finding kNotWrittenOut{
    "HF0520", Severity::kNote, "there are errors, so {} more repetitions were not written out"};
inline constexpr Finding kLeftOutBlock{"HF0521", Severity::kNote,
                                       "the condition before {} leaves out its whole block"};
inline constexpr Finding kLeftOutInBlock{
    "HF0522", Severity::kError, "the condition before {} leaves out this line, not its block"};

// The nodes of one cluster.
inline constexpr Finding kNodesVrid{"HF0601", Severity::kError,
                                    "vrrp_instance {} has virtual_router_id {}, but {} in {}"};
inline constexpr Finding kNodesPassword{"HF0602", Severity::kError,
                                        "vrrp_instance {} has another auth_pass than in {}"};
inline constexpr Finding kNodesAuthentication{
    "HF0603", Severity::kError, "vrrp_instance {} has another authentication than in {}"};
inline constexpr Finding kNodesInterval{"HF0604", Severity::kError,
                                        "vrrp_instance {} advertises every {} s, but {} s in {}"};
inline constexpr Finding kNodesGroup{"HF0605", Severity::kError,
                                     "vrrp_instance {} sends to {}, but to {} in {}"};
inline constexpr Finding kNodesAddresses{"HF0606", Severity::kWarning,
                                         "vrrp_instance {} in {} does not list {}"};
inline constexpr Finding kNodesPrefix{"HF0607", Severity::kWarning,
                                      "{} has prefix length {}, but {} in {}"};
inline constexpr Finding kNodesEqualPriority{"HF0608", Severity::kWarning,
                                             "vrrp_instance {} has priority {}, as it has in {}"};
inline constexpr Finding kNodesBothMaster{"HF0609", Severity::kLint,
                                          "vrrp_instance {} starts as MASTER, as it does in {}"};
inline constexpr Finding kNodesMasterLower{
    "HF0610", Severity::kWarning,
    "vrrp_instance {} starts as MASTER with priority {}, but {} is BACKUP with {}"};
inline constexpr Finding kNodesWeight{"HF0611", Severity::kWarning,
                                      "a weight of {} for {} moves nothing between these nodes"};
inline constexpr Finding kNodesAlone{"HF0612", Severity::kLint, "only {1} has vrrp_instance {0}"};
inline constexpr Finding kNodesVersion{
    "HF0614", Severity::kError, "vrrp_instance {} speaks VRRP version {}, but version {} in {}"};
inline constexpr Finding kNodesLearnInterval{
    "HF0615", Severity::kLint, "vrrp_instance {} advertises every {} s, but {} s in {}"};
inline constexpr Finding kNodesChecksum{
    "HF0616", Severity::kWarning,
    "vrrp_instance {} sends the checksum of RFC {}, but that of RFC {} in {}"};
inline constexpr Finding kNodesRouterId{"HF0613", Severity::kLint,
                                        "router_id {} is also that of another node"};

}  // namespace holdfast::config
