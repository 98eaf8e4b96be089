#include "models/networks/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace clm {
namespace {

std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

TEST(Safetensors, WritesTheBytesThatTheSpecificationAsksFor) {
  const std::vector<float> values{1.0F, -2.5F};
  const std::vector<TensorView> tensors{{"a", {2, 1}, values}};
  const std::string bytes = write_safetensors(tensors, {{"k", "v"}});
  const std::string header = R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})";
  EXPECT_EQ(bytes.substr(8, header.size()), header);
  EXPECT_EQ((bytes.size() - 8 - 8) % 8, 0u);
  const auto read = read_safetensors(bytes);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->metadata.at("k"), "v");
  EXPECT_EQ(read->tensors.at("a").shape, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(read->tensors.at("a").values, values);
}

TEST(Safetensors, RefuseWhatIsBroken) {
  const std::string good = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  ASSERT_TRUE(read_safetensors(file_of(good, "0000")));
  const std::vector<std::pair<std::string, std::string>> broken{
      {good, "000"},
      {good, "00000000"},
      {"[]", ""},
      {"{", ""},
      {R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", "0000"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "0000"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "0000"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}})", "0000"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "0000"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "00000000"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "0000"},
      {R"({"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "0000"},
      {R"({"a":7})", ""}};
  for (const auto& [header, data] : broken) {
    const auto read = read_safetensors(file_of(header, data));
    ASSERT_FALSE(read) << header;
    EXPECT_EQ(read.error().code, "safetensors.malformed");
  }
  EXPECT_FALSE(read_safetensors(""));
  EXPECT_FALSE(read_safetensors(std::string(8, '\xff')));
}

}  // namespace
}  // namespace clm
