// Small pieces of HTML that the page is put together from. Outside text is escaped here or marked as "escaped already". Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "report/html_report.h"

namespace partway::report {

std::string Ms(double seconds);                 // "12.3"
std::string Percent(double share);              // "78.0 %"
std::string Cell(const std::string& escaped);   // a table cell
// Opens a <div> that scrolls sideways on a narrow screen and can be reached by keyboard.
std::string ScrollStart(const std::string& label);
// An <li> with the picture, its answer in words and whether it is right, marked by sign and word, not by colour alone.
std::string PhotoItem(const PhotoAnswer& photo);

}   // namespace partway::report
