/* What is around a step, laid out here: the picture of a graph that is too large to be shown whole. */

function around(lesson, say, first, frame) {
  const MOST = 40; /* cards */
  const SIDE = 10; /* of the inputs of one node, or of its users, that are shown unasked */
  const SIZES = { card: 104, column: 176, row: 60, lane: 14 };
  const LINE = 13;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", say("alternative"));
  svg.setAttribute("font-family", "Arial, Helvetica, Liberation Sans, Arimo, sans-serif");
  svg.setAttribute("font-size", "11");
  svg.setAttribute("text-anchor", "middle");
  svg.innerHTML = '<g class="graph"></g>';
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "bold 11px Arial, Helvetica, Liberation Sans, Arimo, sans-serif";
  let shown = new Set(); /* nodes */
  let needed = []; /* of them those that the step is about */
  let opened = []; /* and those that were asked for */
  let [way, last] = [1, -1]; /* which way the reader goes, and how far it was */
  let order = { rank: null, nodes: [] };
  svg.setAttribute("class", "around");
  frame.classList.add("local");

  const inputsOf = (model, index) => [...new Set(model.nodes[index].inputs.filter((x) => x.node !== undefined).map((x) => x.node))];
  const usersOf = (model, index) => [...new Set(model.nodes[index].users.map(([user]) => user))];

  function inOrder(model) {
    if (order.rank !== model.rank) {
      const nodes = model.nodes.filter((node) => node.form).map((node) => node.index);
      order = { rank: model.rank, nodes: nodes.sort((a, b) => model.rank[a] - model.rank[b]) };
    }
    return order.nodes;
  }

  /* The nodes that each step from this one on is about, or, for who goes back, each before it. */
  function* coming(step, model, way) {
    const isBackward = step.events >= 0;
    const all = isBackward ? model.events : inOrder(model);
    for (let k = (isBackward ? step.events : step.computed + 1) + (way < 0 ? -2 : 0); k >= 0 && k < all.length; k += way) {
      yield isBackward ? [all[k].target, all[k].node] : [all[k], ...inputsOf(model, all[k]).slice(0, SIDE)];
    }
  }

  function about(step, model) {
    const half = MOST / 2;
    if (step.kind === "start") return coming(step, model, 1).next().value ?? [model.output];
    if (step.kind !== "backward") return [...new Set(step.nodes.slice(0, half).flatMap((x) => [x, ...inputsOf(model, x)]))].slice(0, half);
    return [...new Set(model.events.slice(step.first, Math.min(step.events, step.first + half)).flatMap((e) => [e.target, e.node]))].slice(0, half);
  }

  /* What is to be drawn, or nothing if all that the step is about is there already. */
  function wanted(step, model) {
    const found = about(step, model);
    const reached = step.computed + Math.max(step.events, 0);
    [way, last] = [reached < last ? -1 : 1, reached];
    if (found.every((index) => shown.has(index))) {
      needed = found;
      return null;
    }
    [needed, opened] = [found, []];
    return chosen(step, model);
  }

  let [now, redrawn] = [first, null]; /* who reads what was drawn */
  function follow(step, model, then) {
    [now, redrawn] = [model, then];
    for (const one of svg.getAnimations({ subtree: true })) one.finish();
    const found = wanted(step, model);
    if (!found) return;
    move(() => {
      draw(found, model);
      then(false);
    });
  }

  /* Cards that stay move over, and stay where they are if they can. */
  function move(change) {
    const cards = () => [...svg.querySelectorAll("g.node")];
    const at = (card) => card.querySelector(".box").getBoundingClientRect();
    const before = new Map(cards().map((card) => [card.id, at(card)]));
    const moves = () => cards().filter((card) => before.has(card.id)).map((card) => {
      const [was, is] = [before.get(card.id), at(card)];
      return [card, was.x - is.x, was.y - is.y];
    });
    change();
    const found = moves();
    const mean = (k) => found.reduce((sum, each) => sum + each[k], 0) / (found.length || 1);
    frame.scrollBy(-mean(1), -mean(2));
    if (!isCalm()) queueMicrotask(animate); /* once the step is shown, and scrolled to */
    function animate() {
      const unit = svg.getScreenCTM().a;
      const run = (one, frames, easing) => one.animate(frames, { duration: 320, easing });
      for (const [card, x, y] of moves()) {
        const { e, f } = card.transform.baseVal[0].matrix;
        run(card, [[e + x / unit, f + y / unit], [e, f]].map((p) => ({ transform: `translate(${p[0]}px, ${p[1]}px)` })), "ease-out");
      }
      const fresh = [...svg.querySelectorAll("g.edge"), ...cards().filter((card) => !before.has(card.id))];
      for (const one of fresh) run(one, [{ opacity: 0 }, { opacity: 1 }], "ease-in");
    }
  }

  /* What is folded opens. */
  frame.addEventListener("click", (event) => {
    const stub = event.target.closest(".more");
    if (!stub) return;
    event.stopPropagation();
    const found = more(Number(stub.closest(".node").id.slice(1)), stub.dataset.side, now);
    move(() => {
      draw(found, now);
      redrawn(true);
    });
  });

  const cost = (model, index) => 1 + model.nodes[index].inputs.filter((x) => x.node === undefined).slice(0, SIDE).length;

  function chosen(step, model) {
    const found = new Set();
    let room = MOST;
    const add = (index) => {
      if (found.has(index)) return true;
      if (room < cost(model, index)) return false;
      room -= cost(model, index);
      found.add(index);
      return true;
    };
    needed.forEach(add);
    opened.forEach(add);
    const [inputs, users] = [(x) => inputsOf(model, x).slice(0, SIDE), (x) => usersOf(model, x).slice(0, SIDE)];
    const focus = step.kind === "backward" || !step.nodes.length ? needed : step.nodes.slice(0, MOST / 2);
    const [before, behind] = [focus.flatMap(inputs), focus.flatMap(users)];
    [...before, ...behind].slice(0, MOST / 2).forEach(add);
    const around = new Set([...found].flatMap((x) => usersOf(model, x).slice(0, SIDE)));
    for (const next of coming(step, model, way)) { /* what the next steps need, as long as it hangs together */
      const users = usersOf(model, next[0]).slice(0, SIDE);
      const link = next.some((x) => found.has(x)) ? [] : users.filter((x) => found.has(x) || around.has(x)).slice(0, 1);
      if (room < MOST / 5 || !(link.length || next.some((x) => found.has(x))) || ![...link, ...next].every(add)) break;
      users.forEach((x) => around.add(x));
    }
    [...before.flatMap(inputs), ...behind.flatMap(users)].forEach(add);
    return found;
  }

  /* What is folded on one side of a node, so many at a time. */
  function more(index, side, model) {
    const hidden = (side === "in" ? inputsOf(model, index) : usersOf(model, index)).filter((x) => !shown.has(x));
    opened = [index, ...hidden.slice(0, SIDE), ...opened.filter((x) => x !== index)].slice(0, MOST / 2);
    const found = new Set([...needed, ...opened]);
    const near = [...shown].filter((x) => !found.has(x));
    for (const x of near) { /* and of what was there as much as there is room for */
      if ([...found].reduce((sum, each) => sum + cost(model, each), 0) + cost(model, x) > MOST) break;
      found.add(x);
    }
    return found;
  }

  const widths = new Map();
  const widthOf = (text) => widths.get(text) ?? (widths.set(text, pen.measureText(text).width), widths.get(text));

  /* The texts of a card, and how much room they need whatever the numbers are. */
  function texts(node, x) {
    const rows = lines(x, say);
    const isArray = x !== null && typeof x === "object" && x.s.length > 0;
    const room = isArray ? Math.max(...rows.map((row) => row.split(/,| \D+ /).length)) * 50 : 68;
    const symbol = node && node.form ? lesson.around[lesson.nodes[node.index][0]] : "";
    const badge = symbol ? Math.ceil(widthOf(symbol)) + 10 : 0;
    const shape = isArray ? [x.s.join("×")] : [];
    const name = node ? fitted(node.name, (text) => widthOf(text) <= Math.max(room, 128)) : "";
    const fields = [...(node ? [["name", name]] : []), ...shape.map((s) => ["shape", s]), ...rows.map(() => ["data", ""]), ...(node && node.wants ? rows.map(() => ["grad", ""]) : [])];
    return { fields, symbol, badge, wide: badge + Math.max(room, widthOf(name)) + 16, tall: fields.length * LINE + 10 };
  }

  function draw(nodes, model) {
    shown = nodes;
    const parts = [];
    const within = [...nodes].sort((a, b) => a - b);
    for (const index of within) {
      const node = model.nodes[index];
      const inputs = node.inputs.map((x, slot) => (x.node === undefined ? (slot < SIDE ? `c${index}_${slot}` : null) : nodes.has(x.node) ? `n${x.node}` : null));
      node.inputs.forEach((x, slot) => {
        if (x.node === undefined && inputs[slot]) parts.push(sized({ id: inputs[slot], inputs: [] }, texts(null, x.constant)));
      });
      const folded = { in: inputsOf(model, index).filter((x) => !nodes.has(x)).length, out: usersOf(model, index).filter((x) => !nodes.has(x)).length };
      parts.push(sized({ id: `n${index}`, inputs: inputs.filter(Boolean), slots: inputs, node, folded }, texts(node, model.values[index])));
    }
    const { place, through, width, height } = layers(parts, SIZES);
    const at = new Map(parts.map((part) => [part.id, { ...place(part.id), ...part.size }]));
    svg.setAttribute("viewBox", `-24 -4 ${width + 48} ${height + 8}`);
    svg.querySelector(".graph").innerHTML = parts.flatMap((part) => edgesOf(part, at, through)).join("") + parts.map((part) => cardOf(part, at.get(part.id), model)).join("");
  }
  const sized = (part, size) => ({ ...part, size, wide: size.wide, tall: size.tall + 20 });

  function edgesOf(part, at, through) {
    let place = -1;
    return (part.slots || []).map((from, slot) => {
      if (!from) return "";
      place += 1;
      const [a, b] = [at.get(from), at.get(part.id)];
      const many = part.slots.length;
      const y = b.y + (many > 4 ? 0 : ((slot + 1) / (many + 1) - 0.5) * b.tall);
      const stops = [...through(from, place, part.id), { x: b.x - 7, y }];
      let [x1, y1] = [a.x + a.wide, a.y];
      let d = `M${x1} ${y1}`;
      for (const stop of stops) {
        const bend = Math.max((stop.x - x1) / 2, 20);
        d += `C${x1 + bend} ${y1} ${stop.x - bend} ${stop.y} ${stop.x} ${stop.y}`;
        [x1, y1] = [stop.x, stop.y];
        if (stop.end > x1) d += `L${(x1 = stop.end)} ${y1}`;
      }
      return `<g class="edge" id="e${part.id.slice(1)}_${slot}"><path d="${d}"/><polygon points="${b.x},${y} ${b.x - 8},${y - 3.5} ${b.x - 8},${y + 3.5}"/></g>`;
    });
  }

  function cardOf({ id, node, folded }, { x, y, wide, tall, fields, symbol, badge }, model) {
    const middle = (badge ? badge + 4 : 0) / 2 + wide / 2;
    const rows = fields.map(([field, text], k) => `<text class="${field}" x="${middle}" y="${(k + 1) * LINE + 2}"${field === "shape" ? ' font-size="9"' : ""}>${escape(text)}</text>`);
    const op = symbol ? `<rect class="badge" x="5" y="${tall / 2 - 9}" width="${badge}" height="18"/><text class="op" x="${5 + badge / 2}" y="${tall / 2 + 4}">${escape(symbol)}</text>` : "";
    const kind = !node ? "constant" : node.index === model.output ? "output" : node.form ? "inner" : node.wants ? "leaf" : "fixed";
    const stub = (side) => {
      const count = folded && folded[side];
      if (!count) return "";
      const [out, text] = [side === "out", say("count_more", { count })];
      return `<g class="more" data-side="${side}"><path d="M${out ? wide : 0} ${tall / 2}h${out ? 14 : -14}"/><text x="${out ? wide - 2 : 2}" y="-4" text-anchor="${out ? "end" : "start"}">${out ? `${escape(text)} ›` : `‹ ${escape(text)}`}</text></g>`;
    };
    return `<g class="node ${kind}" id="${id}" transform="translate(${x} ${y - tall / 2})"><rect class="box" width="${wide}" height="${tall}"/>${op}${rows.join("")}${stub("in")}${stub("out")}</g>`;
  }

  draw(wanted({ kind: "start", nodes: [], events: -1, computed: -1 }, first), first);
  return { svg, whole: { show: () => {}, moved: () => {} }, follow, least: 0.75 };
}
