"use strict";
/* Line charts as SVG: each line has a colour, dashes and a sign of its own, and a table beside it says the same. */
(function () {
  var WIDTH = 640, HEIGHT = 300, LEFT = 84, RIGHT = 16, TOP = 14, BOTTOM = 58;
  var DASHES = ["", "7 4", "2 3", "10 3 2 3", "1 5"], SIGNS = ["circle", "square", "triangle", "diamond", "cross"];

  function sign(kind, x, y, r) {
    var paths = {
      circle: "M" + (x - r) + " " + y + "a" + r + " " + r + " 0 1 0 " + 2 * r + " 0a" + r + " " + r + " 0 1 0 " + -2 * r + " 0",
      square: "M" + (x - r) + " " + (y - r) + "h" + 2 * r + "v" + 2 * r + "h" + -2 * r + "z",
      triangle: "M" + x + " " + (y - r) + "L" + (x + r) + " " + (y + r) + "L" + (x - r) + " " + (y + r) + "z",
      diamond: "M" + x + " " + (y - 1.3 * r) + "L" + (x + 1.3 * r) + " " + y + "L" + x + " " + (y + 1.3 * r) + "L" + (x - 1.3 * r) + " " + y + "z",
      cross: "M" + (x - r) + " " + (y - r) + "l" + 2 * r + " " + 2 * r + "m0 " + -2 * r + "l" + -2 * r + " " + 2 * r
    };
    return paths[kind];
  }

  function ticks(low, high) {
    var span = high - low || 1, step = Math.pow(10, Math.floor(Math.log10(span / 4)));
    [1, 2, 5, 10].some(function (times) {
      if (span / (step * times) <= 5) { step *= times; return true; }
      return false;
    });
    var found = [];
    for (var i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; i += 1) { found.push(Number((i * step).toPrecision(12))); }
    return found;
  }

  function range(values) {
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
    if (!isFinite(low)) { return [0, 1]; }
    return [Math.min(low, 0), high > Math.min(low, 0) ? high : Math.min(low, 0) + 1];
  }

  function tick(value, kind) { return Lesson.format(value, kind === "percent" ? "share" : kind); }

  /* given: title, x and y (name, kind of format), lines (name, x, y, points alone if `dots`), mark: a place on the x axis. */
  Lesson.chart = function (given) {
    var s = Lesson.s, flat = function (which) {
      return [].concat.apply([], given.lines.map(function (line) { return line[which].filter(isFinite); }));
    };
    var xs = given.x.range || range(flat("x")), ys = given.y.range || range(flat("y"));
    function px(x) { return LEFT + (x - xs[0]) / (xs[1] - xs[0]) * (WIDTH - LEFT - RIGHT); }
    function py(y) { return HEIGHT - BOTTOM - (y - ys[0]) / (ys[1] - ys[0]) * (HEIGHT - TOP - BOTTOM); }
    var parts = [s("rect", { class: "ground", width: WIDTH, height: HEIGHT })];
    ticks(ys[0], ys[1]).forEach(function (y) {
      parts.push(s("line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: py(y), y2: py(y) }));
      parts.push(s("text", { class: "tick", x: LEFT - 6, y: py(y) + 5, "text-anchor": "end" }, tick(y, given.y.kind)));
    });
    ticks(xs[0], xs[1]).forEach(function (x) {
      parts.push(s("text", { class: "tick", x: px(x), y: HEIGHT - BOTTOM + 22, "text-anchor": "middle" }, tick(x, given.x.kind)));
    });
    parts.push(s("text", { class: "axis", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, given.x.name));
    if (given.mark !== undefined && given.mark !== null) {
      parts.push(s("line", { class: "mark", x1: px(given.mark), x2: px(given.mark), y1: TOP, y2: HEIGHT - BOTTOM }));
    }
    given.lines.forEach(function (line, number) {
      var path = "", open = false, each = Math.max(1, Math.ceil(line.x.length / 12)), signs = "";
      line.x.forEach(function (x, i) {
        var y = line.y[i];
        if (!isFinite(x) || !isFinite(y)) { open = false; return; }
        path += (open ? "L" : "M") + px(x).toFixed(1) + " " + py(y).toFixed(1);
        open = true;
        if (line.dots || i % each === 0) { signs += sign(SIGNS[number % 5], Number(px(x).toFixed(1)), Number(py(y).toFixed(1)), 4); }
      });
      if (!line.dots) { parts.push(s("path", { class: "line c" + number % 5, d: path, "stroke-dasharray": DASHES[number % 5] })); }
      if (!line.plain) { parts.push(s("path", { class: "sign c" + number % 5, d: signs })); }
    });
    var picture = s("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, class: "chart", role: "img", "aria-label": given.title }, parts);
    return Lesson.h("figure", {}, Lesson.h("figcaption", {}, given.title), Lesson.key_of(given.lines), picture,
      given.below ? Lesson.h("p", { class: "source" }, given.below) : null);
  };

  /* The list of the lines: what is drawn how. */
  Lesson.key_of = function (lines) {
    return Lesson.h("ul", { class: "legend" }, lines.map(function (line, number) {
      return Lesson.h("li", {}, Lesson.s("svg", { viewBox: "0 0 34 12", class: "chart small", "aria-hidden": "true" },
        line.dots ? null : Lesson.s("path", { class: "line c" + number % 5, d: "M1 6H33", "stroke-dasharray": DASHES[number % 5] }),
        line.plain ? null : Lesson.s("path", { class: "sign c" + number % 5, d: sign(SIGNS[number % 5], 17, 6, 4) })), line.name);
    }));
  };

  /* So many of a thousand people, as a thousand signs: those who are hit are larger, darker and crosses. */
  Lesson.crowd = function (share, label) {
    var hit = Math.round(1000 * share), plain = "", marked = "";
    for (var i = 0; i < 1000; i += 1) {
      var x = 6 + (i % 50) * 12, y = 6 + Math.floor(i / 50) * 12;
      if (i < hit) { marked += sign("cross", x, y, 4); } else { plain += sign("circle", x, y, 2.5); }
    }
    return Lesson.s("svg", { viewBox: "0 0 600 240", class: "crowd", role: "img", "aria-label": label },
      Lesson.s("path", { class: "spared", d: plain }), Lesson.s("path", { class: "hit", d: marked }));
  };

  /* Save a chart as a picture: its styles are written into a copy, and the copy is drawn on a canvas. */
  Lesson.png = function (picture, name, done) {
    var copy = picture.cloneNode(true), from = picture.querySelectorAll("*"), to = copy.querySelectorAll("*");
    from.forEach(function (one, i) {
      var style = getComputedStyle(one);
      ["fill", "stroke", "stroke-width", "font-family", "font-size"].forEach(function (key) {
        to[i].style.setProperty(key, style.getPropertyValue(key));
      });
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", 2 * WIDTH);
    copy.setAttribute("height", 2 * HEIGHT);
    var image = new Image();
    image.onload = function () {
      var canvas = Lesson.h("canvas", { width: 2 * WIDTH, height: 2 * HEIGHT });
      canvas.getContext("2d").drawImage(image, 0, 0);
      Lesson.save(canvas.toDataURL("image/png"), name);
      if (done) { done(); }
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  };

  Lesson.save = function (address, name) {
    var link = Lesson.h("a", { href: address, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
  };
}());
