#include "base/hash.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <openssl/evp.h>

#include "base/contract.hpp"

namespace clm {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { expects(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1, "SHA-256 starts"); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  expects(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "SHA-256 takes bytes");
  return *this;
}

std::string Sha256::hex_digest() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  expects(EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1, "SHA-256 ends");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * length);
  for (unsigned i = 0; i < length; ++i) {
    hex.push_back(kHex[digest[i] >> 4]);
    hex.push_back(kHex[digest[i] & 15]);
  }
  return hex;
}

std::string sha256_hex(std::string_view bytes) { return Sha256().update(bytes).hex_digest(); }

Result<std::string> sha256_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file)
    return fail(ErrorKind::unavailable,
                errno == EMFILE || errno == ENFILE || errno == ENOMEM ? "file.exhausted" : "file.read",
                std::string("cannot open: ") + std::strerror(errno), path.string());
  Sha256 hash;
  std::vector<char> buffer(1 << 16);
  std::size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0)
    hash.update(std::string_view(buffer.data(), got));
  if (std::ferror(file.get()) != 0)
    return fail(ErrorKind::unavailable, "file.read", std::string("cannot read: ") + std::strerror(errno),
                path.string());
  return hash.hex_digest();
}

}  // namespace clm
