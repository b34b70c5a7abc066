/* Products of matrices: rows times columns, with one element, its row and its column lit, and its sum written out. */

EXTRAS.push(({ say, lesson, find, model }) => {
  const products = new Set(lesson.products);
  const picked = new Map(); /* of each product, the row and the column of the element that was chosen */
  let card = null;
  let shown = null;

  const at = (math, ...places) =>
    row(math, mo("["), places.map((p) => (p === ":" ? mo(":") : `<mn>${p}</mn>`)).join(mo(",")), mo("]"));
  const under = (math, shape) => `<munder>${row(math)}<mrow><mo>(</mo><mtext>${shape}</mtext><mo>)</mo></mrow></munder>`;
  const transposedMath = (math) => `<msup>${row(math.startsWith("<mfrac") ? fenced(math) : math)}<mo>⊤</mo></msup>`;
  const isWhole = (x) => x.s.length < 3 && x.d.length === x.s.reduce((a, b) => a * b, 1) && x.d.length > 0;

  /* An array as rows and columns; a vector is one of either. */
  function matrix({ x, math }, way) {
    const [rows, columns] = x.s.length === 2 ? x.s : way === "row" ? [1, x.d.length] : [x.d.length, 1];
    const two = x.s.length === 2;
    const place = (i, j) => (two ? [i, j] : x.s.length ? [rows === 1 ? j : i] : []);
    return {
      math, rows, columns,
      number: (i, j) => x.d[i * columns + j],
      element: (i, j) => (place(i, j).length ? at(math, ...place(i, j)) : math),
      row: (i) => (two ? at(math, i, ":") : rows === 1 ? math : at(math, i)),
      column: (j) => (two ? at(math, ":", j) : columns === 1 ? math : at(math, j)),
    };
  }
  function transposed(m) {
    const math = transposedMath(m.math);
    return {
      math, rows: m.columns, columns: m.rows,
      number: (i, j) => m.number(j, i),
      row: (i) => (m.rows === 1 || m.columns === 1 ? m.column(i) : at(math, i, ":")),
      column: (j) => (m.rows === 1 || m.columns === 1 ? m.row(j) : at(math, ":", j)),
    };
  }

  const wrapped = (x) => (typeof x === "object" ? x : { s: [], t: [1, 1], d: [x] });
  const operand = (node, slot) => {
    const x = node.inputs[slot];
    if (x.node === undefined) return { x: wrapped(x.constant), math: `<mtext>${escape(say("fixed"))}</mtext>` };
    return { x: wrapped(model().values[x.node]), math: card.nameOf(x.node).math };
  };

  /* What is multiplied in a step, and what that gives; null where it is no product, or not whole. */
  function multiplied(step, before) {
    const back = step.kind === "backward" && step.events - step.first === 1;
    if (!back && (step.kind !== "forward" || step.nodes.length > 1)) return null;
    const { node: index, slot } = back ? model().events[step.first] : { node: step.nodes[0], slot: -1 };
    if (!products.has(index)) return null;
    const node = model().nodes[index];
    const [a, b] = [operand(node, 0), operand(node, 1)];
    const result = { x: wrapped(model().values[index]), math: card.nameOf(index).math };
    const [m, n] = [a.x.s.length, b.x.s.length];
    if (![a, b, result].every(({ x }) => isWhole(x)) || !m || !n) return null;
    const made = (left, right, product, sign, name) => ({ left, right, product, sign, key: `${index} ${slot}`, name });
    if (!back) {
      return made(matrix(a, "row"), matrix(b, "column"), matrix(result, m === 1 ? "row" : "column"), "@", node.name);
    }
    if (m === 1 && n === 1) return null; /* a number times a vector */
    const g = { x: wrapped(before.grads[index]), math: card.gradientMath(index) };
    const target = model().events[step.first].target;
    const paid = matrix({ x: wrapped(model().contribution(step.first)), math: card.gradientMath(target) }, "column");
    const name = card.gradientName(target);
    if (slot === 0) {
      if (n === 1) return made(matrix(g, "column"), matrixRow(b), paid, "·", name);
      if (m === 1) return made(matrix(b), matrix(g, "column"), paid, "@", name);
      return made(matrix(g), transposed(matrix(b)), paid, "@", name);
    }
    if (m === 1) return made(matrix(a, "column"), matrixRow(g), paid, "·", name);
    return made(transposed(matrix(a)), matrix(g, "column"), paid, "@", name);
  }
  const matrixRow = (given) => transposed(matrix(given, "column"));

  const shape = (m) => `${m.rows}×${m.columns}`;
  function symbols({ left, right, product, sign }, isGradient) {
    const [x, y, z] = [left, right, product].map((m) => under(m.math, shape(m)));
    return card.line(z, mo(isGradient ? "+=" : "="), x, mo(sign), y);
  }

  /* The sum of one element: the first terms, and that there are more. */
  function sum({ left, right, product: to, sign }, i, j) {
    const most = find(".panel").clientWidth < 520 ? 2 : 4;
    const terms = Array.from({ length: Math.min(left.columns, most) }, (_, k) => {
      const term = product(left.number(i, k), right.number(k, j));
      return k && left.number(i, k) < 0 ? fenced(term) : term;
    });
    if (left.columns > most) terms.push(mo("…"));
    const result = `<mrow class="result">${ofNumber(to.number(i, j)).math}</mrow>`;
    return (
      card.line(to.element(i, j), mo("="), left.row(i), mo("·"), right.column(j)) +
      card.line(mo("="), terms.join(mo("+"))) + card.line(mo("="), result)
    );
  }

  /* The picture: the second factor above the result, the first on its left, so that row and column meet in the element. */
  function picture(found) {
    const { left, right, product: to, name } = found;
    const [i, j] = picked.get(found.key) || [0, 0];
    const numbers = [left, right, to].flatMap((m) => cellsOf(m, m.number));
    const widest = Math.max(...numbers.map((x) => format(x, 3).length));
    const [across, room] = [left.columns + right.columns, find(".panel").clientWidth - 46];
    const small = across <= 12 && left.rows + right.rows <= 24 && across * (widest * 6.5 + 8) < room;
    const fits = small || across * 17 < room; /* else one stands below the other */
    const looks = (x, scale) => `style="background:${tint(x, scale)}" title="${escape(format(x))}"`;
    const cell = (x, r, c, scale) => `<i data-i="${r}" data-j="${c}" ${looks(x, scale)}>${small ? escape(format(x, 3)) : ""}</i>`;
    const choice = (x, r, c, scale) =>
      `<button type="button" data-i="${r}" data-j="${c}" tabindex="${r === i && c === j ? 0 : -1}" aria-label="${escape(say("element", { name, place: `${r}, ${c}` }))}: ${escape(format(x))}" ${looks(x, scale)}>${small ? escape(format(x, 3)) : ""}</button>`;
    const figure = (m, kind, one) => {
      const scale = largest(cellsOf(m, m.number)); /* each its own: a gradient may be small beside what it is multiplied by */
      return `<figure class="${kind}"><figcaption>${math(under(m.math, shape(m)))}</figcaption><div class="cells ${small ? "small" : ""}" style="grid-template-columns:repeat(${m.columns},auto)">` +
      `${cellsOf(m, (r, c) => one(m.number(r, c), r, c, scale)).join("")}</div></figure>`;
    };
    return `<div class="product ${fits ? "" : "stacked"}" style="--side:${Math.max(15, Math.min(24, Math.floor(room / across) - 2))}px;--digits:${widest}ch">${figure(right, "right", cell)}${figure(left, "left", cell)}${figure(to, "to", choice)}</div><div class="sum" aria-live="polite" tabindex="0" role="group" aria-label="${escape(name)}"></div>`;
  }
  const cellsOf = (m, make) => Array.from({ length: m.rows * m.columns }, (_, k) => make(Math.floor(k / m.columns), k % m.columns));

  function pick(box, i, j) {
    const { key, product: to } = shown;
    [i, j] = [Math.max(0, Math.min(to.rows - 1, i)), Math.max(0, Math.min(to.columns - 1, j))];
    picked.set(key, [i, j]);
    const light = (kind, isLit) => {
      for (const one of box.querySelectorAll(`.${kind} [data-i]`)) one.classList.toggle("lit", isLit(Number(one.dataset.i), Number(one.dataset.j)));
    };
    light("left", (r) => r === i);
    light("right", (_, c) => c === j);
    light("to", (r, c) => r === i && c === j);
    for (const one of box.querySelectorAll(".to button")) one.tabIndex = one.classList.contains("lit") ? 0 : -1;
    box.querySelector(".sum").innerHTML = sum(shown, i, j);
    return box.querySelector(".to .lit");
  }

  return {
    card(made) {
      card = made;
      return {
        ...made,
        formula(step, before, after) {
          const found = multiplied(step, before);
          if (!found) return made.formula(step, before, after);
          if (step.kind === "forward") return symbols(found, false);
          const target = step.nodes[0];
          const several = model().totals[target] > 1;
          return symbols(found, true) + (several ? made.heats([[say("paid"), model().contribution(step.first)], [made.gradientName(target), after.grads[target]]]) : "");
        },
      };
    },
    show(step, before, _, isAsked) {
      shown = isAsked ? null : multiplied(step, before);
      const box = find(".products");
      box.innerHTML = shown ? picture(shown) : "";
      if (shown) pick(box, ...(picked.get(shown.key) || [0, 0]));
    },
    listen() {
      find(".live").insertAdjacentHTML("afterend", '<div class="products"></div>');
      const box = find(".products");
      const chosen = (event) => event.target.closest(".to button");
      for (const kind of ["pointerover", "click"]) {
        box.addEventListener(kind, (event) => {
          const cell = chosen(event);
          if (cell) pick(box, Number(cell.dataset.i), Number(cell.dataset.j));
        });
      }
      box.addEventListener("keydown", (event) => {
        const cell = chosen(event);
        const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
        if (!cell || !move) return;
        event.preventDefault();
        event.stopPropagation();
        pick(box, Number(cell.dataset.i) + move[0], Number(cell.dataset.j) + move[1]).focus();
      });
    },
  };
});
