"use strict";
/* Chapter 6: the same luck with and without enforcement, with one feed and the other. */
(function () {
  var h = Lesson.h, say = Lesson.say, data = Lesson.data, MEASURES = ["impressions", "reach"];
  var view = null, ARMS = data.names.feeds, seeds = ["all"];

  for (var i = 0; i < data.seeds; i += 1) { seeds.push(String(i)); }
  Lesson.key("f", seeds, "all");
  Lesson.key("w", MEASURES, "impressions");

  function name(arm) { return say("what_if.arms." + arm[0] + (arm[1] ? "_enforced" : "")); }
  function value(at, measure) {
    return Lesson.get("f") === "all" ? Lesson.measure("feeds", at, measure) : Lesson.seeds("feeds", at, measure)[Lesson.number("f")];
  }
  function reach(feed, acts) { return Lesson.measure("feeds", Lesson.point("feeds", [feed, acts]), "reach"); }

  Lesson.chapter({
    id: "what_if", options: 3,
    values: function () {
      var all = reach("engagement", false);
      return { all: all, enforced: reach("engagement", true), feed: reach("chronological", false), by_enforcement: reach("engagement", true) / all - 1,
        by_feed: reach("chronological", false) / all - 1, detector: Lesson.name("detectors", data.detector) };
    },
    answer: function () {
      var enforced = reach("engagement", true), feed = reach("chronological", false);
      return enforced < 0.9 * feed ? 0 : feed < 0.9 * enforced ? 1 : 2;
    },
    build: function (root) {
      view = h("div", {});
      Lesson.fill(root, Lesson.select(say("what_if.luck"), "f", seeds.map(function (one) {
        return [one, one === "all" ? say("what_if.mean") : say("what_if.seed", { n: String(data.seed + Number(one)) })];
      })), Lesson.radios(say("adapt.measure"), "w", MEASURES.map(function (one) { return [one, Lesson.name("measures", one)]; })), view, Lesson.source());
    },
    draw: function () {
      if (!view) { return; }
      var days = [], measure = Lesson.get("w"), seed = Lesson.get("f") === "all" ? undefined : Lesson.number("f");
      for (var d = 1; d <= data.days; d += 1) { days.push(d); }
      Lesson.fill(view, Lesson.chart({ title: say("adapt.chart", { measure: Lesson.name("measures", measure) }), x: { name: say("page.day"), kind: "count" }, y: { kind: "count" },
        lines: ARMS.map(function (arm, at) { return { name: name(arm), x: days, y: Lesson.days("feeds", at, measure, false, seed) }; }) }),
      Lesson.table(say("what_if.table"), [say("what_if.world"), Lesson.name("measures", "reach"), Lesson.name("measures", "impressions"), say("what_if.recommended"), say("adapt.hit")],
        ARMS.map(function (arm, at) {
          function cell(measure, kind) {
            return h("span", { "data-figure": at + "-" + measure, "data-value": String(value(at, measure)) }, Lesson.format(value(at, measure), kind));
          }
          return [name(arm), cell("reach"), cell("impressions"), cell("share_of_reach_by_recommendation", "percent"), cell("people_hit", "people")];
        })));
      Lesson.speak(say("what_if.spoken", { all: value(0, "reach"), enforced: value(1, "reach"), feed: value(2, "reach") }));
    }
  });
}());
