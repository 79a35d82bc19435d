#include "config/source.h"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Smallest code point that needs this many bytes: shorter ones are overlong (RFC 3629 3).
constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};

size_t announced_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// 0: not UTF-8 here.
size_t valid_bytes(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t size = announced_bytes(lead);
  if (size <= 1) return size;
  if (at + size > text.size()) return 0;
  uint32_t point = lead & (0xffU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xc0U) != 0x80U) return 0;
    point = (point << 6U) | (next & 0x3fU);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= kSmallest[size] && point <= 0x10ffff && !surrogate ? size : 0;
}

}  // namespace

Source::Source(std::string name, std::string content, Place included_at)
    : name_(std::move(name)), text_(std::move(content)), included_at_(included_at) {
  text_.shrink_to_fit();
  lines_.reserve(static_cast<size_t>(std::ranges::count(text_, '\n')) + 1);
  std::string_view text = text_;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines_.push_back(static_cast<uint32_t>(text_.size() - text.size()));
    const bool foreign = text.substr(0, end).ends_with('\r');
    if (foreign && foreign_line_ends_++ == 0) first_foreign_line_end_ = line_count();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view Source::line(uint32_t number) const {
  if (number == 0 || number > lines_.size()) return {};
  const size_t begin = lines_[number - 1];
  const size_t next = number < lines_.size() ? lines_[number] : text_.size();
  std::string_view line = std::string_view(text_).substr(begin, next - begin);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

uint32_t Sources::add(std::string name, std::string text, Place included_at) {
  files_.emplace_back(std::move(name), std::move(text), included_at);
  return file_count() - 1;
}

Place Sources::shifted(Place place, Shift by) {
  if (!place) return place;
  place.file += by.files;
  if (place.expansion != 0) place.expansion += by.expansions;
  return place;
}

Sources::Shift Sources::append(const Sources& other) {
  const Shift by{.files = file_count(), .expansions = last_number_};
  for (const Source& file : other.files_) {
    add(file.name(), file.text(), shifted(file.included_at(), by));
  }
  for (const Use& use : other.uses_) {
    const auto& [what, origin] = *use.cause;
    last_number_ = by.expansions + use.number - 1;
    add({.what = what, .use = shifted(use.place, by), .origin = shifted(origin, by)});
  }
  last_number_ = by.expansions + other.last_number_;
  return by;
}

uint32_t Sources::add(const Expansion& expansion) {
  if (uses_.size() >= kExpansionsMax) return expansion.use.expansion;
  const auto cause = causes_.try_emplace({expansion.what, expansion.origin}).first;
  uses_.push_back({++last_number_, &cause->first, expansion.use});
  return last_number_;
}

void Sources::forget(uint32_t first, uint32_t end) {
  uses_.erase(std::ranges::lower_bound(uses_, first, {}, &Use::number),
              std::ranges::lower_bound(uses_, end, {}, &Use::number));
}

Expansion Sources::expansion(uint32_t number) const {
  const auto use = std::prev(std::ranges::upper_bound(uses_, number, {}, &Use::number));
  return {.what = use->cause->first, .use = use->place, .origin = use->cause->second};
}

size_t character_bytes(std::string_view text, size_t at) {
  return std::max<size_t>(valid_bytes(text, at), 1);
}

uint32_t character_count(std::string_view text) {
  uint32_t count = 0;
  for (size_t at = 0; at < text.size(); at += character_bytes(text, at)) ++count;
  return count;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = valid_bytes(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

}  // namespace holdfast::config
