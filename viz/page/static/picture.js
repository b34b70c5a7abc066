/* A picture: what is known on each card, what is lit, arrows the way the number flows; zoom, and a small map.
   Where its SVG comes from is not known to it: from Graphviz, with every card from the start, or laid out around the step. */

const zooming = (say) =>
  ["out", "in", "fit"].map((how) => {
    const title = escape(say(how === "fit" ? "fit" : `zoom_${how}`));
    return `<button type="button" data-zoom="${how}" aria-label="${title}" title="${title}">${{ out: "−", in: "+", fit: "⤢" }[how]}</button>`;
  }).join("");

/* Graphviz's picture, which stands in the page. */
function standing(image, frame, map, say) {
  if (!image) {
    frame.hidden = map.hidden = true;
    return null;
  }
  const svg = image.src ? decoded(image.getAttribute("src")) : image.cloneNode(true);
  svg.querySelector("style").remove();
  svg.removeAttribute("height");
  svg.removeAttribute("width");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", image.alt || image.getAttribute("aria-label"));
  function decoded(source) {
    const text = decodeURIComponent(source.slice(source.indexOf(",") + 1));
    return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  }
  for (const size of svg.querySelectorAll(".shape")) size.textContent = say.phrase(size.textContent);
  return { svg, whole: minimap(map, frame, svg), follow: () => {}, least: 0.7 };
}

/* A name that is too long loses its beginning: it is at the end that the weights of a layer differ. */
function fitted(name, fits) {
  if (fits(name)) return name;
  const letters = [...name.replace(/^…/, "")];
  do letters.shift();
  while (letters.length > 1 && (/^\p{M}/u.test(letters[0]) || !fits(`…${letters.join("")}`)));
  return `…${letters.join("")}`;
}

/* An array as the cards show it: row by row, or its range. */
function lines(x, say) {
  if (x === null || x === undefined) return ["–"];
  if (typeof x !== "object") return [format(x)];
  if (!x.s.length) return [format(x.d[0])];
  if (!x.d.length) return [say("empty")];
  const last = x.s[x.s.length - 1];
  const whole = x.s.reduce((a, b) => a * b, 1) === x.d.length;
  if (!whole || x.s.length > 2 || last > 4 || x.d.length > 12) return [say("range", { low: format(x.lo, 3), high: format(x.hi, 3) })];
  const rows = [];
  for (let k = 0; k < x.d.length; k += last) rows.push(`[${x.d.slice(k, k + last).map((v) => format(v, 3)).join(", ")}]`);
  return rows;
}

