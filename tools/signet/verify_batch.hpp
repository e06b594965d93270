// signet verify --batch: one judgement a line, asked and answered in JSON.
#pragma once

#include <string>
#include <string_view>

namespace tool {

struct line_answer {
  /// JSON, without a newline.
  std::string text = {};
  bool was_bad_input = false;
};
/// Never fails: what cannot be read is answered with "bad_input".
line_answer judge_line(std::string_view line);
/// The answer to a line that was not even looked at.
line_answer refuse_line(const std::string& why);

}  // namespace tool
