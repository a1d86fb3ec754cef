#include "report/svg.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.h"

namespace partway::report {
namespace {

// Coordinates: a tenth of a pixel is enough.
std::string Px(double value) { return std::isfinite(value) ? Fixed(value, 1) : "0"; }

}   // namespace

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default:
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
          escaped += "\xef\xbf\xbd";
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

std::string Fixed(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  char text[400];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals);
  if (error != std::errc()) return "–";
  std::string number(text, end);
  if (number.front() == '-' && number.find_first_of("123456789") == std::string::npos) number.erase(0, 1);   // no "-0.0"
  return number;
}

Svg::Svg(double width, double height, std::string_view label) {
  Append(&text_, "<svg viewBox=\"0 0 ", Px(width), " ", Px(height), "\" role=\"img\" aria-label=\"", EscapeXml(label), "\">\n");
}

void Svg::Rect(double x, double y, double width, double height, std::string_view css, std::string_view title) {
  Append(&text_, "<rect x=\"", Px(x), "\" y=\"", Px(y), "\" width=\"", Px(width < 0 ? 0 : width), "\" height=\"",
         Px(height < 0 ? 0 : height), "\" class=\"", css, "\"");
  if (title.empty()) {
    text_ += "/>\n";
  } else {
    Append(&text_, "><title>", EscapeXml(title), "</title></rect>\n");
  }
}

void Svg::Line(double x1, double y1, double x2, double y2, std::string_view css) {
  Append(&text_, "<line x1=\"", Px(x1), "\" y1=\"", Px(y1), "\" x2=\"", Px(x2), "\" y2=\"", Px(y2), "\" class=\"", css, "\"/>\n");
}

void Svg::Path(std::string_view data, std::string_view css, std::string_view title) {
  Append(&text_, "<path d=\"", data, "\" class=\"", css, "\"");
  if (title.empty()) {
    text_ += "/>\n";
  } else {
    Append(&text_, "><title>", EscapeXml(title), "</title></path>\n");
  }
}

void Svg::Text(double x, double y, std::string_view text, std::string_view css, Anchor anchor) {
  const char* where = anchor == Anchor::kStart ? "start" : anchor == Anchor::kMiddle ? "middle" : "end";
  Append(&text_, "<text x=\"", Px(x), "\" y=\"", Px(y), "\" class=\"", css, "\" text-anchor=\"", where, "\">", EscapeXml(text),
         "</text>\n");
}

std::string Svg::Finish() { return std::exchange(text_, {}) + "</svg>\n"; }

}   // namespace partway::report
