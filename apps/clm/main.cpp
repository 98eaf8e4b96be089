// The program `clm` itself: answers --version at once and hands everything else to libclm_program.so. The libraries
// behind that one (Arrow, XGBoost, LightGBM) take 15 ms to map, which a version question must not pay for.
#include <cstdio>
#include <cstring>

#include <dlfcn.h>

int main(int argc, char** argv) {
  if (argc == 2 && (std::strcmp(argv[1], "--version") == 0 || std::strcmp(argv[1], "-V") == 0)) {
    std::puts("clm " CLM_VERSION);
    return 0;
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
