"use strict";
/* What all chapters have in common: a prediction that is locked in before the answer, two questions, the sources. */
(function () {
  var h = Lesson.h, say = Lesson.say;

  /* Declare a chapter.
     given: id; options, the number of predictions; answer(), the right one; reply(), the name of the text that answers, where it is not always `reply`; values(), what replies may speak of; choices(), the
     predictions where no text has them;
     build(root), once it is shown; draw(names), whenever the state changes. */
  Lesson.chapter = function (given) {
    Lesson.chapters.push(given);
    given.number = Lesson.chapters.length;
    var choices = ["-"];
    for (var i = 0; i < given.options; i += 1) { choices.push(String(i)); }
    given.key = "p" + given.number;
    Lesson.key(given.key, choices, "-");
  };

  /* The options of a prediction. */
  Lesson.options = function (chapter) {
    if (chapter.choices) { return chapter.choices(); }
    var values = chapter.values();
    return say(chapter.id + ".options").map(function (text) { return Lesson.filled(text, values); });
  };

  /* A text that is not looked up, its places filled. */
  Lesson.filled = function (text, values) {
    var all = Object.assign({}, Lesson.words, values);
    return text.replace(/\{(\w+)(?::(\w+))?\}/g, function (place, name, kind) {
      return name in all ? Lesson.format(all[name], kind) : place;
    });
  };

  function paragraphs(key, values) {
    var list = say(key);
    return (Array.isArray(list) ? list : [list]).map(function (text) { return h("p", {}, Lesson.filled(text, values)); });
  }
  Lesson.paragraphs = paragraphs;

  function prediction(chapter) {
    var group = Lesson.id("prediction"), locked = Lesson.get(chapter.key), picked = locked;
    var lock = Lesson.button(say("page.lock"), function () {
      if (picked === "-") { Lesson.speak(say("page.choose")); return; }
      Lesson.set(chapter.key, picked);
      var reply = document.querySelector("#chapter .reply");
      if (reply) { reply.focus(); }
    }, { class: "lock", disabled: locked !== "-" || picked === "-" });
    return h("form", { class: "prediction", onsubmit: function (event) { event.preventDefault(); } },
      h("fieldset", { disabled: locked !== "-" },
        h("legend", {}, say("page.predict") + " " + say(chapter.id + ".predict", chapter.values())),
        Lesson.options(chapter).map(function (text, i) {
          var id = group + "-" + i;
          return h("p", { class: locked === String(i) ? "option chosen" : "option" }, h("input", {
            type: "radio", name: group, id: id, value: i, checked: locked === String(i),
            onchange: function () { picked = String(i); lock.disabled = false; }
          }), h("label", { for: id }, text));
        })), locked === "-" ? lock : null);
  }

  function reply(chapter) {
    var picked = Number(Lesson.get(chapter.key)), right = chapter.answer(), values = chapter.values();
    var options = Lesson.options(chapter), key = picked === right ? "page.right" : "page.wrong";
    return h("div", { class: "reply " + (picked === right ? "right" : "wrong"), tabindex: -1, "data-right": right },
      h("p", {}, h("strong", {}, say(key, { yours: options[picked], right: options[right] }))),
      h("p", {}, say(chapter.id + "." + (chapter.reply ? chapter.reply() : "reply"), values)),
      Lesson.has(chapter.id + ".replies") && picked !== right
        ? h("p", {}, Lesson.filled(say(chapter.id + ".replies")[picked], values)) : null);
  }

  function end(chapter) {
    return h("section", { class: "end" },
      h("h3", {}, say("page.questions")),
      h("ol", {}, say(chapter.id + ".questions").map(function (text) { return h("li", {}, Lesson.filled(text)); })),
      h("h3", {}, say("page.scale_title")), h("p", { class: "source" }, say(chapter.id + ".scale")),
      h("h3", {}, say("page.sources")),
      h("ul", {}, say(chapter.id + ".sources").map(function (text) { return h("li", {}, text); })),
      steps(chapter));
  }

  function steps(chapter) {
    function to(number, label, kind) {
      return number < 1 || number > Lesson.chapters.length ? null
        : Lesson.button(label, function () { Lesson.set("c", number); }, { class: kind });
    }
    return h("p", { class: "steps" }, to(chapter.number - 1, say("page.back"), "back"),
      to(chapter.number + 1, say("page.next"), "next"));
  }

  /* Show a chapter: up to the prediction, or with all that follows it. */
  Lesson.show = function (chapter) {
    var root = document.getElementById("main"), locked = Lesson.get(chapter.key) !== "-", body = h("div", { class: "body" });
    Lesson.fill(root, h("article", { id: "chapter", "data-chapter": chapter.id, class: locked ? "open" : "closed" },
      h("h2", { tabindex: -1, id: "heading" }, chapter.number + ". " + say(chapter.id + ".title")),
      paragraphs(chapter.id + ".intro", chapter.values()), prediction(chapter), locked ? reply(chapter) : null, body,
      locked ? end(chapter) : h("div", {}, h("p", { class: "hint" }, say("page.locked")), steps(chapter))));
    if (locked) { chapter.build(body); chapter.draw([]); }
  };
}());
