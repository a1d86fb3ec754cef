#include "report/html_parts.h"

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr size_t kThumbnailMax = size_t{1} << 20;

bool IsJpeg(const std::string& bytes) {
  return bytes.size() > 3 && bytes.size() <= kThumbnailMax && bytes.compare(0, 3, "\xff\xd8\xff") == 0;
}

std::string AnswerWords(const PhotoAnswer::Answer& answer) {
  std::string text = EscapeXml(answer.words);
  if (answer.probability) Append(&text, " <span class=\"soft\">", Fixed(*answer.probability * 100, 0), " %</span>");
  return text;
}

}   // namespace

std::string Ms(double seconds) { return Fixed(seconds * 1e3, 1); }
std::string Percent(double share) { return Concat(Fixed(share * 100, 1), " %"); }
std::string Cell(const std::string& escaped) { return Concat("<td>", escaped, "</td>"); }

std::string ScrollStart(const std::string& label) {
  return Concat("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", EscapeXml(label), "\">");
}

std::string PhotoItem(const PhotoAnswer& photo) {
  std::string html = "<li><figure>";
  if (IsJpeg(photo.jpeg)) {
    const std::string alt =
        photo.truth.empty() ? Concat("Photo ", photo.name) : Concat("Photo of ", photo.truth, " (", photo.name, ")");
    Append(&html, "<img alt=\"", EscapeXml(alt), "\" loading=\"lazy\" src=\"data:image/jpeg;base64,",
           absl::Base64Escape(photo.jpeg), "\">");
  }
  html += "<figcaption>";
  if (photo.answers.empty()) {
    html += "<b>no answer</b>";
  } else {
    Append(&html, "<b>", AnswerWords(photo.answers[0]), "</b>");
  }
  if (photo.correct) {
    if (*photo.correct) {
      html += "<span class=\"ok\">✓ right</span>";
    } else {
      html += "<span class=\"no\">✗ wrong</span>";
      if (!photo.truth.empty()) Append(&html, ": it is ", EscapeXml(photo.truth));
    }
  }
  for (size_t i = 1; i < photo.answers.size() && i < 3; ++i) {
    Append(&html, i == 1 ? "<br><span class=\"soft\">then " : ", ", EscapeXml(photo.answers[i].words));
  }
  if (photo.answers.size() > 1) html += "</span>";
  Append(&html, "<br><span class=\"soft file\">", EscapeXml(photo.name),
         photo.where.empty() ? "" : Concat(", ", EscapeXml(photo.where)), "</span></figcaption></figure></li>\n");
  return html;
}

}   // namespace partway::report
