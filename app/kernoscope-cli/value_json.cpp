#include "app/kernoscope-cli/value_json.h"

#include <cmath>

namespace ks::cli {
namespace {

struct Converter {
    Json operator()(const Decoded::Unreadable &value) const
    {
        return {{"unreadable", name(value.state.status)}, {"address", hex(value.address)}};
    }
    Json operator()(std::uint64_t value) const { return jsonInteger(value); }
    Json operator()(std::int64_t value) const { return jsonInteger(value); }
    Json operator()(bool value) const { return value ? 1 : 0; }
    Json operator()(double value) const { return std::isfinite(value) ? Json(value) : Json(std::to_string(value)); }
    Json operator()(const std::string &value) const { return value; }
    Json operator()(const Decoded::Pointer &value) const { return hex(value.value); }
    Json operator()(const Decoded::EnumValue &value) const
    {
        if (!value.name.empty())
            return value.name;
        return value.isSigned ? jsonInteger(value.value) : jsonInteger(static_cast<std::uint64_t>(value.value));
    }
    Json operator()(const Decoded::Record &value) const
    {
        Json object = Json::object();
        for (const auto &[member, child] : value.members)
            object[member] = toJson(child);
        return object;
    }
    Json operator()(const Decoded::Array &value) const
    {
        Json array = Json::array();
        for (const Decoded &element : value.elements)
            array.push_back(toJson(element));
        return array;
    }
    Json operator()(const Decoded::Broken &value) const { return {{"broken", value.why}}; }
};

} // namespace

Json toJson(const Decoded &value) { return std::visit(Converter{}, value.data); }

Json slabJson(const kernel::SlabObject &object)
{
    if (!object.isObject)
        return {
            {"cache", object.name}, {"object", nullptr}, {"index", nullptr}, {"size", nullptr}, {"offset", nullptr}};
    return {{"cache", object.name},
            {"object", hex(object.address)},
            {"index", object.index},
            {"size", object.size},
            {"offset", object.offset}};
}

} // namespace ks::cli
