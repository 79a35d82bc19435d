#include "common/compiled_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace holdfast {
namespace {

void append_little_endian(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

std::string deterministic_bytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  return bytes;
}

}  // namespace

std::string compiled_file_bytes(CompiledKind kind, const google::protobuf::MessageLite& message) {
  const std::string payload = deterministic_bytes(message);
  std::string out(kCompiledMagic);
  append_little_endian(out, static_cast<uint8_t>(kind), 1);
  append_little_endian(out, kCompiledVersion, 1);
  append_little_endian(out, 0, 2);
  append_little_endian(out, payload.size(), 4);
  append_little_endian(out, fnv1a(payload), 8);
  return out + payload;
}

}  // namespace holdfast
