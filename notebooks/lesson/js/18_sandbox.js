"use strict";
/* Chapter 8: all grids, any two measures; a link, a CSV and a picture of what is shown. */
(function () {
  var h = Lesson.h, say = Lesson.say, data = Lesson.data, GRIDS = ["grid", "operator", "adaptation", "feeds", "august"];
  var KINDS = { reach: "count", impressions: "count", promoted_impressions: "count", organic_amplification: "count", people_hit_count: "count", person_days_lost: "count", live_amplifiers: "count", replaced: "count",
    cost: "money", cost_per_reached_person: "cents", median_hours_to_detection_amplifiers: "few", case_opened_day: "few", wave_day: "few", core_by_routes: "few", core_by_wave: "few",
    core_accounts: "count", amplifiers_registered: "count", amplifiers_planned: "count", threshold: "score" };
  var PRESETS = [["grid", "people_hit", "reach_cut_off"], ["grid", "threshold", "precision"], ["operator", "cost", "reach"], ["adaptation", "threshold", "live_amplifiers"], ["august", "people_hit", "reach_cut_off"]];
  var view = null, ANY = [];

  GRIDS.forEach(function (grid) { measures(grid).forEach(function (one) { if (ANY.indexOf(one) < 0) { ANY.push(one); } }); });
  Lesson.key("x0", GRIDS, "grid");
  Lesson.key("x1", ANY, "people_hit");
  Lesson.key("x2", ANY, "reach_cut_off");

  function axes(grid) { return { grid: ["detector", "threshold"], operator: Object.keys(data.operator), adaptation: ["operation", "threshold"], feeds: ["feed", "enforcement"], august: ["defence"] }[grid]; }
  function measures(grid) { return (axes(grid).indexOf("threshold") >= 0 ? ["threshold"] : []).concat(data.measures[grid]); }
  function kind(measure) { return KINDS[measure] || (/^cost_/.test(measure) ? "money" : "percent"); }
  function value(grid, at, measure) {
    return measure === "threshold" ? data.names[grid][at][axes(grid).indexOf("threshold")] : Lesson.measure(grid, at, measure);
  }

  /* What of a measure is there in a grid; of one that it has not, its first. */
  function usable(grid, measure, other) { return measures(grid).indexOf(measure) >= 0 ? measure : other; }

  function shown() {
    var grid = Lesson.get("x0");
    return { grid: grid, x: usable(grid, Lesson.get("x1"), "people_hit"), y: usable(grid, Lesson.get("x2"), "reach") };
  }

  function named(grid, place, one) {
    var axis = axes(grid)[place];
    var lists = { detector: "detectors", operation: "operations", defence: "defences" };
    return lists[axis] ? Lesson.name(lists[axis], one) : axis === "feed" ? Lesson.name("feeds", one) : axis === "enforcement" ? say(one ? "spot.yes" : "spot.no") : Lesson.format(one, "score");
  }

  function csv() {
    var now = shown(), heads = axes(now.grid).concat([now.x, now.y].filter(function (one) { return axes(now.grid).indexOf(one) < 0; }));
    var about = ["# scenario " + data.scenario, "scale " + data.scale, "seeds " + (now.grid === "operator" ? Lesson.words.operator_seeds : Lesson.words.seeds), "means over seeds", "takedown " + data.version].join(", ");
    return [about, heads.join(",")].concat(data.names[now.grid].map(function (names, at) {
      return heads.map(function (head) {
        var place = axes(now.grid).indexOf(head);
        var cell = place >= 0 ? names[place] : value(now.grid, at, head);
        return typeof cell === "number" && !isFinite(cell) ? "" : String(cell);
      }).join(",");
    })).join("\n") + "\n";
  }
  Lesson.csv = csv;

  function best() {
    var hits = data.detectors.map(function (detector, row) {
      return Math.max.apply(null, data.thresholds.map(function (one, place) {
        var at = row * data.thresholds.length + place, cut = Lesson.measure("grid", at, "reach_cut_off");
        return Lesson.measure("grid", at, "people_hit") <= 0.01 && isFinite(cut) ? cut : -1;
      }));
    });
    return { place: hits.indexOf(Math.max.apply(null, hits)), cut: Math.max.apply(null, hits) };
  }

  function redraw() {
    var now = shown();
    Lesson.fill(view.controls,
      Lesson.select(say("sandbox.grid"), "x0", GRIDS.map(function (one) { return [one, say("sandbox.grids." + one)]; })),
      ["x1", "x2"].map(function (key) {
        return Lesson.select(say("sandbox." + key), key, measures(now.grid).map(function (one) { return [one, Lesson.name("measures", one)]; }));
      }));
    view.controls.querySelector("[data-key=x1]").value = now.x;
    view.controls.querySelector("[data-key=x2]").value = now.y;
  }

  Lesson.chapter({
    id: "sandbox", options: data.detectors.length,
    choices: function () { return data.detectors.map(function (one) { return Lesson.name("detectors", one); }); },
    values: function () {
      var found = best();
      return { best: Lesson.name("detectors", data.detectors[found.place]), cut: found.cut };
    },
    answer: function () { return best().place; },
    build: function (root) {
      view = { controls: h("div", { class: "controls" }), picture: h("div", {}), link: h("p", { class: "source link" }) };
      Lesson.fill(root, h("p", { class: "buttons" }, say("sandbox.presets"), PRESETS.map(function (one, i) {
        return Lesson.button(say("sandbox.preset")[i], function () {
          ["x0", "x1", "x2"].forEach(function (key, j) { Lesson.set(key, one[j]); });
        }, { class: "preset" });
      })), view.controls, view.picture, h("p", { class: "buttons" },
        Lesson.button("CSV", function () { Lesson.save("data:text/csv;charset=utf-8," + encodeURIComponent(csv()), "takedown.csv"); Lesson.speak(say("sandbox.saved")); }, { class: "csv" }),
        Lesson.button("PNG", function () { Lesson.png(view.picture.querySelector("svg.chart:not(.small)"), "takedown.png", function () { Lesson.speak(say("sandbox.saved")); }); }, { class: "png" })),
      view.link, Lesson.source());
    },
    draw: function (names) {
      if (!view) { return; }
      var now = shown(), lines = [], places = {};
      var inside = document.activeElement && view.controls.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      if (!view.controls.firstChild || names.indexOf("x0") >= 0 || names.length !== 1) { redraw(); }
      if (inside) { view.controls.querySelector("[data-key=" + inside + "]").focus(); }
      data.names[now.grid].forEach(function (one, at) {
        var head = named(now.grid, 0, one[0]);
        if (!(head in places)) { places[head] = lines.length; lines.push({ name: head, x: [], y: [], dots: true }); }
        lines[places[head]].x.push(value(now.grid, at, now.x));
        lines[places[head]].y.push(value(now.grid, at, now.y));
      });
      var title = say("sandbox.against", { x: Lesson.name("measures", now.x), y: Lesson.name("measures", now.y) });
      Lesson.fill(view.picture, Lesson.chart({ title: title, x: { name: Lesson.name("measures", now.x), kind: kind(now.x) }, y: { name: Lesson.name("measures", now.y), kind: kind(now.y) }, lines: lines }),
        h("details", {}, h("summary", {}, say("sandbox.values")), Lesson.table(title,
          axes(now.grid).map(function (one) { return Lesson.name("axes", one); }).concat([Lesson.name("measures", now.x), Lesson.name("measures", now.y)]),
          data.names[now.grid].map(function (names, at) {
            return names.map(function (one, place) { return named(now.grid, place, one); }).concat([now.x, now.y].map(function (measure) {
              return h("span", { "data-figure": at + "-" + measure, "data-value": String(value(now.grid, at, measure)) }, Lesson.format(value(now.grid, at, measure), kind(measure)));
            }));
          }))));
      Lesson.fill(view.link, say("sandbox.link") + " ", h("code", {}, location.href.replace(/#.*/, "").split("/").pop() + Lesson.link()));
      Lesson.speak(title);
    }
  });
}());
