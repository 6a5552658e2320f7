"use strict";
/* What is chosen, by key. It stands in the address behind the #, so that a link carries it. */
(function () {
  var keys = {}, order = [], listeners = [];

  /* Declare a key: the values that it may have, as texts, or a function that judges one; and the first. */
  Lesson.key = function (name, allowed, first) {
    order.push(name);
    keys[name] = {
      first: String(first), value: String(first),
      allows: typeof allowed === "function" ? allowed : function (text) { return allowed.map(String).indexOf(text) >= 0; }
    };
  };

  Lesson.get = function (name) { return keys[name].value; };
  Lesson.number = function (name) { return Number(keys[name].value); };
  Lesson.changed = function (listener) { listeners.push(listener); };

  Lesson.link = function () {
    return "#" + order.filter(function (name) { return keys[name].value !== keys[name].first; })
      .map(function (name) { return name + "=" + encodeURIComponent(keys[name].value); }).join("&");
  };

  function tell(names) { listeners.forEach(function (listener) { listener(names); }); }

  Lesson.set = function (name, value) {
    value = String(value);
    if (!keys[name].allows(value)) { throw new RangeError(name + "=" + value); }
    if (keys[name].value === value) { return; }
    keys[name].value = value;
    history.replaceState(null, "", Lesson.link() === "#" ? "#c=" + Lesson.get("c") : Lesson.link());
    tell([name]);
  };

  /* Take the state from the address; return what in it means nothing here, which is ignored. */
  Lesson.read = function () {
    var given = {}, wrong = [];
    location.hash.replace(/^#/, "").split("&").forEach(function (part) {
      if (!part || part === "main") { return; }
      var cut = part.indexOf("="), name = cut < 0 ? part : part.slice(0, cut), value;
      try { value = cut < 0 ? "" : decodeURIComponent(part.slice(cut + 1)); } catch (error) { value = null; }
      if (!Object.prototype.hasOwnProperty.call(keys, name) || value === null || !keys[name].allows(value)) {
        wrong.push(part.slice(0, 40));
      } else { given[name] = value; }
    });
    var names = order.filter(function (name) {
      var value = name in given ? given[name] : keys[name].first, other = keys[name].value !== value;
      keys[name].value = value;
      return other;
    });
    tell(names);
    return wrong;
  };
}());
