// The program `clm` itself: answers --version at once and hands everything else to libclm_program.so. The libraries
// behind that one (Arrow, XGBoost, LightGBM) take 15 ms to map, which a version question must not pay for.
#include <cstdio>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

namespace {

/// A standard stream that was closed would be taken by the next file that is opened, and what is printed would land in
/// it. Opened the wrong way round, it stays closed to whoever writes or reads.
void keep_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (::fcntl(stream, F_GETFD) == -1) (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  if (argc == 2 && (std::strcmp(argv[1], "--version") == 0 || std::strcmp(argv[1], "-V") == 0)) {
    std::puts("clm " CLM_VERSION);
    return std::fflush(stdout) == 0 ? 0 : 6;
  }
  void* program = ::dlopen("libclm_program.so", RTLD_NOW | RTLD_GLOBAL);  // found beside us through the run path
  if (program == nullptr) {
    std::fprintf(stderr, "clm: cannot load the program: %s\nBuild it again with ./dev build.\n", ::dlerror());
    return 6;
  }
  const auto entry = reinterpret_cast<int (*)(int, char**)>(::dlsym(program, "clm_program_main"));
  if (entry == nullptr) {
    std::fprintf(stderr, "clm: libclm_program.so is of another build. Build it again with ./dev build.\n");
    return 70;
  }
  return entry(argc, argv);
}
