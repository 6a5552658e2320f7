"use strict";
/* Chapter 7: August 2019, the timeline, the parts of the defence, and the record beside the simulation. */
(function () {
  var h = Lesson.h, say = Lesson.say, data = Lesson.data, PARTS = data.names.august.map(function (one) { return one[0]; });
  var MEASURES = ["suspended_amplifiers", "live_amplifiers", "suspended_core", "suspended_organic", "reach"], view = null;
  var announced = 1 + (Date.parse(data.record.timeline.find(function (one) { return one.event === "twitter"; }).date) - Date.parse(data.start)) / 86400000;

  Lesson.key("w7", MEASURES, "suspended_amplifiers");
  Lesson.key("e", PARTS, PARTS[0]);

  function mean(part, measure) { return Lesson.measure("august", PARTS.indexOf(part), measure); }

  /* The part without which fewest of the suspended amplifiers had posted at most once. */
  function early() {
    var values = PARTS.slice(1).map(function (part) { return mean(part, "amplifiers_suspended_with_at_most_one_post"); });
    var known = values.map(function (one) { return isFinite(one) ? one : 2; });
    return known.indexOf(Math.min.apply(null, known));
  }

  function simulated(row) {
    if (row.of === undefined) { return mean(PARTS[0], row.measure); }
    return mean(PARTS[0], row.measure) / mean(PARTS[0], row.of);
  }

  function verdict(row) {
    if (row.least === undefined) { return say("august.not_known"); }
    var value = simulated(row);
    return say(value >= row.least && value <= (row.most === undefined ? Infinity : row.most) ? "august.met" : "august.missed");
  }

  Lesson.chapter({
    id: "august", options: PARTS.length - 1,
    choices: function () { return PARTS.slice(1).map(function (part) { return Lesson.name("defences", part); }); },
    values: function () {
      return { all: mean(PARTS[0], "amplifiers_suspended_with_at_most_one_post"), without: mean(PARTS[early() + 1], "amplifiers_suspended_with_at_most_one_post"), part: Lesson.name("defences", PARTS[early() + 1]) };
    },
    answer: early,
    reply: function () {
      var shares = [0, early() + 1].map(function (at) { return mean(PARTS[at], "amplifiers_suspended_with_at_most_one_post"); });
      return shares.every(isFinite) ? "reply" : "reply_none";
    },
    build: function (root) {
      view = h("div", {});
      Lesson.fill(root, h("h3", {}, say("august.timeline")), h("ol", { class: "timeline" }, data.record.timeline.map(function (one) {
        return h("li", {}, h("time", { datetime: one.date }, Lesson.formats.date((Date.parse(one.date) - Date.parse(data.start)) / 86400000)), " ", say("august.events." + one.event, { days: data.august_days }));
      })), Lesson.radios(say("august.part"), "e", PARTS.map(function (one) { return [one, Lesson.name("defences", one)]; })),
      Lesson.select(say("adapt.measure"), "w7", MEASURES.map(function (one) { return [one, Lesson.name("measures", one)]; })), view,
      Lesson.source(data.seeds, data.august_days));
    },
    draw: function () {
      if (!view) { return; }
      var part = Lesson.get("e"), at = PARTS.indexOf(part), measure = Lesson.get("w7"), days = [];
      for (var d = 1; d <= data.august_days; d += 1) { days.push(d); }
      var lines = [{ name: Lesson.name("defences", part), x: days, y: Lesson.days("august", at, measure) }];
      if (at) { lines.push({ name: Lesson.name("defences", PARTS[0]), x: days, y: Lesson.days("august", 0, measure) }); }
      if (!/^suspended/.test(measure)) { lines.push({ name: say("august.nobody_acts"), x: days, y: Lesson.days("august", at, measure, true) }); }
      function figure(name, kind) { return Lesson.figure(name, say("august.figures." + name), mean(part, name), kind); }
      Lesson.fill(view, Lesson.figures([figure("reach_cut_off", "percent"), figure("people_hit", "people"), figure("amplifiers_suspended_with_at_most_one_post", "percent"),
        figure("live_amplifiers"), figure("core_by_routes", "few"), figure("core_by_wave", "few")]),
      Lesson.chart({ title: say("adapt.chart", { measure: Lesson.name("measures", measure) }), x: { name: say("page.day"), kind: "count" }, y: { kind: "count" }, lines: lines, mark: announced <= data.august_days ? announced : null, below: say("august.mark") }),
      Lesson.table(say("august.table"), [say("august.quantity"), say("august.record"), say("august.simulated"), say("august.verdict")], data.record.rows.map(function (row) {
        return [say("august.rows." + row.name), say("august.said." + row.name), h("span", { "data-figure": "row-" + row.name, "data-value": String(simulated(row)) },
          row.kind === "people" ? say("august.of_people", { n: simulated(row) }) : Lesson.format(simulated(row), row.kind)), verdict(row)];
      })), h("p", { class: "source" }, say("august.rows_below")));
      Lesson.speak(say("august.spoken", { part: Lesson.name("defences", part), cut: mean(part, "reach_cut_off"), hit: 10000 * mean(part, "people_hit") }));
    }
  });
}());
