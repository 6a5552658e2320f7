"use strict";
/* Chapter 1: a day of a small network, hour by hour. */
(function () {
  var h = Lesson.h, s = Lesson.s, say = Lesson.say, DAY = 86400, STEP = 1200;
  var WRITES = 0, REPOSTS = 1, READS = 2, FALLS = 3;
  var view = null, timer = null;

  function column(name) { return Lesson.array("day_" + name).values; }

  /* Through what each person read the campaign first: the core, an amplifier, a recommendation, another person, paid. */
  function firsts() {
    var counts = [0, 0, 0, 0, 0], seen = {}, kind = column("kind"), who = column("who"), by = column("by"), layer = column("layer");
    for (var i = 0; i < kind.length; i += 1) {
      if (kind[i] !== READS || seen[who[i]]) { continue; }
      seen[who[i]] = true;
      if (by[i] === -3) { counts[4] += 1; } else if (by[i] === -2) { counts[2] += 1; } else if (by[i] < 0) { counts[3] += 1; } else {
        counts[[3, 0, 1][layer[by[i]]]] += 1;
      }
    }
    return counts;
  }

  function largest(counts) { return counts.slice(0, 4).indexOf(Math.max.apply(null, counts.slice(0, 4))); }

  Lesson.key("h", function (text) { return /^\d{1,3}$/.test(text) && Number(text) <= DAY / STEP; }, 0);

  function stop() {
    clearInterval(timer);
    timer = null;
    if (view) { view.play.textContent = say("see.play"); view.play.setAttribute("aria-pressed", "false"); }
  }
  Lesson.stop = stop;

  function forward() {
    if (Lesson.number("h") >= DAY / STEP) { stop(); return; }
    Lesson.set("h", Lesson.number("h") + 1);
    view.slider.value = Lesson.get("h");
  }

  function play() {
    if (timer) { stop(); return; }
    if (Lesson.number("h") >= DAY / STEP) { Lesson.set("h", 0); }
    view.play.textContent = say("see.pause");
    view.play.setAttribute("aria-pressed", "true");
    timer = setInterval(forward, Number(view.speed.value));
  }

  function shape(layer, x, y) {
    if (layer === 1) { return "M" + x + " " + (y - 7) + "L" + (x + 7) + " " + y + "L" + x + " " + (y + 7) + "L" + (x - 7) + " " + y + "z"; }
    if (layer === 2) { return "M" + x + " " + (y - 4) + "l4 7h-8z"; }
    return "M" + (x - 3.5) + " " + y + "a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0";
  }

  function network() {
    var layer = column("layer"), x = column("x"), y = column("y"), parts = [], ties = Lesson.array("day_ties");
    function at(i) { return [Number((300 + 285 * x[i]).toFixed(1)), Number((300 + 285 * y[i]).toFixed(1))]; }
    view.ties = {};
    for (var i = 0; i < ties.shape[0]; i += 1) {
      var a = ties.at(i, 0), b = ties.at(i, 1), line = s("path", { class: "tie", d: "M" + at(a).join(" ") + "L" + at(b).join(" ") });
      view.ties[a + "-" + b] = line;
      parts.push(line);
    }
    view.nodes = [];
    for (var n = 0; n < layer.length; n += 1) {
      var p = at(n), node = s("path", { class: "node", d: shape(layer[n], p[0], p[1]) });
      view.nodes.push(node);
      parts.push(node);
    }
    return s("svg", { viewBox: "0 0 600 600", class: "network", role: "img", "aria-label": say("see.picture") }, parts);
  }

  function legend() {
    return h("ul", { class: "legend" }, ["core", "amplifier", "person", "reached", "passed", "fallen"].map(function (name) {
      var layer = { core: 1, amplifier: 2 }[name] || 0, kind = { core: "l1 quiet", amplifier: "l2 quiet", person: "l0 quiet" }[name] || "l0 " + name;
      return h("li", {}, s("svg", { viewBox: "0 0 16 16", class: "sample", "aria-hidden": "true" }, s("path", { class: "node " + kind, d: shape(layer, 8, 8) })),
        say("see.legend." + name));
    }));
  }

  Lesson.chapter({
    id: "see", options: 4,
    values: function () {
      var counts = firsts(), all = counts.reduce(function (a, b) { return a + b; }, 0), layer = column("layer");
      var of = function (n) { return Array.prototype.filter.call(layer, function (one) { return one === n; }).length; };
      return {
        day: Lesson.data.day, core_first: counts[0], amplifier_first: counts[1], recommended_first: counts[2], people_first: counts[3],
        paid_first: counts[4], readers: all, drawn: layer.length, drawn_core: of(1), drawn_amplifiers: of(2), drawn_people: of(0),
        detector: Lesson.name("detectors", Lesson.data.detector)
      };
    },
    answer: function () { return largest(firsts()); },
    build: function (root) {
      view = {};
      view.play = Lesson.button(say("see.play"), play, { "aria-pressed": "false" });
      view.speed = h("select", { id: "speed", onchange: function () { if (timer) { play(); play(); } } },
        [[500, "slow"], [200, "usual"], [60, "fast"]].map(function (one) {
          return h("option", { value: one[0], selected: one[0] === 200 }, say("see." + one[1]));
        }));
      var clocks = [];
      for (var i = 0; i <= DAY / STEP; i += 1) { clocks.push(Lesson.formats.clock(i * STEP)); }
      var slider = Lesson.slider(say("see.clock"), "h", clocks);
      view.slider = slider.querySelector("input");
      view.numbers = h("div", { class: "numbers" });
      Lesson.fill(root, h("p", { class: "buttons" }, view.play, Lesson.button(say("see.step"), function () { stop(); forward(); }),
        Lesson.button(say("see.start"), function () { stop(); Lesson.set("h", 0); Lesson.restore(root); }),
        h("label", { for: "speed" }, say("see.speed")), view.speed), slider, view.numbers, network(), legend(), Lesson.source(1));
      view.network = root.querySelector(".network");
    },
    draw: function (names) {
      if (!view || (names.length && names.indexOf("h") < 0)) { return; }
      var now = Lesson.number("h") * STEP, layer = column("layer"), time = column("time"), kind = column("kind"), who = column("who"), by = column("by");
      var status = {}, tied = {}, reposts = 0, posts = 0, reached = 0, fallen = 0, i;
      for (i = 0; i < time.length && time[i] <= now; i += 1) {
        if (kind[i] === FALLS) { continue; }
        if (kind[i] === WRITES) { posts += 1; }
        if (kind[i] === REPOSTS) { reposts += 1; status[who[i]] = "passed"; }
        if (kind[i] === READS && !status[who[i]]) { status[who[i]] = "reached"; }
        if (by[i] >= 0) { tied[by[i] + "-" + who[i]] = true; }
      }
      var down = column("fallen");
      view.nodes.forEach(function (node, n) {
        var fell = down[n] <= now, what = fell ? "fallen" : (status[n] || "quiet");
        if (fell) { fallen += 1; }
        if (layer[n] === 0 && status[n]) { reached += 1; }
        node.setAttribute("class", "node l" + layer[n] + " " + what);
      });
      Object.keys(view.ties).forEach(function (key) { view.ties[key].setAttribute("class", tied[key] ? "tie on" : "tie"); });
      Lesson.fill(view.numbers, Lesson.figures([
        Lesson.figure("posts", say("see.posts"), posts), Lesson.figure("reached", say("see.reached"), reached),
        Lesson.figure("reposts", say("see.reposts"), reposts), Lesson.figure("fallen", say("see.fallen"), fallen)]));
      if (!timer) { Lesson.speak(say("see.spoken", { at: Lesson.formats.clock(now), reached: reached, reposts: reposts, fallen: fallen })); }
    }
  });
}());
