// The page of the review around its data. Made from core/page by cmake/EmbedPage.cmake.
#pragma once

#include <string_view>

namespace overt {

extern const std::string_view kPageHead;
extern const std::string_view kPageTail;

}  // namespace overt
