"use strict";
/* Parts of the page: elements, controls with labels, figures, and what is read aloud. */
(function () {
  var SVG = "http://www.w3.org/2000/svg", serial = 0, timer = null;

  function put(element, given) {
    Object.keys(given || {}).forEach(function (name) {
      var value = given[name];
      if (name.slice(0, 2) === "on") {
        element.addEventListener(name.slice(2), value);
      } else if (value === true) {
        element.setAttribute(name, "");
      } else if (value !== false && value !== null && value !== undefined) { element.setAttribute(name, value); }
    });
    return element;
  }

  function add(element, children) {
    children.forEach(function (child) {
      if (Array.isArray(child)) { add(element, child); return; }
      if (child !== null && child !== undefined) { element.append(child); }
    });
    return element;
  }

  /* An element with its attributes (on...: a listener) and what is in it. */
  Lesson.h = function (tag, given) {
    return add(put(document.createElement(tag), given), Array.prototype.slice.call(arguments, 2));
  };
  Lesson.s = function (tag, given) {
    return add(put(document.createElementNS(SVG, tag), given), Array.prototype.slice.call(arguments, 2));
  };

  Lesson.id = function (name) { serial += 1; return name + "-" + serial; };

  Lesson.fill = function (element) {
    element.replaceChildren();
    return add(element, Array.prototype.slice.call(arguments, 1));
  };

  /* Say something to those who listen to the page, once it has not changed for a while. */
  Lesson.speak = function (text) {
    clearTimeout(timer);
    timer = setTimeout(function () { document.getElementById("live").textContent = text; }, 400);
  };

  Lesson.button = function (label, act, given) {
    return Lesson.h("button", Object.assign({ type: "button", onclick: act }, given), label);
  };

  /* A list of choices for a key. */
  Lesson.select = function (label, key, options) {
    var id = Lesson.id(key);
    var box = Lesson.h("select", { id: id, "data-key": key, onchange: function () { Lesson.set(key, box.value); } },
      options.map(function (one) { return Lesson.h("option", { value: one[0] }, one[1]); }));
    box.value = Lesson.get(key);
    return Lesson.h("p", { class: "control" }, Lesson.h("label", { for: id }, label), box);
  };

  /* Choices for a key of which all are seen. */
  Lesson.radios = function (label, key, options) {
    var group = Lesson.id(key);
    return Lesson.h("fieldset", { class: "control", "data-key": key }, Lesson.h("legend", {}, label),
      options.map(function (one) {
        var id = Lesson.id(group);
        return Lesson.h("span", { class: "option" },
          Lesson.h("input", {
            type: "radio", name: group, id: id, value: one[0], checked: Lesson.get(key) === String(one[0]),
            onchange: function () { Lesson.set(key, one[0]); }
          }), Lesson.h("label", { for: id }, one[1]));
      }));
  };

  /* A slider over the numbers of a list's places; what stands at each is shown and read. */
  Lesson.slider = function (label, key, shown) {
    var id = Lesson.id(key), out = Lesson.h("output", { for: id }, "");
    function text() {
      out.textContent = shown[Lesson.number(key)];
      box.setAttribute("aria-valuetext", out.textContent);
    }
    var box = Lesson.h("input", {
      type: "range", id: id, min: 0, max: shown.length - 1, step: 1, value: Lesson.get(key), "data-key": key,
      oninput: function () { Lesson.set(key, box.value); text(); }
    });
    text();
    return Lesson.h("p", { class: "control wide" }, Lesson.h("label", { for: id }, label), box, out);
  };

  /* Put controls back to what the state says, after a link was opened. */
  Lesson.restore = function (root) {
    root.querySelectorAll("[data-key]").forEach(function (one) {
      var value = Lesson.get(one.dataset.key);
      if (one.tagName === "FIELDSET") {
        one.querySelectorAll("input").forEach(function (box) { box.checked = box.value === value; });
      } else if (one.value !== value) {
        one.value = value;
        one.dispatchEvent(new Event("input"));
      }
    });
  };

  /* A number with what it is; its name and its unrounded value are attributes, which the tests read. */
  Lesson.figure = function (name, label, value, kind) {
    return Lesson.h("div", { class: "figure" }, Lesson.h("dt", {}, label),
      Lesson.h("dd", { "data-figure": name, "data-value": value === null ? "" : String(value) }, Lesson.format(value, kind)));
  };
  Lesson.figures = function (list) { return Lesson.h("dl", { class: "figures" }, list); };

  /* A table with a heading for each column; the first of a row is its heading. */
  Lesson.table = function (caption, heads, rows) {
    return Lesson.h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      Lesson.h("table", {}, Lesson.h("caption", {}, caption),
        Lesson.h("thead", {}, Lesson.h("tr", {}, heads.map(function (one) { return Lesson.h("th", { scope: "col" }, one); }))),
        Lesson.h("tbody", {}, rows.map(function (row) {
          return Lesson.h("tr", {}, row.map(function (one, i) {
            return Lesson.h(i ? "td" : "th", i ? {} : { scope: "row" }, one);
          }));
        }))));
  };

  /* Which runs a figure is of: so many seeds, from the first on, and days; all where no number is given. */
  Lesson.source = function (n, days) {
    var seeds = n || Lesson.data.seeds;
    return Lesson.h("p", { class: "source" }, Lesson.say(seeds === 1 ? "page.source_one" : "page.source", { seeds: Lesson.span(seeds), days: days || Lesson.data.days }));
  };
}());
