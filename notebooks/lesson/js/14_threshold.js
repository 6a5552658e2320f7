"use strict";
/* Chapter 4: the threshold. Reach cut off and people hit, as runs came out; who would be hit, had one only watched. */
(function () {
  var h = Lesson.h, say = Lesson.say, data = Lesson.data, puzzle = data.puzzle;
  var view = null;

  Lesson.key("d", data.detectors, data.detector);
  Lesson.key("t", data.thresholds.map(function (one, i) { return i; }), data.thresholds.length - 1);

  /* Of the reads of the campaign where nobody acts, the share that was paid for. */
  function paid() {
    var at = Lesson.point("feeds", ["engagement", false]);
    return Lesson.measure("feeds", at, "promoted_impressions") / Math.max(1, Lesson.measure("feeds", at, "impressions"));
  }
  Lesson.paid = paid;

  function point(detector, place) { return data.detectors.indexOf(detector) * data.thresholds.length + place; }
  /* The mean over the seeds that are shown: the others are those of the puzzle's check. */
  function mean(measure, at) { return Lesson.measure("grid", at, measure, 0, puzzle.played); }
  function checked_on(measure, at) { return Lesson.measure("grid", at, measure, data.seeds > 1 ? puzzle.played : 0); }
  function chosen() { return point(Lesson.get("d"), Lesson.number("t")); }

  /* People whom a detector's scores of the unenforced run reach at a threshold, as a share: the mean over the seeds shown. */
  function watched(detector, threshold) {
    var array = Lesson.array("watched"), row = data.detectors.indexOf(detector), place = Math.round(1000 * threshold), values = [];
    for (var seed = 0; seed < puzzle.played; seed += 1) { values.push(array.at(seed, row, 0, place) / data.watched.n_organic[seed]); }
    return Lesson.mean(values);
  }
  Lesson.watched = watched;

  function curve(measure) {
    return data.thresholds.map(function (one, place) { return mean(measure, point(Lesson.get("d"), place)); });
  }

  function hitHere() { return mean("people_hit", point(data.detector, data.thresholds.indexOf(data.threshold))); }

  function check() {
    var at = chosen(), cut = checked_on("reach_cut_off", at), hit = checked_on("people_hit", at), won = puzzle.winners.indexOf(at) >= 0;
    var said = h("p", { class: won ? "won" : "lost", "data-won": String(won), tabindex: -1 }, say(won ? "threshold.won" : "threshold.lost", {
      cut: cut, hit: hit, winners: puzzle.winners.length, settings: data.names.grid.length, share: puzzle.winners.length / data.names.grid.length
    }));
    Lesson.fill(view.result, said);
    said.focus();
  }

  function charts() {
    var fine = [], seen = [], i;
    for (i = 0; i <= 200; i += 1) { fine.push(i / 200); seen.push(watched(Lesson.get("d"), i / 200)); }
    var now = data.thresholds[Lesson.number("t")], x = { name: say("threshold.threshold"), kind: "score", range: [0, 1] };
    return [
      Lesson.chart({ title: say("threshold.cut_chart"), x: x, y: { kind: "whole", range: [Math.min(0, Math.min.apply(null, curve("reach_cut_off").filter(isFinite))), 1] }, mark: now,
        lines: [{ name: say("threshold.cut"), x: data.thresholds, y: curve("reach_cut_off"), dots: false }] }),
      Lesson.chart({ title: say("threshold.hit_chart"), x: x, y: { kind: "percent" }, mark: now,
        lines: [{ name: say("threshold.hit_loop"), x: data.thresholds, y: curve("people_hit") }, { name: say("threshold.hit_watched"), x: fine, y: seen, plain: true }] })
    ];
  }

  function story() {
    var who = data.person;
    if (!who.reason) { return h("p", {}, say("threshold.nobody")); }
    var day = Math.floor(who.suspended_second / 86400), days = who.posts.map(function (n, i) { return i; });
    return h("details", { class: "story" }, h("summary", {}, say("threshold.story")),
      Lesson.paragraphs("threshold.story_is", {
        since: String(who.since), followers: who.followers, group: Lesson.name("truth", who.group), reads: who.campaign_reads, passed: who.campaign_reposts,
        day: day, acts: sum(who.posts) + sum(who.reposts), reposts: sum(who.reposts), left: data.days - day - 1,
        detector: Lesson.name("detectors", data.detector), threshold: data.threshold
      }),
      h("blockquote", { lang: "en" }, who.reason), h("p", {}, say(who.reinstated ? "threshold.reinstated" : "threshold.for_good")),
      Lesson.chart({ title: say("threshold.story_chart"), x: { name: say("page.day"), kind: "count" }, y: { kind: "count" }, mark: day + (who.suspended_second % 86400) / 86400,
        lines: [{ name: say("threshold.own_posts"), x: days, y: who.posts }, { name: say("threshold.own_reposts"), x: days, y: who.reposts }] }));
  }

  function sum(list) { return list.reduce(function (a, b) { return a + b; }, 0); }

  Lesson.chapter({
    id: "threshold", options: 4,
    values: function () {
      return { detector: Lesson.name("detectors", data.detector), hit: 10000 * hitHere(), puzzle_cut: puzzle.cut, puzzle_hit: 10000 * puzzle.hit, tried: data.thresholds.length, paid: paid() };
    },
    answer: function () { return [1, 10, 100, Infinity].findIndex(function (most) { return 10000 * hitHere() < most; }); },
    build: function (root) {
      view = { numbers: h("div", { class: "numbers" }), charts: h("div", { class: "pair" }), crowd: h("div", {}), now: h("p", { class: "now" }), result: h("div", { class: "result" }) };
      Lesson.fill(root, Lesson.select(say("threshold.detector"), "d", data.detectors.map(function (one) { return [one, Lesson.name("detectors", one)]; })),
        Lesson.slider(say("threshold.slider"), "t", data.thresholds.map(function (one) { return Lesson.format(one, "score"); })), view.numbers,
        h("section", { class: "puzzle" }, h("h3", {}, say("threshold.puzzle_title")), puzzle.fair ? [
          Lesson.paragraphs("threshold.puzzle", { puzzle_cut: puzzle.cut, puzzle_hit: 10000 * puzzle.hit, played: puzzle.played }), view.now,
          Lesson.button(say("threshold.check"), check, { class: "check" }), view.result] : h("p", { class: "no-puzzle" }, say("threshold.no_puzzle"))),
        view.crowd, view.charts, Lesson.source(puzzle.played), story());
    },
    draw: function (names) {
      if (!view) { return; }
      var at = chosen(), hit = mean("people_hit", at), cut = mean("reach_cut_off", at), threshold = data.thresholds[Lesson.number("t")];
      var seen = watched(Lesson.get("d"), threshold);
      if (names.length) { Lesson.fill(view.result); }
      Lesson.fill(view.numbers, Lesson.figures([
        Lesson.figure("cut", say("threshold.cut"), cut, "percent"), Lesson.figure("hit", say("threshold.hit"), hit, "people"),
        Lesson.figure("count", say("threshold.count"), mean("people_hit_count", at)), Lesson.figure("watched", say("threshold.watched"), seen, "people"),
        Lesson.figure("core", say("threshold.core"), mean("recall_core", at), "percent"), Lesson.figure("amplifiers", say("threshold.amplifiers"), mean("recall_amplifiers", at), "percent")]));
      Lesson.fill(view.now, say("threshold.now", { detector: Lesson.name("detectors", Lesson.get("d")), threshold: threshold, cut: cut, hit: hit }));
      Lesson.fill(view.crowd, Lesson.crowd(hit, say("threshold.crowd", { n: Math.round(1000 * hit) })), h("p", { class: "source" }, say("threshold.crowd", { n: Math.round(1000 * hit) })));
      Lesson.fill(view.charts, charts());
      Lesson.speak(say("threshold.spoken", { threshold: threshold, cut: cut, hit: 10000 * hit }));
    }
  });
}());
