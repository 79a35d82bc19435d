// Files of the source tree that tests read: meson says where it is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace holdfast {

inline std::filesystem::path source_tree() {
  const char* root = std::getenv("HOLDFAST_SOURCE_ROOT");  // NOLINT(concurrency-mt-unsafe)
  return root == nullptr ? "." : root;
}

inline std::string read_source(const std::filesystem::path& path) {
  const std::ifstream in(source_tree() / path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace holdfast
