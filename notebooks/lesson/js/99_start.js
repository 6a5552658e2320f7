"use strict";
/* The page around the chapters: where one is, the language, wrong links; and the first drawing. */
(function () {
  var h = Lesson.h, say = Lesson.say, languages = Object.keys(Lesson.texts).sort(), shown = null;

  Lesson.key("c", Lesson.chapters.map(function (one) { return one.number; }), 1);
  Lesson.key("l", languages, "en");

  function element(id) { return document.getElementById(id); }

  function frame() {
    document.title = say("page.title");
    element("title").textContent = say("page.title");
    element("subtitle").textContent = say("page.subtitle");
    element("skip").textContent = say("page.skip");
    element("chapters").setAttribute("aria-label", say("page.chapters"));
    Lesson.fill(element("bar"), Lesson.select(say("page.language"), "l", languages.map(function (one) { return [one, (Lesson.texts[one].page || {}).language_name || one]; })),
      say("page.unread") ? h("p", { class: "hint" }, say("page.unread")) : null);
    Lesson.fill(element("chapters"), h("ol", {}, Lesson.chapters.map(function (one) {
      return h("li", {}, h("a", { href: "#c=" + one.number, "aria-current": Lesson.get("c") === String(one.number) ? "step" : null, onclick: function (event) {
        event.preventDefault();
        Lesson.set("c", one.number);
      } }, h("span", { class: "n" }, String(one.number)), " ", say(one.id + ".title")));
    })));
    Lesson.fill(element("foot"), Lesson.tally_part(), h("p", {}, say("page.rounding")), h("p", { class: "source" }, say("page.made")));
    Lesson.sheet();
  }

  function chapter() { return Lesson.chapters[Lesson.number("c") - 1]; }

  Lesson.changed(function (names) {
    var now = chapter();
    if (names.indexOf("l") >= 0) { Lesson.language(Lesson.get("l")); }
    var whole = names.some(function (name) { return name === "c" || name === "l" || name === now.key; });
    if (whole || !shown) {
      Lesson.stop();
      frame();
      Lesson.show(now);
      if (shown && names.indexOf("c") >= 0) { element("heading").focus(); window.scrollTo(0, 0); }
      if (shown && names.length === 1 && names[0] === "l") { element("bar").querySelector("select").focus(); }
      shown = now;
    } else if (Lesson.get(now.key) !== "-") {
      now.draw(names);
      if (names.length > 1) { Lesson.restore(element("main")); }
    }
  });

  function open() {
    var wrong = Lesson.read(), box = element("problem");
    box.hidden = !wrong.length;
    box.textContent = wrong.length ? say("page.wrong_link", { parts: wrong.join(", ") }) : "";
  }

  window.addEventListener("hashchange", open);
  element("skip").addEventListener("click", function (event) {  // its own # would be taken for a state
    event.preventDefault();
    element("main").focus();
  });
  if (Lesson.get("l") === "en") { Lesson.language("en"); }
  open();
}());
