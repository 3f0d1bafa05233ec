#include "ui/models/search_order.h"

#include "ui/models/search_text.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace ks::ui {

std::vector<std::uint32_t> searchOrder(const Session &session, const SearchKeys &keys)
{
    const std::size_t count = keys.addresses.size();
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return keys.addresses[i]; });
    const auto byValues = [&](const auto &values) {
        const auto less = [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; };
        if (keys.descending)
            std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return less(b, a); });
        else
            std::ranges::stable_sort(order, less);
    };
    // std::string_view compares bytes as unsigned.
    std::vector<std::string_view> parts;
    for (std::size_t i = 0, begin = 0; i < keys.ends.size(); begin = keys.ends[i++])
        parts.push_back(std::string_view(keys.bytes).substr(begin, keys.ends[i] - begin));
    switch (keys.by) {
    case SearchKeys::By::Address: byValues(keys.addresses); break;
    case SearchKeys::By::Segment: {
        std::vector<SegmentKind> kinds(count, SegmentKind::Other);
        for (std::size_t i = 0; i < count; ++i)
            if (const Segment *segment = session.segments().find(keys.addresses[i]))
                kinds[i] = segment->kind;
        byValues(kinds);
        break;
    }
    case SearchKeys::By::Place: {
        std::vector<QString> names(count);
        for (std::size_t i = 0; i < count; ++i)
            names[i] = placeText(session, keys.addresses[i], std::string(parts[i]));
        byValues(names);
        break;
    }
    case SearchKeys::By::Number: byValues(keys.numbers); break;
    case SearchKeys::By::Bytes: byValues(parts); break;
    }
    return order;
}

} // namespace ks::ui
