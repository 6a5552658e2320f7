"use strict";
/* Chapter 3: eight cards, a verdict on each, then the truth; and what the base rate makes of a good judge. */
(function () {
  var h = Lesson.h, s = Lesson.s, say = Lesson.say, data = Lesson.data, EIGHT = 8;
  var view = null, BASES = ["run", "0.01", "0.001"];
  var hands = data.cards.map(function (hand, i) { return i; });

  Lesson.key("g", hands, 0);
  Lesson.key("v", function (text) { return /^[op-]{0,8}$/.test(text); }, "");
  Lesson.key("s", ["0", "1"], 0);
  Lesson.key("b", BASES, "run");

  /* Of so many accused, the share who are innocent: wrong at this share of people, finding that of the operation. */
  function innocent(wrong, found, base) {
    var hit = wrong * (1 - base), right = found * base;
    return hit + right > 0 ? hit / (hit + right) : NaN;
  }
  Lesson.innocent = innocent;

  function base() {
    if (Lesson.get("b") !== "run") { return Lesson.number("b"); }
    return data.watched.n_operation[0] / (data.watched.n_operation[0] + data.watched.n_organic[0]);
  }

  function hand() { return data.cards[Lesson.number("g")] || []; }
  function guilty(card) { return card.truth === "core" || card.truth === "amplifiers"; }
  function verdicts() { return (Lesson.get("v") + "--------").slice(0, hand().length); }

  function clock(hours) {
    var most = Math.max.apply(null, hours.concat([1])), bars = hours.map(function (n, i) {
      var tall = 28 * n / most;
      return s("rect", { class: "bar", x: 1 + i * 8, y: 30 - tall, width: 6, height: tall });
    });
    var busy = hours.map(function (n, i) { return n ? i + ":00 – " + n : ""; }).filter(Boolean).join(", ");
    return s("svg", { viewBox: "0 0 194 44", class: "clock", role: "img", "aria-label": say("spot.hours") + ": " + (busy || say("spot.none")) }, bars,
      s("line", { class: "rule", x1: 0, x2: 194, y1: 30, y2: 30 }), [0, 6, 12, 18].map(function (at) {
        return s("text", { class: "tick", x: 1 + at * 8, y: 42 }, String(at));
      }));
  }

  function facts(card) {
    function yes(value) { return say(value ? "spot.yes" : "spot.no"); }
    var rows = [
      ["created", card.created], ["followers", Lesson.format(card.followers)], ["following", Lesson.format(card.following)], ["posts", Lesson.format(card.posts)],
      ["language", Lesson.name("languages", card.language)], ["image", yes(!card.default_image)], ["bio", yes(!card.empty_bio)], ["phone", yes(card.phone)],
      ["access", Lesson.name("access", card.access)], ["client", Lesson.name("client", card.client)],
      ["week", say("spot.week_is", { posts: card.week_posts, reposts: card.week_reposts, authors: card.week_authors })],
      ["fast", card.fast_share === null ? say("spot.none") : Lesson.format(card.fast_share, "whole")]
    ];
    return h("dl", { class: "facts" }, rows.map(function (row) { return [h("dt", {}, say("spot.facts." + row[0])), h("dd", {}, row[1])]; }));
  }

  function truth(card, verdict) {
    var right = (verdict === "o") === guilty(card);
    return h("div", { class: "truth " + (right ? "right" : "wrong") },
      h("p", {}, h("strong", {}, say(right ? "spot.right" : "spot.wrong") + " " + Lesson.name("truth", card.truth))),
      h("details", {}, h("summary", {}, say("spot.detectors", { n: card.detectors.length })), h("ul", {}, card.detectors.map(function (one) {
        return h("li", {}, h("strong", {}, Lesson.name("detectors", one[0]) + ": "), one[1] === null ? say("spot.unscored") : Lesson.format(one[1], "score"),
          h("span", { class: "reason", lang: "en" }, one[2]));
      }))));
  }

  function give(number, verdict) {
    var now = verdicts().split("");
    now[number] = verdict;
    Lesson.set("v", now.join(""));
    Lesson.speak(say("spot.given", { n: now.filter(function (one) { return one !== "-"; }).length, all: now.length }));
  }

  function cards() {
    var shown = Lesson.get("s") === "1", given = verdicts();
    return h("ol", { class: "cards" }, hand().map(function (card, number) {
      var name = Lesson.id("verdict");
      return h("li", { class: "card" }, h("h3", {}, say("spot.account", { n: number + 1 })), facts(card), h("p", { class: "small" }, say("spot.hours")), clock(card.hours),
        shown ? truth(card, given[number]) : h("fieldset", {}, h("legend", {}, say("spot.verdict", { n: number + 1 })), ["o", "p"].map(function (value) {
          var id = Lesson.id(name);
          return h("span", { class: "option" }, h("input", { type: "radio", name: name, id: id, value: value, checked: given[number] === value,
            onchange: function () { give(number, value); } }), h("label", { for: id }, say("spot.verdicts." + value)));
        })));
    }));
  }

  function mine() {
    var given = verdicts(), people = 0, hit = 0, theirs = 0, caught = 0;
    hand().forEach(function (card, i) {
      if (guilty(card)) { theirs += 1; caught += given[i] === "o"; } else { people += 1; hit += given[i] === "o"; }
    });
    return { people: people, hit: hit, theirs: theirs, caught: caught, wrong: hit / people, found: caught / theirs };
  }

  function result() {
    var own = mine(), at = base();
    return [h("h3", { class: "outcome", tabindex: -1 }, say("spot.outcome")), h("p", {}, say("spot.look_up")), Lesson.figures([
      Lesson.figure("own_wrong", say("spot.own_wrong", own), own.wrong, "whole"), Lesson.figure("own_found", say("spot.own_found", own), own.found, "whole")]),
    h("h3", {}, say("spot.base_title")), Lesson.paragraphs("spot.base"),
    Lesson.select(say("spot.base_label"), "b", BASES.map(function (one) {
      return [one, one === "run" ? say("spot.base_run", { base: data.watched.n_operation[0] / (data.watched.n_operation[0] + data.watched.n_organic[0]) }) : Lesson.format(Number(one), "percent")];
    })),
    Lesson.figures([
      Lesson.figure("innocent_own", say("spot.innocent_own"), innocent(own.wrong, own.found, at), "whole"),
      Lesson.figure("innocent_five", say("spot.innocent_five"), innocent(0.05, 0.8, at), "whole")])];
  }

  Lesson.chapter({
    id: "spot", options: 4,
    values: function () { return { innocent: innocent(0.05, 0.8, 0.01), hands: data.cards.length }; },
    answer: function () { return [0.1, 0.4, 0.8, 2].findIndex(function (most) { return innocent(0.05, 0.8, 0.01) < most; }); },
    build: function (root) {
      view = h("div", {});
      Lesson.fill(root, hands.length > 1 ? Lesson.select(say("spot.hand"), "g", hands.map(function (n) { return [n, say("spot.hand_n", { n: n + 1 })]; })) : null, view,
        Lesson.source(1));
    },
    draw: function (names) {
      if (!view) { return; }
      if (names.indexOf("g") >= 0 && names.length === 1) { Lesson.set("v", ""); Lesson.set("s", 0); }
      if (names.length === 1 && names[0] === "v" && Lesson.get("s") === "0" && view.firstChild) {
        view.querySelector(".reveal").disabled = verdicts().indexOf("-") >= 0;
        return;
      }
      var shown = Lesson.get("s") === "1";
      Lesson.fill(view, cards(), shown ? result() : Lesson.button(say("spot.reveal"), function () {
        Lesson.set("s", 1);
        view.querySelector(".outcome").focus();
        Lesson.speak(say("spot.revealed", mine()));
      }, { class: "reveal", disabled: verdicts().indexOf("-") >= 0 }), shown ? null : h("p", { class: "hint" }, say("spot.all_first", { n: EIGHT })));
    }
  });
}());
