#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/contract.hpp"
#include "registry/manifest.hpp"

/// Whatever the bytes: an error, or a manifest whose canonical form reads back to the same bytes and the same id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = clm::read_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  const auto written = clm::write_manifest(*manifest);
  clm::expects(written.has_value(), "what was read can be written");
  const auto again = clm::read_manifest(*written);
  clm::expects(again.has_value(), "what was written can be read");
  clm::expects(*clm::write_manifest(*again) == *written, "canonical bytes are stable");
  clm::expects(*clm::version_id(*again) == *clm::version_id(*manifest), "the id is stable");
  return 0;
}