/* The map: every card as a block, and the part that is seen. */
function minimap(map, frame, svg) {
  const NS = "http://www.w3.org/2000/svg";
  const box = svg.viewBox.baseVal;
  const blocks = new Map();
  const mapped = map.appendChild(document.createElementNS(NS, "svg"));
  mapped.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  mapped.style.width = `${Math.min(200, (60 * box.width) / box.height)}px`;
  const view = document.createElementNS(NS, "rect");
  view.setAttribute("class", "view");
  const put = (rect, place) => Object.entries(place).forEach(([name, value]) => rect.setAttribute(name, value));
  function build() {
    if (!svg.getScreenCTM() || blocks.size) return;
    for (const card of svg.querySelectorAll("g.node[id^=n]")) {
      const rect = card.querySelector(".box").getBBox();
      const root = svg.getCTM().inverse().multiply(card.getCTM());
      const block = mapped.appendChild(document.createElementNS(NS, "rect"));
      put(block, { x: rect.x * root.a + root.e, y: rect.y * root.d + root.f, width: rect.width * root.a, height: rect.height * root.d });
      blocks.set(Number(card.id.slice(1)), block);
    }
    mapped.append(view);
  }
  function show(step, cards) {
    if (map.hidden) return;
    build();
    for (const [index, block] of blocks) {
      const is = (state) => cards.get(index).classList.contains(state);
      block.setAttribute("class", step.nodes.includes(index) ? "now" : is("complete") ? "complete" : is("pending") ? "pending" : "");
    }
  }
  function moved() {
    map.hidden = frame.scrollWidth <= frame.clientWidth + 2 && frame.scrollHeight <= frame.clientHeight + 2;
    if (map.hidden) return;
    build();
    const unit = box.width / svg.getBoundingClientRect().width;
    put(view, { x: box.x + frame.scrollLeft * unit, y: box.y + frame.scrollTop * unit, width: frame.clientWidth * unit, height: frame.clientHeight * unit });
  }
  mapped.addEventListener("pointerdown", (event) => {
    const rect = mapped.getBoundingClientRect();
    const move = (e) => {
      const [x, y] = [(e.clientX - rect.left) / rect.width, (e.clientY - rect.top) / rect.height];
      const { width, height } = svg.getBoundingClientRect();
      frame.scrollTo(x * width - frame.clientWidth / 2, y * height - frame.clientHeight / 2);
    };
    move(event);
    mapped.onpointermove = (e) => e.buttons && move(e);
  });
  return { show, moved };
}

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function pictured(source, frame, model, say) {
  if (!source) {
    const nothing = () => {};
    return { show: nothing, light: nothing, path: nothing, zoom: nothing, first: nothing, reveal: nothing, runs: nothing, nodeAt: () => null };
  }
  const { svg, whole } = source;
  frame.append(svg);
  const NS = "http://www.w3.org/2000/svg";
  const natural = () => svg.viewBox.baseVal.width * (4 / 3);
  const tall = () => svg.viewBox.baseVal.height * (4 / 3);
  let cards, edges, constants; /* what is in the picture: nodes by their index, edges and constants by node and slot */
  let scale = 1;
  const places = (id) => id.slice(1).split("_").map(Number);
  function read() {
    cards = new Map();
    edges = new Map();
    constants = [];
    for (const group of svg.querySelectorAll("g.edge")) edges.set(group.id, group);
    for (const group of svg.querySelectorAll("g.node")) {
      if (group.id[0] === "n") {
        const index = Number(group.id.slice(1));
        cards.set(index, group);
        if (!group.querySelector("title")) group.insertAdjacentHTML("afterbegin", `<title>${escape(model.nodes[index].whole)}</title>`);
      }
      if (group.id[0] === "c") constants.push(group);
    }
  }
  read();
  const edgeOf = (node, slot) => edges.get(`e${node}_${slot}`);
  const constantOf = (node, slot) => constants.find((one) => one.id === `c${node}_${slot}`);

  const last = {}; /* what was shown, lit and traced */
  function drawn(again) {
    read();
    resize(scale);
    if (!again) return;
    show(...last.shown);
    light(...last.lit);
    path(last.path);
  }

  const write = (card, field, texts) =>
    card.querySelectorAll("." + field).forEach((text, i) => {
      const now = texts[i] || "";
      if (text.textContent !== now) text.textContent = now;
    });

  /* The numbers that are known after a step, but for those that are asked for. */
  function show(step, known, asked = () => false, held = (index) => model.values[index]) {
    source.follow(step, model, drawn);
    last.shown = [step, known, asked, held];
    for (const [index, card] of cards) {
      const computed = model.rank[index] <= step.computed;
      write(card, "data", asked(index, "data") ? ["?"] : computed ? lines(held(index), say) : ["–"]);
      card.classList.toggle("pending", !computed);
      if (!model.nodes[index].wants) continue;
      const texts = asked(index, "grad") ? ["?"] : lines(known.grads[index], say);
      write(card, "grad", [`∂ ${texts[0]}`, ...texts.slice(1)]);
      const total = model.totals[index];
      const arrived = known.arrived[index];
      const begun = step.events >= 0 && (arrived > 0 || index === model.output);
      card.classList.toggle("partial", begun && arrived < total);
      card.classList.toggle("complete", begun && arrived === total);
      tally(card, total > 1 && arrived > 0 ? `${arrived}/${total}` : "");
    }
    for (const card of constants) { /* they may be of another run */
      const [node, slot] = places(card.id);
      write(card, "data", lines(model.nodes[node].inputs[slot].constant, say));
    }
    if (last.events !== model.events) last.order = new Map((last.events = model.events).map((event, k) => [`e${event.node}_${event.slot}`, k]));
    for (const [id, group] of edges) {
      group.classList.toggle("waiting", model.rank[places(id)[0]] > step.computed);
      group.classList.toggle("flowed", last.order.get(id) < step.events);
    }
    whole.show(step, cards);
  }

  /* Another run of the same computation: its numbers, and what differs. */
  function runs(other, differing) {
    model = other;
    for (const [index, card] of cards) card.classList.toggle("differs", differing.includes(index));
  }

  /* How many contributions have come, under the card. */
  function tally(card, text) {
    let mark = card.querySelector(".tally");
    if (!mark && !text) return;
    if (!mark) {
      const box = card.querySelector(".box").getBBox();
      mark = card.appendChild(document.createElementNS(NS, "text"));
      mark.setAttribute("class", "tally");
      mark.setAttribute("x", box.x + box.width - 1);
      mark.setAttribute("y", box.y + box.height + 8);
    }
    mark.textContent = text;
  }

  /* An arrow at the other end of an edge, for what flows back. */
  function backArrow(group) {
    if (group.querySelector(".back")) return;
    const path = group.querySelector("path");
    const [tip, base] = [path.getPointAtLength(0), path.getPointAtLength(9)];
    const size = Math.hypot(tip.x - base.x, tip.y - base.y) || 1;
    const [x, y] = [(-(tip.y - base.y) / size) * 4.5, ((tip.x - base.x) / size) * 4.5];
    const arrow = group.appendChild(document.createElementNS(NS, "polygon"));
    arrow.setAttribute("class", "back");
    arrow.setAttribute("points", `${tip.x},${tip.y} ${base.x + x},${base.y + y} ${base.x - x},${base.y - y}`);
  }

  /* What is on its way along an edge: a number, or of an array its shape. */
  const carried = (x) => (typeof x === "number" || typeof x === "boolean" ? format(x) : x.s.join("×"));

  function pill(group, text, backwards, side = -1) {
    const path = group.querySelector("path");
    const length = path.getTotalLength();
    const middle = path.getPointAtLength(length / 2);
    const made = svg.querySelector(".graph").appendChild(document.createElementNS(NS, "g"));
    made.setAttribute("class", "pill");
    const label = document.createElementNS(NS, "text");
    label.textContent = text;
    const width = text.length * 5.6 + 8;
    const box = document.createElementNS(NS, "rect");
    for (const [name, value] of Object.entries({ x: -width / 2, y: -7.5, width, height: 15, rx: 7 })) box.setAttribute(name, value);
    label.setAttribute("y", 3.6);
    made.append(box, label);
    middle.y += 11 * side; /* above the line, so that its arrow is seen; of two edges of one node below the second */
    made.setAttribute("transform", `translate(${middle.x} ${middle.y})`);
    if (isCalm()) return;
    const points = Array.from({ length: 9 }, (_, k) => path.getPointAtLength((length * (backwards ? 8 - k : k)) / 16 + (backwards ? length / 2 : 0)));
    points.push(middle);
    const frames = points.map((p) => ({ transform: `translate(${p.x}px, ${p.y}px)` }));
    made.animate(frames, { duration: 450, easing: "ease-out" });
  }

  function light(step, before, hidden) {
    last.lit = [step, before, hidden];
    for (const one of svg.querySelectorAll(".now, .from, .lit, .path")) one.classList.remove("now", "from", "lit", "path");
    for (const one of svg.querySelectorAll(".pill")) one.remove();
    const on = (element, name) => element && element.classList.add(name);
    const few = step.nodes.length === 1;
    for (const index of step.nodes) on(cards.get(index), "now");
    if (step.kind === "forward") {
      for (const index of step.nodes) {
        model.nodes[index].inputs.forEach((x, slot) => {
          const edge = edgeOf(index, slot);
          on(edge, "lit");
          on(x.node === undefined ? constantOf(index, slot) : cards.get(x.node), "from");
          const value = x.node === undefined ? x.constant : model.values[x.node];
          const isAgain = x.node !== undefined && model.nodes[index].inputs.findIndex((one) => one.node === x.node) < slot;
          if (edge && few && model.nodes[index].inputs.length < 5) pill(edge, carried(value), false, isAgain ? 1 : -1);
        });
      }
    }
    for (let k = step.first; step.kind === "backward" && k < step.events; k += 1) {
      const { node, slot } = model.events[k];
      const edge = edgeOf(node, slot);
      on(cards.get(node), "from");
      on(edge, "lit");
      if (!edge) continue;
      backArrow(edge);
      const paid = model.contribution(k, before.grads[node]);
      if (step.events - step.first === 1) pill(edge, hidden ? "?" : carried(paid), true);
    }
    for (const index of step.nodes) cards.get(index)?.classList.remove("from");
    frame.dataset.kind = step.kind;
  }

  /* All that a node is computed from, or all that it goes into. */
  function path(nodes) {
    last.path = nodes;
    for (const one of svg.querySelectorAll(".path")) one.classList.remove("path");
    svg.classList.toggle("tracing", Boolean(nodes));
    for (const index of nodes || []) {
      cards.get(index)?.classList.add("path");
      model.nodes[index].inputs.forEach((x, slot) => nodes.has(x.node) && edgeOf(index, slot)?.classList.add("path"));
    }
  }

  /* What is lit is to be seen, as much of it as there is room for: at least the first of these cards. */
  function reveal(nodes) {
    const card = nodes.map((index) => cards.get(index)).find(Boolean);
    if (!card) return;
    const around = [card, ...svg.querySelectorAll(".node.now, .node.from")].map((one) => one.getBoundingClientRect());
    const outer = frame.getBoundingClientRect();
    const shift = (from, to, room) => {
      const near = (a, b) => (a < outer[from] + 30 ? a - outer[from] - 60 : b > outer[to] - 30 ? b - outer[to] + 60 : 0);
      const [a, b] = [Math.min(...around.map((one) => one[from])), Math.max(...around.map((one) => one[to]))];
      return b - a < room - 60 ? near(a, b) : near(around[0][from], around[0][to]);
    };
    frame.scrollBy({ left: shift("left", "right", outer.width), top: shift("top", "bottom", outer.height) });
  }

  const fitting = () => Math.min(1, (frame.clientWidth - 20) / natural(), (frame.clientHeight ? Math.max(frame.clientHeight, 520) - 28 : 532) / tall());
  function resize(to) {
    const [x, y] = [(frame.scrollLeft + frame.clientWidth / 2) / scale, (frame.scrollTop + frame.clientHeight / 2) / scale];
    scale = Math.max(0.08, Math.min(3, to));
    svg.style.width = `${natural() * scale}px`;
    frame.scrollTo(x * scale - frame.clientWidth / 2, y * scale - frame.clientHeight / 2);
    whole.moved();
  }
  function zoom(how) {
    if (how === "fit") resize(fitting());
    else resize(how === "in" ? scale * 1.3 : scale / 1.3);
  }
  function first() {
    const fit = fitting();
    resize(fit >= source.least ? fit : 0.8); /* a text that is smaller cannot be read */
  }

  frame.addEventListener("scroll", () => whole.moved(), { passive: true });

  /* Dragging pans. */
  let held = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) held = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
  });
  frame.addEventListener("pointermove", (event) => {
    if (held && event.buttons) frame.scrollTo(held[2] - event.clientX + held[0], held[3] - event.clientY + held[1]);
    else held = null;
  });

  const nodeAt = (element) => {
    const card = element.closest && element.closest(".node");
    return card && /^n\d+$/.test(card.id) ? Number(card.id.slice(1)) : null;
  };
  return { show, light, path, zoom, first, reveal, runs, nodeAt };
}
