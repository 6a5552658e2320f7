"use strict";
/* The class tally: a short code of one's predictions, and the count of many that were copied. No server. */
(function () {
  var h = Lesson.h, say = Lesson.say;

  function sum(text) {
    var total = 0;
    for (var i = 0; i < text.length; i += 1) { total = (31 * total + text.charCodeAt(i)) % 97; }
    return ("0" + total).slice(-2);
  }

  /* Eight signs, one for each chapter's prediction, and two that tell a slip of the pen. */
  Lesson.code = function () {
    var body = Lesson.chapters.map(function (one) { return Lesson.get(one.key) === "-" ? "x" : Lesson.get(one.key); }).join("");
    return body + "-" + sum(body);
  };

  Lesson.tally = function (text) {
    var counts = Lesson.chapters.map(function (one) { return new Array(one.options).fill(0); }), good = 0, bad = [];
    text.split(/[\s,;]+/).filter(Boolean).forEach(function (code) {
      var cut = code.split("-"), body = cut[0];
      var fits = cut.length === 2 && body.length === counts.length && sum(body) === cut[1] &&
        body.split("").every(function (sign, i) { return sign === "x" || Number(sign) < counts[i].length; });
      if (!fits) { bad.push(code.slice(0, 20)); return; }
      good += 1;
      body.split("").forEach(function (sign, i) { if (sign !== "x") { counts[i][Number(sign)] += 1; } });
    });
    return { counts: counts, good: good, bad: bad };
  };

  /* The part of the footer in which codes are shown and counted. */
  Lesson.tally_part = function () {
    var out = h("div", { role: "status" }), box = h("textarea", { id: "codes", rows: 4, spellcheck: "false" });
    function count() {
      var found = Lesson.tally(box.value);
      Lesson.fill(out, h("p", {}, say("tally.counted", { n: found.good })), found.bad.length ? h("p", { class: "wrong" }, say("tally.bad", { codes: found.bad.join(", ") })) : null,
        found.good ? Lesson.chapters.map(function (one, i) {
          return Lesson.table(one.number + ". " + say(one.id + ".title"), [say("tally.prediction"), say("tally.votes")], Lesson.options(one).map(function (text, j) {
            return [text, String(found.counts[i][j])];
          }));
        }) : null);
    }
    return h("details", { class: "tally" }, h("summary", {}, say("tally.title")), h("p", {}, say("tally.yours") + " ", h("code", { id: "code" }, Lesson.code())),
      h("p", {}, h("label", { for: "codes" }, say("tally.codes")), box), Lesson.button(say("tally.count"), count), out);
  };

  /* The sheet, which is seen in print alone: predictions to tick, questions with room for an answer. */
  Lesson.sheet = function () {
    Lesson.fill(document.getElementById("sheet"), h("h1", {}, say("page.title")), h("p", {}, say("page.sheet")), Lesson.chapters.map(function (one) {
      return h("section", {}, h("h2", {}, one.number + ". " + say(one.id + ".title")), h("p", {}, say(one.id + ".predict", one.values())),
        h("ul", { class: "boxes" }, Lesson.options(one).map(function (text) { return h("li", {}, text); })),
        say(one.id + ".questions").map(function (text) { return h("p", { class: "room" }, Lesson.filled(text)); }));
    }), Lesson.source());
  };
}());
