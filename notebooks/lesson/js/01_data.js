"use strict";
/* The one global of the page: what it holds, and everything that the other scripts add to it. */
var Lesson = { chapters: [] };

(function () {
  function parsed(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  var TYPES = {
    Float64Array: Float64Array, Float32Array: Float32Array, Int32Array: Int32Array, Uint8Array: Uint8Array
  };
  var text = atob(document.getElementById("arrays").textContent.trim());
  var bytes = new Uint8Array(text.length);
  for (var i = 0; i < text.length; i += 1) { bytes[i] = text.charCodeAt(i); }
  var made = {};

  Lesson.data = parsed("data");
  Lesson.texts = parsed("texts");

  /* An array by name: its shape, its values, and at(i, j, ...), one of them. */
  Lesson.array = function (name) {
    if (!made[name]) {
      var place = Lesson.data.arrays[name], shape = place[1];
      var size = shape.reduce(function (all, n) { return all * n; }, 1);
      var values = new TYPES[place[0]](bytes.buffer, place[2], size);
      made[name] = {
        shape: shape, values: values,
        at: function () {
          var where = 0;
          for (var d = 0; d < shape.length; d += 1) { where = where * shape[d] + arguments[d]; }
          return values[where];
        }
      };
    }
    return made[name];
  };

  Lesson.mean = function (values) {
    if (!values.length) { return NaN; }
    return values.reduce(function (all, one) { return all + one; }, 0) / values.length;
  };

  /* The values of a measure at a point of a part, one for each seed. */
  Lesson.seeds = function (part, point, measure) {
    var array = Lesson.array(part), column = Lesson.data.measures[part].indexOf(measure), found = [];
    for (var seed = 0; seed < array.shape[1]; seed += 1) { found.push(array.at(point, seed, column)); }
    return found;
  };

  /* The mean over seeds, or over some of them: from the first, up to the last excluded. */
  Lesson.measure = function (part, point, measure, first, last) {
    return Lesson.mean(Lesson.seeds(part, point, measure).slice(first || 0, last));
  };

  /* Of each day, the mean over seeds of a measure: of the run, or of its unenforced twin. One seed, if it is given. */
  Lesson.days = function (part, point, measure, twin, seed) {
    var array = Lesson.array(part + "_days"), column = Lesson.data.measures.days.indexOf(measure), found = [];
    for (var day = 0; day < array.shape[4]; day += 1) {
      var values = [];
      for (var i = 0; i < array.shape[1]; i += 1) {
        if (seed === undefined || seed === i) { values.push(array.at(point, i, twin ? 1 : 0, column, day)); }
      }
      found.push(Lesson.mean(values));
    }
    return found;
  };

  /* The number of the point of a part that has these names. */
  Lesson.point = function (part, names) {
    var wanted = JSON.stringify(names);
    return Lesson.data.names[part].findIndex(function (one) { return JSON.stringify(one) === wanted; });
  };
}());
