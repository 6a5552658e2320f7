"use strict";
/* Chapter 5: operators that adapt and one that does not, against the same threshold, day by day. */
(function () {
  var h = Lesson.h, say = Lesson.say, data = Lesson.data, MEASURES = ["reach", "live_amplifiers", "impressions"];
  var view = null, middle = Math.floor((data.adapted_to.length - 1) / 2);

  Lesson.key("a", data.adapted_to.map(function (one, i) { return i; }), middle);
  Lesson.key("m", MEASURES, "reach");

  function at(name, place) { return Lesson.point("adaptation", [name, data.adapted_to[place]]); }
  function end(name, place, measure) { return Lesson.measure("adaptation", at(name, place), measure); }
  function ratio() { return end(data.operations[1], middle, "reach") / Math.max(1, end(data.operations[0], middle, "reach")); }

  Lesson.chapter({
    id: "adapt", options: 4,
    values: function () {
      return { first_reach: end(data.operations[0], middle, "reach"), second_reach: end(data.operations[1], middle, "reach"), middle: data.adapted_to[middle], first: Lesson.name("operations", data.operations[0]), second: Lesson.name("operations", data.operations[1]),
        replaced: end(data.operations[1], middle, "replaced"), detector: Lesson.name("detectors", data.detector) };
    },
    answer: function () { return [0.9, 1.1, 1.5, Infinity].findIndex(function (most) { return ratio() < most; }); },
    build: function (root) {
      view = h("div", {});
      Lesson.fill(root, Lesson.slider(say("threshold.slider"), "a", data.adapted_to.map(function (one) { return Lesson.format(one, "score"); })),
        Lesson.radios(say("adapt.measure"), "m", MEASURES.map(function (one) { return [one, Lesson.name("measures", one)]; })), view, Lesson.source());
    },
    draw: function () {
      if (!view) { return; }
      var place = Lesson.number("a"), measure = Lesson.get("m"), days = [];
      for (var i = 1; i <= data.days; i += 1) { days.push(i); }
      Lesson.fill(view,
        Lesson.chart({ title: say("adapt.chart", { measure: Lesson.name("measures", measure) }), x: { name: say("page.day"), kind: "count" }, y: { kind: "count" },
          lines: data.operations.map(function (name) { return { name: Lesson.name("operations", name), x: days, y: Lesson.days("adaptation", at(name, place), measure) }; }) }),
        Lesson.table(say("adapt.table"), [say("adapt.operation"), say("adapt.reach"), say("adapt.live"), say("adapt.replaced"), say("adapt.hit"), say("adapt.cost")],
          data.operations.map(function (name) {
            function cell(measure, kind) {
              var value = end(name, place, measure);
              return h("span", { "data-figure": name + "-" + measure, "data-value": String(value) }, Lesson.format(value, kind));
            }
            return [Lesson.name("operations", name), cell("reach"), cell("live_amplifiers"), cell("replaced"), cell("people_hit", "people"), cell("cost", "money")];
          })));
      Lesson.speak(say("adapt.spoken", { first: end(data.operations[0], place, "reach"), second: end(data.operations[1], place, "reach") }));
    }
  });
}());
