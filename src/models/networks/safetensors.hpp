#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// A named array of float32, row-major. `values` belongs to whoever made the view.
struct TensorView {
  std::string name;
  std::vector<std::size_t> shape;
  std::span<const float> values;
};

/// The bytes of a safetensors file (https://github.com/huggingface/safetensors#format): 8 bytes length of the header,
/// JSON header, the numbers one after another, little endian. Equal input gives equal bytes.
std::string write_safetensors(std::span<const TensorView> tensors, const std::map<std::string, std::string>& metadata);

struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};
struct TensorFile {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads any bytes without trusting them: sizes are checked before memory is taken; numbers must be float32 and cover
/// the file exactly, without gap or overlap. Error `safetensors.malformed` (data).
Result<TensorFile> read_safetensors(std::string_view bytes);

}  // namespace clm
