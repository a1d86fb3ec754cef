#include "report/replay_rows.h"

#include <cmath>
#include <limits>

#include "base/json_fields.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

// Far beyond what is, and small enough that sums and products of them stay ordinary.
constexpr double kSecondsMax = 1e6, kBytesMax = 1e12, kRateMax = 1e11;
constexpr int kSizeMax = 32'767, kCutMax = 32'767;

void GetBounded(Fields& fields, const char* key, double low, double high, double* value) {
  fields.Get(key, value);
  if (!(*value >= low && *value <= high)) fields.Fail(key, Concat("a number from ", low, " to ", high));
}

Json ToJson(const ReplayWay& way) { return {{"delay_s", way.delay_s}, {"step_s", way.step_s}, {"rates_bps", way.rates_bps}}; }

absl::Status ReadWay(Fields& link, const char* key, ReplayWay* way) {
  Json part;
  if (!link.Object(key, &part)) {
    link.Fail(key, "an object");
    return link.status();
  }
  Fields fields(part, Concat("header.replay.link.", key));
  GetBounded(fields, "delay_s", 0, kSecondsMax, &way->delay_s);
  GetBounded(fields, "step_s", 1e-3, kSecondsMax, &way->step_s);
  Json rates;
  if (fields.Array("rates_bps", &rates)) {
    double sum = 0;
    for (const Json& rate : rates) {
      const double bps = rate.is_number() ? rate.get<double>() : -1;
      if (!(bps >= 0 && bps <= kRateMax)) fields.Fail("rates_bps", Concat("numbers from 0 to ", kRateMax));
      way->rates_bps.push_back(bps);
      sum += bps;
    }
    if (rates.size() > 1 && sum == 0) fields.Fail("rates_bps", "one rate above 0");
  }
  if (way->rates_bps.empty() || way->rates_bps.size() > ReplayInfo::kMostRates) {
    fields.Fail("rates_bps", Concat("1 to ", ReplayInfo::kMostRates, " numbers"));
  }
  return fields.status();
}

absl::StatusOr<ReplayOption> OptionFromJson(const Json& json) {
  ReplayOption option;
  Fields fields(json, "header.replay.options");
  fields.Get("cut", &option.cut);
  fields.Get("size", &option.size);
  fields.Get("codec", &option.codec);
  GetBounded(fields, "device_s", 0, kSecondsMax, &option.device_s);
  GetBounded(fields, "encode_s", 0, kSecondsMax, &option.encode_s);
  GetBounded(fields, "upload_bytes", 0, kBytesMax, &option.upload_bytes);
  GetBounded(fields, "edge_s", 0, kSecondsMax, &option.edge_s);
  GetBounded(fields, "reply_bytes", 0, kBytesMax, &option.reply_bytes);
  if (fields.Has("accuracy")) {
    GetBounded(fields, "accuracy", 0, 1, &option.accuracy);
  } else {
    option.accuracy = std::numeric_limits<double>::quiet_NaN();
  }
  if (option.cut < 0 || option.cut > kCutMax) fields.Fail("cut", Concat("0 to ", kCutMax));
  if (option.size < 1 || option.size > kSizeMax) fields.Fail("size", Concat("1 to ", kSizeMax, " pixels"));
  RETURN_IF_ERROR(fields.status());
  return option;
}

}   // namespace

Json ToJson(const ReplayInfo& r) {
  Json options = Json::array();
  for (const ReplayOption& o : r.options) {
    options.push_back({{"cut", o.cut},
                       {"size", o.size},
                       {"codec", o.codec.empty() ? Json(nullptr) : Json(o.codec)},
                       {"device_s", o.device_s},
                       {"encode_s", o.encode_s},
                       {"upload_bytes", o.upload_bytes},
                       {"edge_s", o.edge_s},
                       {"reply_bytes", o.reply_bytes},
                       {"accuracy", std::isnan(o.accuracy) ? Json(nullptr) : Json(o.accuracy)}});
  }
  Json parameters = Json::object();
  for (const auto& [name, value] : r.numbers) parameters[name] = value;
  for (const auto& [name, value] : r.texts) parameters[name] = value;
  Json json{{"policy", r.policy},
            {"parameters", std::move(parameters)},
            {"policy_slot_s", r.policy_slot_s},
            {"deadline_s", r.deadline_s ? Json(*r.deadline_s) : Json(nullptr)},
            {"fps", r.fps ? Json(*r.fps) : Json(nullptr)},
            {"reply_timeout_s", r.reply_timeout_s},
            {"drop_oldest", r.drop_oldest},
            {"encode_slots", r.encode_slots},
            {"connected", r.connected},
            {"request_bytes", r.request_bytes},
            {"link", nullptr},
            {"options", std::move(options)}};
  if (r.link) json["link"] = {{"at_s", r.link->at_s}, {"up", ToJson(r.link->up)}, {"down", ToJson(r.link->down)}};
  return json;
}

absl::StatusOr<ReplayInfo> ReplayFromJson(const Json& json) {
  ReplayInfo r;
  Fields fields(json, "header.replay");
  fields.Get("policy", &r.policy);
  Json part;
  if (fields.Object("parameters", &part)) {
    for (const auto& [name, value] : part.items()) {
      if (value.is_number()) {
        r.numbers[name] = value.get<double>();
      } else if (value.is_string()) {
        r.texts[name] = value.get<std::string>();
      } else {
        return InvalidArgument("header.replay.parameters.", name, ": expected a number or a text");
      }
    }
  }
  GetBounded(fields, "policy_slot_s", 1e-3, kSecondsMax, &r.policy_slot_s);
  fields.Get("deadline_s", &r.deadline_s);
  if (r.deadline_s && !(*r.deadline_s > 0 && *r.deadline_s <= kSecondsMax)) fields.Fail("deadline_s", "seconds above 0");
  fields.Get("fps", &r.fps);
  if (r.fps && !(*r.fps > 0 && *r.fps <= kSecondsMax)) fields.Fail("fps", "a number above 0");
  GetBounded(fields, "reply_timeout_s", 0, kSecondsMax, &r.reply_timeout_s);
  fields.Get("drop_oldest", &r.drop_oldest);
  fields.Get("encode_slots", &r.encode_slots);
  if (r.encode_slots < 0 || r.encode_slots > 64) fields.Fail("encode_slots", "0 to 64");
  fields.Get("connected", &r.connected);
  fields.Get("request_bytes", &r.request_bytes);
  if (r.request_bytes < 0 || static_cast<double>(r.request_bytes) > kBytesMax) fields.Fail("request_bytes", "0 or more");
  if (fields.Object("link", &part)) {
    ReplayLink& link = r.link.emplace();
    Fields link_fields(part, "header.replay.link");
    GetBounded(link_fields, "at_s", -kSecondsMax, kSecondsMax, &link.at_s);
    RETURN_IF_ERROR(ReadWay(link_fields, "up", &link.up));
    RETURN_IF_ERROR(ReadWay(link_fields, "down", &link.down));
    RETURN_IF_ERROR(link_fields.status());
  }
  if (fields.Array("options", &part)) {
    if (part.size() > ReplayInfo::kMostOptions) fields.Fail("options", Concat("at most ", ReplayInfo::kMostOptions, " options"));
    RETURN_IF_ERROR(fields.status());
    for (const Json& one : part) {
      ASSIGN_OR_RETURN(const ReplayOption option, OptionFromJson(one));
      r.options.push_back(option);
    }
  }
  RETURN_IF_ERROR(fields.status());
  return r;
}

}   // namespace partway::report
