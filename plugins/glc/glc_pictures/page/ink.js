// Rows as lines: counted into a buffer of pixels for each class, whose logarithm is the ink.
"use strict";

const canvas = document.getElementById("picture");

// The counts of a pixel's classes lie side by side, and are kept from picture to picture.
let counts = new Int32Array(0);

class Ink {
  constructor() {
    this.width = canvas.width;
    this.height = canvas.height;
    this.classes = data.classes.length;
    const size = this.width * this.height * this.classes;
    if (counts.length === size) counts.fill(0);
    else counts = new Int32Array(size);
  }
  straight(c, x0, y0, x1, y1, times) {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    const dx = (x1 - x0) / steps, dy = (y1 - y0) / steps;
    let x = x0, y = y0;
    for (let s = 0; s < steps; ++s, x += dx, y += dy) this.put(c, x, y, times);
  }
  // A cubic whose middle points stand over its ends, as high as `up` and `other`.
  arc(c, x0, x1, y, up, other, times) {
    const wide = x1 - x0, steps = Math.max(8, Math.ceil(Math.max(Math.abs(wide), (Math.abs(up) + Math.abs(other)) / 3)));
    for (let s = 0; s <= steps; ++s) {
      const t = s / steps;
      this.put(c, x0 + wide * t * t * (3 - 2 * t), y + 3 * t * (1 - t) * (up + (other - up) * t), times);
    }
  }
  put(c, x, y, times) {
    const i = x | 0, j = y | 0;
    if (i >= 0 && i < this.width && j >= 0 && j < this.height) counts[(j * this.width + i) * this.classes + c] += times;
  }
  // Of n lines: a quarter of the ink for one, all of it for the most of the class, or for 4096.
  strengths() {
    const most = new Int32Array(this.classes).fill(1);
    for (let at = 0; at < counts.length; at += this.classes)
      for (let c = 0; c < this.classes; ++c) if (counts[at + c] > most[c]) most[c] = counts[at + c];
    return Array.from(most, (m) => {
      const table = new Float32Array(Math.min(m, 4096) + 1), whole = Math.log1p(table.length - 1);
      for (let n = 1; n < table.length; ++n) table[n] = 0.25 + 0.75 * Math.log1p(n) / whole;
      return table;
    });
  }
  show(context) {
    const image = context.createImageData(this.width, this.height), out = new Uint32Array(image.data.buffer);
    out.fill(0xffffffff);
    const strength = this.strengths(), classes = this.classes;
    for (let p = 0, at = 0; p < out.length; ++p, at += classes) {
      let r = 255, g = 255, b = 255, inked = false;
      for (let c = 0; c < classes; ++c) {
        const n = counts[at + c];
        if (n === 0) continue;
        inked = true;
        const table = strength[c], a = table[n < table.length ? n : table.length - 1], color = COLORS[c % COLORS.length];
        r += (color[0] - r) * a; g += (color[1] - g) * a; b += (color[2] - b) * a;
      }
      if (inked) out[p] = 0xff000000 | b << 16 | g << 8 | r;
    }
    context.putImageData(image, 0, 0);
  }
}
