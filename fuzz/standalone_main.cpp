// Replays files, and the files of folders, through a fuzz target where there is no libFuzzer. Having nothing to replay
// is a failure: a corpus that went missing must not look like one that passes.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    std::error_code problem;
    if (!std::filesystem::is_directory(argv[i], problem)) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "cannot read %s\n", file.c_str());
      return 1;
    }
    // A copy of exactly its size, so that a sanitizer sees a read past its end.
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    const std::vector<std::uint8_t> data(content.begin(), content.end());
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  if (files.empty()) {
    std::fprintf(stderr, "nothing to replay: name the files or folders of a corpus\n");
    return 1;
  }
  std::printf("%zu inputs\n", files.size());
  return 0;
}
