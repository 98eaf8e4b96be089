// Looks at a loaded page as it is rendered. Returns {height, texts, findings}; a finding says what is wrong and where.
(function (limits) {
  const findings = [];
  const seen = new Set();
  function say(what, text, detail) {
    const key = what + "|" + detail;
    if (seen.has(key) || findings.length >= 40) return;
    seen.add(key);
    findings.push(what + ": \u201c" + text.trim().replace(/\s+/g, " ").slice(0, 60) + "\u201d " + detail);
  }
  const width = document.documentElement.clientWidth;
  const root = document.scrollingElement;
  if (root.scrollWidth > width + 1)
    findings.push("the page is " + root.scrollWidth + " px wide on a screen of " + width + " px");

  function colour(text) {
    const m = /rgba?\(([^)]+)\)/.exec(text);
    if (m) {
      const p = m[1].split(/[ ,/]+/).map(Number);
      return [p[0], p[1], p[2], p.length > 3 ? p[3] : 1];
    }
    const s = /color\(srgb ([^)]+)\)/.exec(text);
    if (!s) return null;
    const p = s[1].split(/[ /]+/).map(Number);
    return [255 * p[0], 255 * p[1], 255 * p[2], p.length > 3 ? p[3] : 1];
  }
  function over(top, below) {
    return [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  }
  function background(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c && c[3] > 0) layers.push(c);
      if (c && c[3] === 1) break;
    }
    let out = [255, 255, 255, 1];
    for (const layer of layers.reverse()) out = over(layer, out);
    return out;
  }
  function luminance(c) {
    const [r, g, b] = c.slice(0, 3).map(v => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(a, b) {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }
  // What cuts off an element's overflow: its nearest clipping ancestors.
  function clips(element) {
    const out = [];
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      const is_drawing = e.tagName === "svg";
      if (style.overflowX !== "visible" || (is_drawing && style.overflow !== "visible")) out.push(e.getBoundingClientRect());
      else if (is_drawing && e.classList.contains("plot")) out.push(e.getBoundingClientRect());
    }
    return out;
  }

  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.nodeValue.trim() || element.closest("script,style,title,desc,defs")) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = Array.from(range.getClientRects()).filter(b => b.width > 0 && b.height > 0);
    if (boxes.length === 0) continue;
    ++texts;
    const text = node.nodeValue, name = element.tagName.toLowerCase() + (element.className.baseVal ?? element.className);
    let size = parseFloat(style.fontSize);
    const drawing = element.closest("svg");
    if (drawing && element.getScreenCTM) {
      const matrix = element.getScreenCTM();
      size *= Math.hypot(matrix.b, matrix.a);
    }
    if (size < limits.font) say("text of " + size.toFixed(1) + " px", text, name);
    if (size > limits.largest && !/^H[12]$/.test(element.tagName)) say("text of " + size.toFixed(1) + " px", text, name);
    const cuts = clips(element);
    for (const box of boxes) {
      if (box.left < -1 || box.right > width + 1)
        say("text outside of the screen", text, name + " " + box.left.toFixed(0) + ".." + box.right.toFixed(0));
      for (const cut of cuts)
        if (box.left < cut.left - 1 || box.right > cut.right + 1 || box.top < cut.top - 2 || box.bottom > cut.bottom + 2)
          say("text cut off", text, name);
    }
    // A line that ends within a word, where only words may be parted.
    if (!drawing && boxes.length > 1 && !element.closest(".code,pre,code")) {
      const words = text.split(/(\s+)/);
      let at = 0;
      for (const word of words) {
        if (word.trim() && word.length < 30 && !/[-\u2013/,;=]/.test(word.slice(0, -1))) {
          const part = document.createRange();
          part.setStart(node, at);
          part.setEnd(node, at + word.length);
          const lines = new Set(Array.from(part.getClientRects()).filter(b => b.width > 0).map(b => Math.round(b.top)));
          if (lines.size > 1) say("a word broken into lines", word, name);
        }
        at += word.length;
      }
    }
    const ink = colour(drawing ? style.fill : style.color);
    if (ink) {
      const below = background(element);
      const ratio = contrast(over(ink, below), below);
      if (ratio < limits.contrast) say("contrast of " + ratio.toFixed(2), text, name);
    }
  }
  // Texts of one drawing that lie on each other.
  for (const drawing of document.querySelectorAll("svg.plot, .strip svg")) {
    const placed = Array.from(drawing.querySelectorAll("text")).filter(t => t.checkVisibility())
      .map(t => [t, t.getBoundingClientRect()]).filter(p => p[1].width > 0);
    for (let i = 0; i < placed.length; ++i)
      for (let j = i + 1; j < placed.length; ++j) {
        const [a, b] = [placed[i][1], placed[j][1]];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 4)
          say("texts on each other", placed[i][0].textContent + " / " + placed[j][0].textContent, "svg");
      }
  }
  return { height: root.scrollHeight, texts, findings };
})
