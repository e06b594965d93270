// stdin, line by line.
#pragma once

#include <cstddef>
#include <string>

namespace tool {

/// The next line without its end; false after the last. Of a line longer than `most` bytes one more than that is kept,
/// so that none fills the memory. Throws failure when stdin cannot be read.
bool read_line(std::string& line, std::size_t most);

}  // namespace tool
