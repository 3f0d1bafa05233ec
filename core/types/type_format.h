// Types as a person reads them: the declaration in C, with offsets, sizes, holes and cache lines in comments.
#pragma once

#include "core/types/type.h"

#include <string>

namespace ks {

struct TypeFormatOptions {
    bool expand = false;         ///< also open the structs and unions that members name
    unsigned cacheLineSize = 64; ///< in bytes; 0: no cache lines
    bool showLayout = true;      ///< false: the bare declaration
};

/// Lines of text, each ended by a newline.
///
///     struct file_lock_info {
///         struct list_head list;    /*   0   16 */
///         unsigned int kind:4;      /* 16:0   4 */
///         ...
///     };
std::string formatType(const Type &type, const TypeFormatOptions &options = {});

} // namespace ks
