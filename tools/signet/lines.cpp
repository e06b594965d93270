#include "lines.hpp"

#include <iostream>

#include "output.hpp"

namespace tool {

bool read_line(std::string& line, std::size_t most) {
  constexpr auto end = std::char_traits<char>::eof();
  line.clear();
  auto& in = *std::cin.rdbuf();
  try {
    auto c = in.sbumpc();
    const bool any = c != end;
    for (; c != end && c != '\n'; c = in.sbumpc())
      if (line.size() <= most) line += static_cast<char>(c);
    return any;
  } catch (const std::ios_base::failure&) {
    throw failure(exit_status::local, "reading stdin: input error");
  }
}

}  // namespace tool
