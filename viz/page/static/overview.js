/* The whole of a large graph: a column for each layer, a block for each neuron, or for a part of the way where there are
   none; how much of each is computed, how much has its gradient, and where the step is. */

function overview(map, lesson, say, model, shown) {
  const [COLUMNS, ROWS] = [32, 12];
  const { layer, neuron } = lesson.groups;
  const { nodes } = model;
  const depth = [];
  for (const node of nodes) depth.push(node.form ? 1 + Math.max(0, ...node.inputs.map((x) => (x.node === undefined ? 0 : depth[x.node]))) : 0);
  const deepest = Math.max(...depth);
  const home = nodes.map((node) => (!layer && !node.form && node.users.length ? node.users[0][0] : node.index)); /* a leaf is where it is used */
  const column = (index) => (!layer ? Math.floor((depth[home[index]] * COLUMNS) / Math.max(deepest + 1, COLUMNS)) : layer.of[index] >= 0 ? layer.of[index] : nodes[index].form ? -1 : -2);
  const unit = (index) => (neuron && neuron.of[index] >= 0 ? `neuron ${neuron.of[index]}` : home[index]);

  const columns = new Map();
  for (const { index } of nodes) {
    const units = columns.get(column(index)) ?? new Map();
    units.set(unit(index), [...(units.get(unit(index)) ?? []), index]);
    columns.set(column(index), units);
  }
  const depthOf = (units) => {
    const inside = [...units.values()].flat();
    return inside.reduce((sum, index) => sum + depth[index], 0) / inside.length;
  };
  const blocks = [];
  const drawn = [...columns].map(([key, units]) => [depthOf(units), key, units]).sort((a, b) => a[0] - b[0]).map(([, key, units]) => {
    const each = [...units.values()];
    const many = Math.ceil(each.length / ROWS);
    const inside = [];
    for (let k = 0; k < each.length; k += many) {
      const members = each.slice(k, k + many).flat();
      const title = many === 1 && neuron && neuron.of[members[0]] >= 0 ? neuron.titles[neuron.of[members[0]]] : named(members);
      inside.push(`<i data-at="${members.at(-1)}" title="${escape(title)}"></i>`);
      blocks.push({ members, made: members.filter((index) => nodes[index].form) });
    }
    const title = layer && key >= 0 ? layer.titles[key] : "";
    return `<div><div>${inside.join("")}</div><span title="${escape(title)}">${escape(title)}</span></div>`;
  });
  function named(members) {
    const [a, b] = [members[0], members.at(-1)].map((index) => nodes[index].name);
    return a === b ? a : `${a} … ${b}`;
  }
  map.className = "map whole";
  map.hidden = false;
  map.setAttribute("role", "img");
  map.setAttribute("aria-label", say("overview"));
  map.innerHTML = drawn.join("");
  const elements = [...map.querySelectorAll("i")];
  const part = (of, is) => (of.length ? of.filter(is).length / of.length : 0);

  function show(step, known, now) {
    const lit = new Set(step.nodes);
    blocks.forEach(({ members, made }, k) => {
      const done = made.length ? part(made, (index) => now.rank[index] <= step.computed) : 1;
      const wanting = members.filter((index) => now.totals[index] > 0 || index === now.output);
      const back = step.events < 0 ? 0 : part(wanting, (index) => known.arrived[index] === now.totals[index]);
      const state = [done === 0 ? "pending" : back === 1 ? "complete" : "", members.some((index) => lit.has(index)) ? "now" : "", members.some((index) => shown().has(index)) ? "near" : ""];
      const one = elements[k];
      const look = `--done:${done};--back:${back}`;
      if (one.getAttribute("style") !== look) one.setAttribute("style", look);
      const path = one.classList.contains("path") ? "path" : "";
      one.className = [...state, path].filter(Boolean).join(" ");
    });
  }
  function path(of) {
    blocks.forEach(({ members }, k) => elements[k].classList.toggle("path", Boolean(of) && members.some((index) => of.has(index))));
    map.classList.toggle("tracing", Boolean(of));
  }
  const nodeAt = (element) => {
    const block = element.closest && element.closest("[data-at]");
    return block ? Number(block.dataset.at) : null;
  };
  return { show, path, nodeAt, moved: () => {} };
}
