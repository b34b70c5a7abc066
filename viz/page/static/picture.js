/* The picture: what is known on each card, what is lit, arrows the way the number flows; zoom, and a small map. */

function pictured(image, frame, map, model, say) {
  const svg = image && opened(image);
  if (!svg) {
    frame.hidden = map.hidden = true;
    const nothing = () => {};
    return { show: nothing, light: nothing, path: nothing, zoom: nothing, first: nothing, reveal: nothing, runs: nothing, nodeAt: () => null };
  }
  frame.append(svg);
  for (const size of svg.querySelectorAll(".shape")) size.textContent = say.phrase(size.textContent);
  const NS = "http://www.w3.org/2000/svg";
  const natural = svg.viewBox.baseVal.width * (4 / 3);
  const tall = svg.viewBox.baseVal.height * (4 / 3);
  const part = (name) => svg.getElementById(name);
  const cardOf = model.nodes.map((node) => part(`n${node.index}`));
  const edges = new Map();
  for (const group of svg.querySelectorAll("g.edge")) edges.set(group.id, group);
  const edgeOf = (node, slot) => edges.get(`e${node}_${slot}`);
  let scale = 1;
  let follows = false;

  function opened(from) {
    const made = from.src ? decoded(from.getAttribute("src")) : from.cloneNode(true);
    made.querySelector("style").remove();
    made.removeAttribute("height");
    made.removeAttribute("width");
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", from.alt || from.getAttribute("aria-label"));
    return made;
  }
  function decoded(source) {
    const text = decodeURIComponent(source.slice(source.indexOf(",") + 1));
    return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  }

  /* An array as the cards show it: row by row, or its range. */
  function lines(x) {
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

  const write = (card, field, texts) =>
    card.querySelectorAll("." + field).forEach((text, i) => {
      const now = texts[i] || "";
      if (text.textContent !== now) text.textContent = now;
    });

  /* The numbers that are known after a step, but for those that are asked for. */
  function show(step, known, asked = () => false, held = (index) => model.values[index]) {
    for (const node of model.nodes) {
      const card = cardOf[node.index];
      if (!card) continue;
      const computed = model.rank[node.index] <= step.computed;
      write(card, "data", asked(node.index, "data") ? ["?"] : computed ? lines(held(node.index)) : ["–"]);
      card.classList.toggle("pending", !computed);
      if (!node.wants) continue;
      const texts = asked(node.index, "grad") ? ["?"] : lines(known.grads[node.index]);
      write(card, "grad", [`∂ ${texts[0]}`, ...texts.slice(1)]);
      const total = model.totals[node.index];
      const arrived = known.arrived[node.index];
      const begun = step.events >= 0 && (arrived > 0 || node.index === model.output);
      card.classList.toggle("partial", begun && arrived < total);
      card.classList.toggle("complete", begun && arrived === total);
      tally(card, total > 1 && arrived > 0 ? `${arrived}/${total}` : "");
    }
    for (const [id, group] of edges) {
      const [node] = id.slice(1).split("_").map(Number);
      group.classList.toggle("waiting", model.rank[node] > step.computed);
    }
    for (const node of model.nodes) { /* constants of another run */
      node.inputs.forEach((x, slot) => {
        const card = x.node === undefined && part(`c${node.index}_${slot}`);
        if (card) write(card, "data", lines(x.constant));
      });
    }
    const flowed = new Set(model.events.slice(0, Math.max(step.events, 0)).map((e) => `e${e.node}_${e.slot}`));
    for (const [id, group] of edges) group.classList.toggle("flowed", flowed.has(id));
    drawMap(step);
  }

  /* Another run of the same computation: its numbers, and what differs. */
  function runs(other, differing) {
    model = other;
    for (const [index, card] of cardOf.entries()) if (card) card.classList.toggle("differs", differing.includes(index));
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

  function pill(group, text, backwards) {
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
    middle.y -= 11; /* above the line, so that its arrow is seen */
    made.setAttribute("transform", `translate(${middle.x} ${middle.y})`);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || !made.animate) return;
    const points = Array.from({ length: 9 }, (_, k) => path.getPointAtLength((length * (backwards ? 8 - k : k)) / 16 + (backwards ? length / 2 : 0)));
    points.push(middle);
    const frames = points.map((p) => ({ transform: `translate(${p.x}px, ${p.y}px)` }));
    made.animate(frames, { duration: 450, easing: "ease-out" });
  }

  function light(step, before, hidden) {
    for (const one of svg.querySelectorAll(".now, .from, .lit, .path")) one.classList.remove("now", "from", "lit", "path");
    for (const one of svg.querySelectorAll(".pill")) one.remove();
    const on = (element, name) => element && element.classList.add(name);
    const few = step.nodes.length === 1;
    for (const index of step.nodes) on(cardOf[index], "now");
    if (step.kind === "forward") {
      for (const index of step.nodes) {
        model.nodes[index].inputs.forEach((x, slot) => {
          const edge = edgeOf(index, slot);
          on(edge, "lit");
          on(x.node === undefined ? part(`c${index}_${slot}`) : cardOf[x.node], "from");
          const value = x.node === undefined ? x.constant : model.values[x.node];
          if (edge && few && model.nodes[index].inputs.length < 5) pill(edge, carried(value), false);
        });
      }
    }
    for (let k = step.first; step.kind === "backward" && k < step.events; k += 1) {
      const { node, slot } = model.events[k];
      const edge = edgeOf(node, slot);
      on(cardOf[node], "from");
      on(edge, "lit");
      if (!edge) continue;
      backArrow(edge);
      const paid = model.contribution(k, before.grads[node]);
      if (step.events - step.first === 1) pill(edge, hidden ? "?" : carried(paid), true);
    }
    for (const index of step.nodes) cardOf[index] && cardOf[index].classList.remove("from");
    frame.dataset.kind = step.kind;
  }

  /* All that a node is computed from, or all that it goes into. */
  function path(nodes) {
    for (const one of svg.querySelectorAll(".path")) one.classList.remove("path");
    if (!nodes) return svg.classList.remove("tracing");
    svg.classList.add("tracing");
    for (const index of nodes) {
      if (cardOf[index]) cardOf[index].classList.add("path");
      model.nodes[index].inputs.forEach((x, slot) => {
        const edge = edgeOf(index, slot);
        if (edge && nodes.has(x.node)) edge.classList.add("path");
      });
    }
  }

  function reveal(nodes) {
    const card = nodes.map((index) => cardOf[index]).find(Boolean);
    if (!card) return;
    const [inner, outer] = [card.getBoundingClientRect(), frame.getBoundingClientRect()];
    const near = (a, b, from, to) => (a < from + 30 ? a - from - 60 : b > to - 30 ? b - to + 60 : 0);
    frame.scrollBy({
      left: near(inner.left, inner.right, outer.left, outer.right),
      top: near(inner.top, inner.bottom, outer.top, outer.bottom),
    });
  }

  const fitting = () => Math.min(1, (frame.clientWidth - 20) / natural, (frame.clientHeight ? Math.max(frame.clientHeight, 520) - 20 : 540) / tall);
  function resize(to) {
    const [x, y] = [(frame.scrollLeft + frame.clientWidth / 2) / scale, (frame.scrollTop + frame.clientHeight / 2) / scale];
    scale = Math.max(0.08, Math.min(3, to));
    svg.style.width = `${natural * scale}px`;
    frame.scrollTo(x * scale - frame.clientWidth / 2, y * scale - frame.clientHeight / 2);
    drawView();
  }
  function zoom(how) {
    if (how === "fit") resize(fitting());
    else resize(how === "in" ? scale * 1.3 : scale / 1.3);
  }
  function first() {
    const fit = fitting();
    resize(fit >= 0.55 ? fit : Math.min(0.8, 1));
  }

  /* The map: every card as a block, and the part that is seen. */
  const box = svg.viewBox.baseVal;
  const blocks = new Map();
  const mapped = map.appendChild(document.createElementNS(NS, "svg"));
  mapped.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  const view = document.createElementNS(NS, "rect");
  view.setAttribute("class", "view");
  function buildMap() {
    const to = svg.getScreenCTM();
    if (!to || blocks.size) return;
    for (const [index, card] of cardOf.entries()) {
      if (!card) continue;
      const [rect, own] = [card.querySelector(".box").getBBox(), card.getCTM()];
      const root = svg.getCTM().inverse().multiply(own);
      const block = mapped.appendChild(document.createElementNS(NS, "rect"));
      const place = { x: rect.x * root.a + root.e, y: rect.y * root.d + root.f, width: rect.width * root.a, height: rect.height * root.d };
      for (const [name, value] of Object.entries(place)) block.setAttribute(name, value);
      blocks.set(index, block);
    }
    mapped.append(view);
  }
  function drawMap(step) {
    if (map.hidden) return;
    buildMap();
    for (const [index, block] of blocks) {
      const card = cardOf[index];
      const state = step.nodes.includes(index) ? "now" : card.classList.contains("complete") ? "complete" : card.classList.contains("pending") ? "pending" : "";
      block.setAttribute("class", state);
    }
  }
  function drawView() {
    const small = frame.scrollWidth <= frame.clientWidth + 2 && frame.scrollHeight <= frame.clientHeight + 2;
    map.hidden = small;
    if (small) return;
    buildMap();
    const unit = box.width / (natural * scale);
    const place = { x: box.x + frame.scrollLeft * unit, y: box.y + frame.scrollTop * unit, width: frame.clientWidth * unit, height: frame.clientHeight * unit };
    for (const [name, value] of Object.entries(place)) view.setAttribute(name, value);
  }
  frame.addEventListener("scroll", drawView, { passive: true });
  mapped.addEventListener("pointerdown", (event) => {
    const rect = mapped.getBoundingClientRect();
    const move = (e) => {
      const [x, y] = [(e.clientX - rect.left) / rect.width, (e.clientY - rect.top) / rect.height];
      frame.scrollTo(x * natural * scale - frame.clientWidth / 2, y * tall * scale - frame.clientHeight / 2);
    };
    move(event);
    mapped.onpointermove = (e) => e.buttons && move(e);
  });

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
