// Writes SVG for pages. All text is escaped; colours come from the page's style by class name, so that one drawing reads in light, dark
// and print. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace partway::report {

// For HTML and XML, in text and in quoted attributes; control characters become U+FFFD.
std::string EscapeXml(std::string_view text);

// Fixed decimals with a point, whatever the locale; "–" for what is not finite.
std::string Fixed(double value, int decimals);

class Svg {
 public:
  // `label` is what a screen reader says in place of the drawing.
  Svg(double width, double height, std::string_view label);

  // `css` holds class names of ours, not outside text. A non-empty `title` shows when pointed at.
  void Rect(double x, double y, double width, double height, std::string_view css, std::string_view title = {});
  void Line(double x1, double y1, double x2, double y2, std::string_view css);
  // `data` is the path's own language, of numbers of ours.
  void Path(std::string_view data, std::string_view css, std::string_view title = {});
  enum class Anchor { kStart, kMiddle, kEnd };
  void Text(double x, double y, std::string_view text, std::string_view css, Anchor anchor = Anchor::kStart);

  std::string Finish();   // once, at the end

 private:
  std::string text_;
};

}   // namespace partway::report
