#include "models/networks/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/shown_text.hpp"

namespace clm {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 20U;
constexpr std::size_t kMaxDimensions = 8;
constexpr const char* kMetadata = "__metadata__";
static_assert(std::endian::native == std::endian::little);

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::data, "safetensors.malformed", std::move(what), {}, "Take an unharmed copy of the file.");
}

/// Where the numbers of one tensor lie behind the header.
struct Place {
  std::size_t begin = 0, end = 0;
  std::string name;
  std::vector<std::size_t> shape;
};

Result<Place> read_place(const std::string& name, const nlohmann::json& entry, std::size_t data_bytes) {
  const auto bad = [&](std::string_view what) {
    return malformed("tensor '" + shown(name) + "' " + std::string(what));
  };
  if (!entry.is_object() || entry.value("dtype", nlohmann::json()) != "F32") return bad("is not float32");
  const auto shape = entry.find("shape"), offsets = entry.find("data_offsets");
  if (shape == entry.end() || !shape->is_array() || shape->size() > kMaxDimensions) return bad("has no shape");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
      !(*offsets)[1].is_number_unsigned())
    return bad("has no place");
  Place place{(*offsets)[0].get<std::size_t>(), (*offsets)[1].get<std::size_t>(), name, {}};
  if (place.begin > place.end || place.end > data_bytes) return bad("lies outside the file");
  std::size_t size = 1;
  for (const auto& extent : *shape) {
    if (!extent.is_number_unsigned()) return bad("has a shape that is none");
    place.shape.push_back(extent.get<std::size_t>());
    if (place.shape.back() != 0 && size > data_bytes / place.shape.back()) return bad("is larger than the file");
    size *= place.shape.back();
  }
  if (size > data_bytes || size * sizeof(float) != place.end - place.begin)
    return bad("has another size than its shape");
  return place;
}

}  // namespace

std::string write_safetensors(std::span<const TensorView> tensors, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::size_t at = 0;
  for (const TensorView& tensor : tensors) {
    std::size_t size = 1;
    for (const std::size_t extent : tensor.shape) size *= extent;
    expects(size == tensor.values.size() && tensor.name != kMetadata && !header.contains(tensor.name),
            "a tensor has a name of its own and as many numbers as its shape says");
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {at, at + tensor.values.size_bytes()}}};
    at += tensor.values.size_bytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');  // numbers begin on 8 bytes
  std::string bytes(kLengthBytes, '\0');
  const auto length = static_cast<std::uint64_t>(text.size());
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes += text;
  bytes.reserve(bytes.size() + at);
  for (const TensorView& tensor : tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());
  return bytes;
}

Result<TensorFile> read_safetensors(std::string_view bytes) {
  if (bytes.size() < kLengthBytes) return malformed("the file is shorter than its header");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeaderBytes || length > bytes.size() - kLengthBytes)
    return malformed("the header is longer than the file or than 16 MiB");
  const std::string_view text = bytes.substr(kLengthBytes, static_cast<std::size_t>(length));
  const std::string_view data = bytes.substr(kLengthBytes + static_cast<std::size_t>(length));
  const nlohmann::json header = nlohmann::json::parse(text, nullptr, false);
  if (!header.is_object()) return malformed("the header is not a JSON object");

  TensorFile file;
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      if (!entry.is_object()) return malformed("the metadata is not an object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) return malformed("metadata '" + shown(key) + "' is not a text");
        file.metadata.emplace(key, value.get<std::string>());
      }
      continue;
    }
    Result<Place> place = read_place(name, entry, data.size());
    if (!place) return forward_error(place);
    places.push_back(*std::move(place));
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::size_t at = 0;
  for (Place& place : places) {
    if (place.begin != at) return malformed("tensor '" + shown(place.name) + "' overlaps another or leaves a gap");
    at = place.end;
    Tensor tensor{std::move(place.shape), std::vector<float>((place.end - place.begin) / sizeof(float))};
    if (!tensor.values.empty())
      std::memcpy(tensor.values.data(), data.data() + place.begin, tensor.values.size() * sizeof(float));
    file.tensors.emplace(std::move(place.name), std::move(tensor));
  }
  if (at != data.size()) return malformed("bytes follow the last tensor");
  return file;
}

}  // namespace clm
