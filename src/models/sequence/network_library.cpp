#include "models/sequence/network_library.hpp"

#include <filesystem>

#include <dlfcn.h>

#include "models/sequence/network_entry.hpp"

namespace clm {
namespace {

constexpr const char* kLibraryFile = "libclm_networks.so";

tl::unexpected<Error> library_error(std::string message, const std::filesystem::path& where) {
  return fail(ErrorKind::unavailable, "network.library", std::move(message), where.string(),
              "Build it again with ./dev build; it lies beside the program.");
}

Result<const NetworkLibrary*> map_library() {
  // Beside whatever this code was linked into.
  Dl_info self{};
  static const char anchor = 0;
  if (::dladdr(&anchor, &self) == 0 || self.dli_fname == nullptr)
    return library_error("cannot tell where the program lies", kLibraryFile);
  const std::filesystem::path path = std::filesystem::absolute(self.dli_fname).parent_path() / kLibraryFile;
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return library_error(why == nullptr ? "cannot be loaded" : why, path);
  }
  const auto entry = reinterpret_cast<NetworkEntry*>(::dlsym(library, kNetworkEntry));
  if (entry == nullptr) return library_error("is of another build", path);
  return entry();
}

}  // namespace

Result<const NetworkLibrary*> NetworkLibrary::load() {
  static const Result<const NetworkLibrary*> loaded = map_library();
  return loaded;
}

}  // namespace clm
