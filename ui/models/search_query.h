// A search as a person fills it in, and what it asks of the search in core.
#pragma once

#include "core/search/pattern.h"
#include "core/search/scan_set.h"
#include "core/session/session.h"

#include <QJsonObject>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace ks::ui {

/// AnyValue takes every integer of a bounded place, to be narrowed by how it behaves.
enum class SearchKind : std::uint8_t { Text, Bytes, Integer, Pointer, Strings, AnyValue };
inline constexpr int kSearchKinds = 6;

/// All, the segments of one kind, the segment under the cursor, what is typed, 1 MiB on both sides of the cursor.
enum class SearchScope : std::uint8_t { All, Text, Modules, Vmalloc, DirectMap, Vmemmap, Segment, Range, Around };
inline constexpr int kSearchScopes = 9;

struct SearchForm {
    SearchKind kind = SearchKind::Text;
    QString text;
    TextEncoding encoding = TextEncoding::Utf8;
    unsigned width = 4; ///< of integers: 1, 2, 4 or 8 bytes
    bool isSigned = false;
    bool bigEndian = false;
    bool aligned = true;
    bool ignoreCase = false;
    SearchScope scope = SearchScope::All;
    QString range; ///< of SearchScope::Range: BEGIN..END, addresses or expressions, the end not included

    /// Whether what is found has a value that can be scanned for again.
    bool isNumeric() const
    {
        return kind == SearchKind::Integer || kind == SearchKind::Pointer || kind == SearchKind::AnyValue;
    }
    friend bool operator==(const SearchForm &, const SearchForm &) = default;
};

QJsonObject toJson(const SearchForm &form);
/// What is missing or wrong gets its default.
SearchForm searchFormFromJson(const QJsonObject &object);

struct SearchQuery {
    SearchForm form;
    std::shared_ptr<const Matcher> matcher; ///< null for AnyValue
    ScanType type;                          ///< how the numbers that are found are read
    std::vector<AddrRange> where;           ///< parts of segments
};

/// How the numbers that such a search finds are read.
ScanType scanTypeOf(const SearchForm &form);

/// Syntax of what was typed, NotFound for names and for places without memory. Expressions may read the target.
Result<SearchQuery> makeSearchQuery(const Session &session, const SearchForm &form, VirtAddr cursor);

/// The values of a further scan: VALUE, LO..HI, or all but these with `!` in front.
Result<ValuePattern> scanValues(const QString &text, const ScanType &type);

} // namespace ks::ui
