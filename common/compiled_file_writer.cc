#include "common/compiled_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace holdfast {
namespace {

void append_little_endian(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

// With room for as many bytes before it.
std::string deterministic_bytes(const google::protobuf::MessageLite& message, size_t before) {
  std::string bytes;
  bytes.reserve(before + message.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  return bytes;
}

}  // namespace

std::string compiled_file_bytes(CompiledKind kind, const google::protobuf::MessageLite& message) {
  std::string bytes = deterministic_bytes(message, kCompiledHeaderBytes);
  std::string header(kCompiledMagic);
  append_little_endian(header, static_cast<uint8_t>(kind), 1);
  append_little_endian(header, kCompiledVersion, 1);
  append_little_endian(header, 0, 2);
  append_little_endian(header, bytes.size(), 4);
  append_little_endian(header, fnv1a(bytes), 8);
  bytes.insert(0, header);
  return bytes;
}

}  // namespace holdfast
