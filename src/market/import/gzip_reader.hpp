#pragma once
#include <cstdint>
#include <memory>

#include "market/import/byte_reader.hpp"

namespace clm {

/// The inflated bytes of gzip data (RFC 1952), one or more members behind each other, with a bounded buffer. The
/// CRC-32 and length of every member are checked. Errors (data): `gzip.truncated` when the data ends too early,
/// `gzip.corrupt` for anything that is not gzip or whose checksum differs, and `beyond` once more than
/// `max_inflated_bytes` come out (a small file can inflate a thousandfold). Inflation is ISA-L's: about 1.5 ns a byte
/// that comes out.
std::unique_ptr<ByteReader> gzip_reader(std::unique_ptr<ByteReader> compressed, std::uint64_t max_inflated_bytes,
                                        Error beyond);

}  // namespace clm
