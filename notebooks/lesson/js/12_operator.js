"use strict";
/* Chapter 2: an operator's settings, what they reach and what they cost. */
(function () {
  var h = Lesson.h, say = Lesson.say, data = Lesson.data;
  var axes = Object.keys(data.operator), view = null;
  /* What is chosen: a key with one value is the same for all. */
  var several = axes.filter(function (key) { return data.operator[key].length > 1; }), choices = several.length ? several : axes;
  var ITEMS = ["fresh_accounts", "bought_accounts", "hijacked_accounts", "upkeep", "operator_hours", "promotion"];
  var PRICES = { bought_accounts: ["bought"], fresh_accounts: ["fresh"], hijacked_accounts: ["hijacked"], upkeep: ["upkeep"], operator_hours: ["operator_hour", "acts_per_hour"], promotion: [] };

  axes.forEach(function (key, i) {
    Lesson.key("o" + i, data.operator[key].map(function (value, place) { return place; }), 0);
  });

  function chosen() { return axes.map(function (key, i) { return data.operator[key][Lesson.number("o" + i)]; }); }
  function point() { return Lesson.point("operator", chosen()); }
  function mean(at, measure) { return Lesson.measure("operator", at, measure); }
  function unenforced(at) {
    var array = Lesson.array("operator_twin_reach"), values = [];
    for (var i = 0; i < array.shape[1]; i += 1) { values.push(array.at(at, i)); }
    return Lesson.mean(values);
  }

  /* For each choice, how much more the best of its values reaches than the worst, in the mean over all others. */
  function effects() {
    return choices.map(function (key) {
      var i = axes.indexOf(key), means = data.operator[key].map(function (value) {
        return Lesson.mean(data.names.operator.map(function (names, at) { return names[i] === value ? mean(at, "reach") : null; })
          .filter(function (one) { return one !== null; }));
      });
      return Math.max.apply(null, means) / Math.max(1, Math.min.apply(null, means));
    });
  }

  /* Two digits of a number, rounded in a direction. */
  function two(x, rounded) {
    var step = Math.pow(10, Math.max(0, Math.floor(Math.log10(Math.max(1, x))) - 1));
    return rounded(x / step) * step;
  }

  /* The task: a budget that half of all settings keep, and a reach that one in five of these come to. */
  function task() {
    var costs = data.names.operator.map(function (names, at) { return mean(at, "cost"); });
    var budget = costs.slice().sort(function (a, b) { return a - b; })[Math.floor(costs.length / 2)];
    var reaches = costs.map(function (cost, at) { return cost <= budget ? mean(at, "reach") : -1; })
      .filter(function (one) { return one >= 0; }).sort(function (a, b) { return a - b; });
    var limit = two(budget, Math.ceil), aim = Math.max(1, two(reaches[Math.floor(0.8 * (reaches.length - 1))], Math.floor));
    var wins = costs.filter(function (cost, at) { return cost <= limit && mean(at, "reach") >= aim; }).length;
    return { budget: limit, aim: aim, wins: wins };
  }
  Lesson.task = task;

  Lesson.chapter({
    id: "operator", options: choices.length,
    choices: function () { return choices.map(function (key) { return Lesson.name("keys", key); }); },
    values: function () {
      var found = effects(), best = found.indexOf(Math.max.apply(null, found));
      return Object.assign({ best: Lesson.name("keys", choices[best]), times: found[best], settings: data.names.operator.length,
        detector: Lesson.name("detectors", data.detector) }, task());
    },
    answer: function () { var found = effects(); return found.indexOf(Math.max.apply(null, found)); },
    build: function (root) {
      view = h("div", {});
      Lesson.fill(root, Lesson.paragraphs("operator.task", Object.assign({ settings: data.names.operator.length }, task())), choices.map(function (key) {
        return Lesson.radios(Lesson.name("keys", key), "o" + axes.indexOf(key), data.operator[key].map(function (value, place) {
          return [place, shown(key, value)];
        }));
      }), view, Lesson.source(data.operator_seeds));
    },
    draw: function () {
      if (!view) { return; }
      var at = point(), reach = mean(at, "reach"), cost = mean(at, "cost"), aim = task(), won = reach >= aim.aim && cost <= aim.budget;
      Lesson.fill(view, Lesson.figures([
        Lesson.figure("reach", say("operator.reach"), reach), Lesson.figure("unenforced", say("operator.unenforced"), unenforced(at)),
        Lesson.figure("cost", say("operator.cost"), cost, "money"),
        Lesson.figure("cost_per_person", say("operator.per_person"), cost / reach, "cents"),
        Lesson.figure("recall", say("operator.recall"), mean(at, "recall"), "percent")]),
      h("p", { class: won ? "won" : "not-yet", "data-won": String(won) }, say(won ? "operator.won" : "operator.not_yet", Object.assign({ reach: reach, cost: cost }, aim))),
      Lesson.table(say("operator.costs"), [say("operator.item"), say("operator.spent"), say("operator.price")], ITEMS.map(function (item) {
        var unknown = PRICES[item].some(function (price) { return data.unknown.indexOf(price) >= 0; });
        return [say("operator.items." + item), Lesson.format(mean(at, "cost_" + item), "money"), say(unknown ? "operator.unknown" : "operator.prices." + item)];
      })));
      Lesson.speak(say("operator.spoken", { reach: reach, cost: cost }));
    }
  });

  function shown(key, value) {
    if (key === "operation.delay_median_seconds") {
      return value < 3600 ? say("operator.shown.minutes", { n: value / 60 }) : say("operator.shown.hours", { n: value / 3600 });
    }
    if (/share$/.test(key)) { return Lesson.format(value, "whole"); }
    if (/^scenario\./.test(key)) { return Lesson.format(value * data.scale, "count"); }
    return String(value);
  }
}());
