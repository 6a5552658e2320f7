"use strict";
/* Texts by their key in the language that is chosen, and numbers as that language writes them. */
(function () {
  var DAY = 86400000, language = "en", formats = {};

  function number(options) {
    var key = language + JSON.stringify(options);
    formats[key] = formats[key] || new Intl.NumberFormat(language, options);
    return formats[key];
  }

  /* How a number is shown; the rounding is stated in the footer. */
  Lesson.formats = {
    count: function (x) { return number({ maximumFractionDigits: 0 }).format(x); },
    few: function (x) { return number({ maximumFractionDigits: 1 }).format(x); },
    score: function (x) { return number({ maximumFractionDigits: 3 }).format(x); },
    percent: function (x) {
      return number({ style: "percent", maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(x);
    },
    share: function (x) { return number({ style: "percent", maximumFractionDigits: 1 }).format(x); },
    whole: function (x) { return number({ style: "percent", maximumFractionDigits: 0 }).format(x); },
    money: function (x) { return number({ style: "currency", currency: "USD", maximumFractionDigits: 0 }).format(x); },
    cents: function (x) {
      return number({ style: "currency", currency: "USD", minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(x);
    },
    people: function (x) { return Lesson.formats.few(10000 * x); },
    date: function (x) {
      var at = new Date(Date.parse(Lesson.data.start + "T00:00:00Z") + x * DAY);
      return new Intl.DateTimeFormat(language, { day: "numeric", month: "long", timeZone: "UTC" }).format(at);
    },
    clock: function (x) {
      var minutes = Math.floor(x / 60);
      return ("0" + Math.floor(minutes / 60)).slice(-2) + ":" + ("0" + (minutes % 60)).slice(-2);
    }
  };

  Lesson.format = function (x, kind) {
    if (x === null || x === undefined || (typeof x === "number" && !isFinite(x))) { return Lesson.say("page.undefined"); }
    return typeof x === "number" ? Lesson.formats[kind || "count"](x) : String(x);
  };

  function found(key, texts) {
    return key.split(".").reduce(function (part, name) {
      return part === undefined || part === null ? undefined : part[name];
    }, texts);
  }

  /* Whether some language has this text. */
  Lesson.has = function (key) { return found(key, Lesson.texts.en) !== undefined; };

  /* A text, its places {name} and {name:format} filled; what a language lacks is said in English. */
  Lesson.say = function (key, values) {
    var text = found(key, Lesson.texts[language]);
    if (text === undefined) { text = found(key, Lesson.texts.en); }
    if (text === undefined) { return key; }
    if (typeof text !== "string") { return text; }
    var all = Object.assign({}, Lesson.words, values);
    return text.replace(/\{(\w+)(?::(\w+))?\}/g, function (place, name, kind) {
      if (!(name in all)) { return place; }
      return Lesson.format(all[name], kind);
    });
  };

  /* The name of something that runs are called by, such as a detector; itself where no text has it. */
  Lesson.name = function (kind, value) {
    var text = found("names." + kind, Lesson.texts[language]) || {};
    var english = found("names." + kind, Lesson.texts.en) || {};
    return text[value] || english[value] || String(value);
  };

  Lesson.language = function (chosen) {
    if (chosen) {
      language = chosen;
      document.documentElement.lang = chosen;
    }
    return language;
  };

  /* What every text may speak of. */
  var data = Lesson.data;
  Lesson.span = function (n) { return n === 1 ? String(data.seed) : data.seed + "–" + (data.seed + n - 1); };
  Lesson.words = Object.assign({}, data.record.facts, {
    scenario: data.scenario, scale: String(data.scale), days: data.days, version: data.version,
    baselines: data.baselines.slice(0, 12), public: data.n_organic, core: data.n_core, amplifiers: data.n_amplifiers,
    seeds: Lesson.span(data.seeds), n_seeds: data.seeds, operator_seeds: Lesson.span(data.operator_seeds), threshold: data.threshold,
    first_seed: data.seed, delay_hours: data.delay_hours, cadence_hours: data.cadence_hours
  });
}());
