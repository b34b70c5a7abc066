/* Zoom: a node of arrays opened into its scalars, one element at a time; overview, operation, element, formula. */

EXTRAS.push(({ say, lesson, find, model }) => {
  if (!lesson.zoom) return { card: (made) => made, show: () => {}, listen: () => {} };
  const { scalars, elements, of } = lesson.zoom;
  const inner = computation(scalars, []);
  const formulas = cards(inner, say);
  const full = inner.gradients(inner.events.length).grads;
  const SIZES = { card: 112, tall: 50, row: 60, column: 190 };
  const [WIDE, HIGHEST, SMALLEST] = [158, 580, 0.8]; /* of a card that says more; of the picture, and how small it may be */
  const MOST = 3; /* contributions that are written out */
  const place = new Map(); /* of a scalar, the node that it is an element of, and which */
  elements.forEach((each, node) => each.forEach((k, flat) => k >= 0 && !(place.has(k) && of[k] !== node) && place.set(k, [node, flat])));

  let open = null; /* { node, flat: of the element, or null, scalar: one that was chosen, or null } */
  let now = null; /* the step, and what is known */

  const shapeOf = (x) => (typeof x === "object" ? x.s : []);
  const opens = (node) => Boolean(model().nodes[node].form) && elements[node].some((k) => k >= 0);
  const nodeOf = (step) =>
    step.kind === "forward" && step.nodes.length === 1 ? step.nodes[0]
      : step.kind === "backward" && step.events - step.first === 1 ? model().events[step.first].node : null;
  function elementName(node, flat) {
    const s = shapeOf(model().values[node]);
    const places = s.map((n, axis) => Math.floor(flat / s.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
    return model().nodes[node].name + (places.length ? `[${places.join(", ")}]` : "");
  }

  /* The scalars of one operation that an element depends on, inputs first. */
  function within(element) {
    const inside = (k) => of[k] === open.node && inner.nodes[k].form;
    const seen = new Set([element]);
    for (const k of seen) if (inside(k)) for (const x of inner.nodes[k].inputs) if (x.node !== undefined) seen.add(x.node);
    const parts = [];
    for (const k of [...seen].sort((a, b) => a - b)) {
      const given = inside(k) ? inner.nodes[k].inputs : [];
      const ids = given.map((x, slot) => (x.node === undefined ? `${k} ${slot}` : String(x.node)));
      given.forEach((x, slot) => x.node === undefined && parts.push({ id: `${k} ${slot}`, inputs: [], constant: x.constant }));
      parts.push({ id: String(k), inputs: ids, k, isInside: Boolean(given.length) });
    }
    const working = new Set(parts.filter((part) => part.isInside).map((part) => part.k));
    for (const part of parts) {
      part.paying = payments(part.k, working);
      part.wide = isPart(part) ? WIDE : SIZES.card;
    }
    return parts;
  }

  /* What the scalars inside pay to one, and whether others pay to it too. */
  function payments(k, inside) {
    return inner.events.flatMap((event, j) => (event.target === k && inside.has(event.node) && isComplete(of[event.node]) ? [j] : []));
  }
  const isPart = ({ k, paying }) => paying.length > 0 && paying.length < inner.totals[k] && gradient(k) !== null;
  const paid = ({ paying }) => format(paying.reduce((sum, j) => sum + inner.contribution(j, full[inner.events[j].node]), 0));

  /* What is known of a scalar after this step. */
  const isComputed = (k) => model().rank[of[k]] <= now.step.computed;
  const isComplete = (node) => now.step.events >= 0 && (node === model().output || (now.known.arrived[node] > 0 && now.known.arrived[node] === model().totals[node]));
  function gradient(k) {
    if (now.step.events < 0 || !inner.nodes[k].wants) return null;
    if (isComplete(of[k])) return full[k];
    const found = place.get(k) && now.known.grads[place.get(k)[0]];
    if (found === null || found === undefined) return null;
    return typeof found === "number" ? found : found.d.length === elements[place.get(k)[0]].length ? found.d[place.get(k)[1]] : null;
  }

  function drawn(element) {
    const parts = within(element);
    const { place: at, width, height } = layers(parts, SIZES);
    const wide = new Map(parts.map((part) => [part.id, part.wide]));
    const back = now.step.events >= 0;
    const edges = [];
    const users = new Map();
    for (const id of parts.flatMap((part) => part.inputs)) users.set(id, (users.get(id) || 0) + 1);
    for (const part of parts) {
      part.inputs.forEach((id, slot) => {
        const [from, to] = [at(id), at(part.id)];
        const [x1, x2] = [from.x + wide.get(id), to.x];
        const bend = (x2 - x1) / 2;
        const slope = inner.slopes[part.k] && inner.slopes[part.k][slot];
        const flows = slope !== null && slope !== undefined;
        const t = users.get(id) > 1 ? 0.35 : 0.08; /* where on the curve the slope stands */
        const part1 = (1 - t) ** 3 + 3 * t * (1 - t) ** 2;
        const x = x1 + 3 * t * (1 - t) * bend + t ** 3 * (x2 - x1) + 2;
        const y = part1 * from.y + (1 - part1) * to.y - 2;
        const shown = slope < 0 ? `(${format(slope)})` : format(slope ?? 0);
        const text = flows && isComputed(part.k) ? `<text x="${x}" y="${y - 4}">· ${escape(shown)}</text>` : "";
        const arrow = back && flows ? `${x1},${from.y} ${x1 + 9},${from.y - 4} ${x1 + 9},${from.y + 4}` : `${x2},${to.y} ${x2 - 9},${to.y - 4} ${x2 - 9},${to.y + 4}`;
        edges.push(`<g class="edge ${back && flows ? "flowed" : ""}" data-edge="${id}-${part.id}"><path d="M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}"/><polygon points="${arrow}"/>${text}</g>`);
      });
    }
    const boxes = parts.map((part) => {
      const { x, y } = at(part.id);
      const top = y - SIZES.tall / 2;
      const line = (name, dy, text) => `<text class="${name}" x="${x + 8}" y="${top + dy}">${escape(text)}</text>`;
      const box = `<rect class="box" x="${x}" y="${top}" width="${part.wide}" height="${SIZES.tall}" rx="6"/>`;
      if (part.k === undefined) return `<g class="node constant">${box}${line("data", 29, format(part.constant))}</g>`;
      const { name, wants } = inner.nodes[part.k];
      const g = gradient(part.k);
      const value = isComputed(part.k) ? format(inner.values[part.k]) : "–";
      const kind = part.k === element ? "output" : part.isInside ? "inner" : wants ? "leaf" : "fixed";
      const chosen = part.k === (open.scalar ?? element);
      const grad = wants ? `∂ ${g === null ? "–" : format(g)}` : "";
      const some = isPart(part) ? `<text class="part" x="${x + WIDE - 7}" y="${top + 44}">${escape(say("paid_here", { paid: paid(part) }))}</text>` : "";
      return (
        `<g class="node scalar ${kind} ${chosen ? "now" : ""}" data-scalar="${part.k}" role="button" tabindex="0" aria-pressed="${chosen}" aria-label="${escape(`${name} = ${value} ${grad}`)}">` +
        `<title>${escape(name)}</title>${box}${line("name", 15, fitted(name, (text) => text.length < 18))}${line("data", 30, value)}${wants ? line("grad", 44, grad) : ""}${some}</g>`
      );
    });
    const scale = Math.max(SMALLEST, Math.min(1, HIGHEST / height));
    return `<svg viewBox="-4 0 ${width + 8} ${height}" style="width:${(width + 8) * scale}px;min-width:${Math.round(0.72 * width)}px">${edges.join("")}${boxes.join("")}</svg>`;
  }

  /* The scalar step: how the number came about, and the chain rule back to it. */
  function formula(element) {
    const k = open.scalar ?? element;
    const parts = within(element);
    const part = parts.find((one) => one.k === k);
    const written = [];
    if (!isComputed(k)) return "";
    if (part.isInside) written.push(formulas.formula({ kind: "forward", nodes: [k] }));
    else {
      const name = elementName(open.node, open.flat); /* of one that was only moved */
      const moved = k === element && name !== inner.nodes[k].name ? [`<mi>${escape(name)}</mi>`, mo("=")] : [];
      written.push(formulas.line(...moved, inner.nodes[k].math, mo("="), ofNumber(inner.values[k]).math));
    }
    if (gradient(k) === null) return written.join("");
    const { paying } = part;
    for (const j of paying.slice(0, MOST)) {
      written.push(formulas.formula({ kind: "backward", nodes: [k], first: j, events: j + 1 }, inner.gradients(j), inner.gradients(j + 1)));
    }
    if (paying.length > MOST) written.push(`<p class="more">${escape(say("and_more", { count: paying.length - MOST }))}</p>`);
    if (isPart(part)) written.push(`<p class="more">${escape(say("paid_of", { paid: paid(part), total: format(gradient(k)) }))}</p>`);
    if (!paying.length) written.push(formulas.line(formulas.gradientMath(k), mo("="), ofNumber(gradient(k)).math));
    return written.join("");
  }

  /* The operation as a heat map, whose elements can be chosen. */
  function choices() {
    const x = model().values[open.node];
    const array = typeof x === "object" ? x : { t: [1, 1], d: [x] };
    if (array.d.length !== elements[open.node].length) return "";
    const scale = largest(array.d);
    const computed = model().rank[open.node] <= now.step.computed;
    const small = array.d.length <= 40;
    const cells = array.d.map((v, flat) => {
      const text = computed ? format(v, 3) : "–";
      const name = elementName(open.node, flat);
      const chosen = flat === open.flat;
      const look = computed ? `style="background:${tint(v, scale)}"` : "";
      return `<button type="button" class="${chosen ? "lit" : ""}" data-flat="${flat}" ${elements[open.node][flat] < 0 ? "disabled" : ""} tabindex="${chosen || (open.flat === null && !flat) ? 0 : -1}" aria-pressed="${chosen}" aria-label="${escape(name)}: ${text}" title="${escape(name)}: ${text}" ${look}>${small ? text : ""}</button>`;
    });
    const columns = array.t[array.t.length - 1];
    return `<div class="cells ${small ? "small" : ""}" data-columns="${columns}" style="grid-template-columns:repeat(${columns},auto)">${cells.join("")}</div>`;
  }

  function crumbs() {
    const { node, flat, scalar } = open;
    const trail = [[say("overview"), "overview"], [model().nodes[node].name, "operation"]];
    if (flat !== null) trail.push([elementName(node, flat), "element"]);
    if (scalar !== null) trail.push([inner.nodes[scalar].name, "formula"]);
    const items = trail.map(([text, level], k) => {
      const last = k === trail.length - 1;
      return `<li><button type="button" data-level="${level}" ${last ? 'aria-current="location"' : ""}>${escape(text)}</button></li>`;
    });
    return `<nav aria-label="${escape(say("zoom_trail"))}"><ol>${items.join("")}</ol></nav>`;
  }

  function draw() {
    const box = find(".inside");
    find(".top").classList.toggle("opened", Boolean(open));
    box.hidden = !open;
    if (!open) {
      box.innerHTML = "";
      return;
    }
    const element = open.flat === null ? null : elements[open.node][open.flat];
    const held = box.querySelector(".graph")?.scrollTop ?? 0;
    box.innerHTML =
      `${crumbs()}<div class="content"><div class="choose">${choices()}</div>` +
      (element === null ? `<p>${escape(say("choose_element"))}</p>` : `<div class="graph" tabindex="0" role="region" aria-label="${escape(elementName(open.node, open.flat))}">${drawn(element)}</div>`) +
      `</div>${element === null ? "" : `<div class="scalar-formula" aria-live="polite" tabindex="0" role="group" aria-label="${escape(inner.nodes[open.scalar ?? element].name)}">${formula(element)}</div>`}`;
    if (held && box.querySelector(".graph")) box.querySelector(".graph").scrollTop = held;
  }

  /* To another level, with the focus on what was chosen. */
  function to(next, focus, from) {
    const entering = next && JSON.stringify([next.node, next.flat]) !== JSON.stringify(open && [open.node, open.flat]);
    open = next;
    draw();
    const content = find(".inside .content");
    if (entering && content && content.animate && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      if (from) content.style.transformOrigin = from;
      content.animate([{ opacity: 0, transform: `scale(${from ? 0.4 : 0.92})` }, { opacity: 1, transform: "none" }], { duration: 260, easing: "ease-out" });
    }
    const graph = entering && find(".inside .graph");
    if (graph) graph.scrollTop = (graph.scrollHeight - graph.clientHeight) / 2; /* where the element is */
    const target = find(focus);
    if (target) target.focus({ preventScroll: true });
  }

  /* Where on the picture the card of a node is. */
  function origin(node) {
    const [card, top] = [find(`.picture #n${node}`), find(".top").getBoundingClientRect()];
    if (!card) return "";
    const own = card.getBoundingClientRect();
    return `${own.left + own.width / 2 - top.left}px ${own.top + own.height / 2 - top.top}px`;
  }

  const close = () => to(null, ".open-element");
  function up() {
    if (open.scalar !== null) to({ ...open, scalar: null }, ".inside .scalar.output");
    else if (open.flat !== null && elements[open.node].length > 1) to({ ...open, flat: null }, ".inside .cells [tabindex='0']");
    else close();
  }
  const first = (node) => elements[node].findIndex((k) => k >= 0);

  function click(event) {
    const opener = event.target.closest(".open-element");
    if (opener) {
      const node = Number(opener.dataset.open);
      return to({ node, flat: first(node), scalar: null }, ".inside .cells .lit", origin(node));
    }
    if (!open) return undefined;
    const level = event.target.closest("[data-level]")?.dataset.level;
    if (level === "overview") return close();
    if (level) {
      const at = { operation: { flat: null, scalar: null }, element: { scalar: null }, formula: {} }[level];
      return to({ ...open, ...at }, `[data-level=${level}]`);
    }
    const cell = event.target.closest("[data-flat]");
    if (cell) return to({ ...open, flat: Number(cell.dataset.flat), scalar: null }, ".inside .cells .lit");
    const scalar = event.target.closest("[data-scalar]");
    if (scalar) return to({ ...open, scalar: Number(scalar.dataset.scalar) }, `[data-scalar="${scalar.dataset.scalar}"]`);
    return undefined;
  }

  function keydown(event) {
    if (!open || event.ctrlKey || event.metaKey || event.altKey) return;
    const mine = () => (event.preventDefault(), event.stopPropagation());
    if (event.key === "Escape" && !event.target.matches("input, select")) {
      mine();
      return up();
    }
    const cell = event.target.closest("[data-flat]");
    const scalar = event.target.closest("[data-scalar]");
    if (scalar && (event.key === "Enter" || event.key === " ")) {
      mine();
      return click(event);
    }
    const columns = cell && Number(cell.parentElement.dataset.columns);
    const move = cell && { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const next = move ? Number(cell.dataset.flat) + move : -1;
    if (!move) return;
    mine();
    if (elements[open.node][next] >= 0) to({ ...open, flat: next, scalar: null }, ".inside .cells .lit");
  }

  return {
    card: (made) => made,
    show(step, before, known, isAsked) {
      now = { step, known };
      if (isAsked) open = null;
      const node = isAsked ? null : nodeOf(step);
      const can = node !== null && opens(node);
      find(".opener").innerHTML = can ? `<button type="button" class="open-element" data-open="${node}">${escape(say("open_element", { name: model().nodes[node].name }))}</button>` : "";
      draw();
    },
    listen(section) {
      find(".top").insertAdjacentHTML("beforeend", '<div class="inside" hidden></div>');
      find(".asks").insertAdjacentHTML("beforebegin", '<p class="opener"></p>');
      section.addEventListener("click", click);
      section.addEventListener("keydown", keydown, true);
    },
  };
});
